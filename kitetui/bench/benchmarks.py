"""The benchmarks by name; what one needs is loaded when it runs."""

from __future__ import annotations

from enum import StrEnum

from kitetui.bench.results import BenchSettings, Outcome


class Benchmark(StrEnum):
    """A benchmark, named as on the command line."""

    DECODE = "decode"
    FEED = "feed"
    RECORD = "record"
    SCREEN = "screen"


def run_benchmark(benchmark: Benchmark, settings: BenchSettings) -> Outcome:
    """Run one benchmark. Raises UserError where it cannot run here."""
    match benchmark:
        case Benchmark.DECODE:
            from kitetui.bench.decode import bench_decode as run
        case Benchmark.FEED:
            from kitetui.bench.feed import bench_feed as run
        case Benchmark.RECORD:
            from kitetui.bench.record import bench_record as run
        case Benchmark.SCREEN:
            from kitetui.bench.screen import bench_screen as run
    return run(settings)
