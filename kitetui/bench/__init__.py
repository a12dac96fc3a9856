"""Benchmarks that users run: what a tick costs on this machine, from its bytes to the screen.

Every figure is measured here and now, its rival's in the same run and in the same rounds. Programs that are
measured have a process each, so that processor time and memory are their own.
"""

from kitetui.bench.benchmarks import Benchmark, run_benchmark
from kitetui.bench.process import Machine, this_machine
from kitetui.bench.results import BenchSettings, Figure, Outcome, ResultTable

__all__ = [
    "BenchSettings",
    "Benchmark",
    "Figure",
    "Machine",
    "Outcome",
    "ResultTable",
    "run_benchmark",
    "this_machine",
]
