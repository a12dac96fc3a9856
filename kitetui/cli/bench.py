"""`kitetui bench`: how fast it is on this machine, beside others and against its targets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from kitetui.errors import UserError

if TYPE_CHECKING:
    from kitetui.bench import BenchSettings, Machine, Outcome

_WIDE: Final = 200
"""Cells of a line in a file or a pipe, where nothing limits them."""


def bench(
    which: Annotated[
        Literal["decode", "feed", "record", "screen", "all"],
        typer.Argument(metavar="WHICH", help="decode, feed, record, screen, or all of them."),
    ] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How often all rivals have their turn.")] = 3,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long each run lasts; 600 for memory in the long run.")
    ] = 3.0,
    symbols: Annotated[
        int | None,
        typer.Option("--symbols", min=20, max=9000, help="Symbols to stream, else as the targets say."),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option("--rate", min=1, help="Ticks a second to sustain, else as the targets say."),
    ] = None,
) -> None:
    """Measure decoding, the feed, recording and the screen on this machine.

    Kite's official Python client is measured beside it where it is installed. A target that is missed is
    said to be missed; one at other settings than its own is not judged.
    """
    if not 0 < seconds < float("inf"):
        raise UserError("--seconds takes a number of seconds above 0")

    from kitetui.bench import Benchmark, BenchSettings, this_machine

    settings = BenchSettings(rounds=rounds, seconds=seconds, symbols=symbols, rate=rate)
    benchmarks = list(Benchmark) if which == "all" else [Benchmark(which)]
    (_print_json if as_json else _print_tables)(this_machine(), settings, benchmarks)


def _print_json(machine: Machine, settings: BenchSettings, names: Sequence[str]) -> None:
    from kitetui.bench.report import as_json

    outcomes = {name: _run(name, settings) for name in names}
    typer.echo(json.dumps(as_json(machine, settings, outcomes), indent=2, ensure_ascii=False))


def _print_tables(machine: Machine, settings: BenchSettings, names: Sequence[str]) -> None:
    from rich.console import Console

    from kitetui.bench.report import drawn, machine_line

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(machine_line(machine))
    for name in names:
        for each in drawn(_run(name, settings)):
            console.print(each, markup=False)


def _run(name: str, settings: BenchSettings) -> Outcome:
    from kitetui.bench import Benchmark, run_benchmark

    typer.echo(f"measuring {name} …", err=True)
    return run_benchmark(Benchmark(name), settings)
