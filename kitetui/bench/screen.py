"""`screen`: the monitor as it is, in a pseudo-terminal of 120 by 40, on a server in another process.

What it takes of the machine, what it writes to the terminal, and how long a key takes from being pressed
until the row that it leads to is written as the selected one; and the first paint of `kitetui` itself.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from kitetui.bench.process import command_of, line_of, running
from kitetui.bench.results import BenchSettings, Figure, Found, Outcome, ResultTable, median_of
from kitetui.bench.scenario import PAINTED, Scenario, watched
from kitetui.bench.terminal import Terminal
from kitetui.instruments.builtin import simulated_shares

_CALM: Final = 400
"""Ticks a second, as the simulated exchange has them by itself."""

_A_SYMBOL_OPTION: Final = 1000
"""Tokens that one option names; systems limit the length of an argument."""


def first_paints(home: str, symbols: int, rounds: int) -> tuple[float, float]:
    """Return the seconds until the list stands, of the simulated exchange as it comes and of many symbols."""
    tokens = [str(each.instrument_token) for each in simulated_shares(symbols)]
    with running(command_of("kitetui.bench.server", "--rate", _CALM, "--symbols", symbols)) as serving:
        many = ["--ws-url", line_of(serving)]
        for start in range(0, len(tokens), _A_SYMBOL_OPTION):
            many += ["-s", ",".join(tokens[start : start + _A_SYMBOL_OPTION])]
        both = (["--feed", "sim"], many)
        taken = [[_first_paint(options, home) for options in both] for _ in range(rounds + 1)]
    simulated, crowded = zip(*taken[1:], strict=True)  # the first is what warms the caches
    return statistics.median(simulated), statistics.median(crowded)


def _first_paint(options: Sequence[str], home: str) -> float:
    with Terminal(command_of("kitetui", *options), {"KITETUI_HOME": home}) as terminal:
        terminal.wait_for(PAINTED)
        return time.perf_counter() - terminal.started


RATE, BUSY_RATE, SYMBOLS = 20_000, 50_000, 9_000
_LONG_RUN: Final = 600.0
"""Seconds after which memory is what it is going to be."""
_BRIEFLY: Final = 30.0
"""Seconds that are enough for everything but memory."""
_MEASURES: Final = (
    "cpu_percent",
    "kb_a_second",
    "draws_a_second",
    "frame_p50_ms",
    "frame_p99_ms",
    "key_p50_ms",
    "key_p99_ms",
    "lag_p50_ms",
    "lag_p99_ms",
    "lost",
    "memory_mb",
    "growth_percent",
    "spread_percent",
)


def bench_screen(settings: BenchSettings) -> Outcome:
    """Measure the monitor under each load, and its first paint."""
    symbols = settings.symbols_or(SYMBOLS)
    usual = Scenario("usual", symbols, settings.rate_or(RATE), 20)
    briefly = replace(settings, seconds=min(settings.seconds, _BRIEFLY))
    busy = [Scenario(f"busy, {n} a message", symbols, settings.rate_or(BUSY_RATE), n, False) for n in (20, 1)]
    with tempfile.TemporaryDirectory(prefix="kitetui-bench-") as home:
        scenarios: dict[Scenario, list[Found]] = {scenario: [] for scenario in (usual, *busy)}
        for _ in range(settings.rounds):
            for scenario, rounds in scenarios.items():
                rounds.append(watched(scenario, settings if scenario is usual else briefly, home))
        simulated, many = first_paints(home, symbols, settings.rounds)
    found = {scenario: median_of(rounds, "cpu_percent") for scenario, rounds in scenarios.items()}
    figures = [
        *_usual_figures(found[usual], usual, settings),
        *(figure for each in busy for figure in _busy_figures(found[each], each, settings)),
        Figure("first paint, simulated exchange", simulated, "s", 0.6, at_most=True),
        Figure(f"first paint, {symbols:,} symbols", many, "s", 1.2, at_most=True, judged=symbols == SYMBOLS),
    ]
    return Outcome([_table(found), _first_table(simulated, many, symbols)], figures)


def _usual_figures(found: Found, scenario: Scenario, settings: BenchSettings) -> Iterator[Figure]:
    what = f"{scenario.symbols:,} rows, {scenario.rate:,} a second"
    judged = settings.are_those_of_the_targets
    for measure, name, unit, most in (
        ("cpu_percent", "CPU of the monitor", "% of a core", 20),
        ("key_p99_ms", "key to paint p99", "ms", 50),
        ("kb_a_second", "written to the terminal", "KB/s", 100),
    ):
        yield Figure(f"{name}, {what}", found[measure], unit, most, True, judged)
    judged = settings.symbols is None and settings.rate is None and settings.seconds >= _LONG_RUN
    yield Figure(f"memory, {what}, after ten minutes", found["memory_mb"], "MB", 120, True, judged)
    growth = found["growth_percent"]
    yield Figure(f"growth over the second half, {what}, after ten minutes", growth, "%", 2, True, judged)


def _busy_figures(found: Found, scenario: Scenario, settings: BenchSettings) -> Iterator[Figure]:
    what = f"the monitor on 3 connections, {scenario.rate:,} a second, {scenario.packets} a message"
    judged = settings.are_those_of_the_targets
    most = 25 if scenario.packets > 1 else 55
    yield Figure(f"ticks lost, {what}", found["lost"], "ticks", 0, True, judged)
    yield Figure(f"CPU, {what}", found["cpu_percent"], "% of a core", most, True, judged)
    yield Figure(f"loop lag p99, {what}", found["lag_p99_ms"], "ms", 10, True, judged)


def _table(found: dict[Scenario, Found]) -> ResultTable:
    table = ResultTable("screen", "the monitor, 120 by 40", ("load", "symbols", "rate", *_MEASURES))
    for scenario, measures in found.items():
        cells = [_rounded(measures[each]) for each in _MEASURES]
        table.rows.append((scenario.name, scenario.symbols, scenario.rate, *cells))
    return table


def _first_table(simulated: float, many: float, symbols: int) -> ResultTable:
    columns = ("simulated", "many_symbols", "symbols")
    table = ResultTable("first_paint", "seconds from the command to the list", columns)
    table.rows.append((round(simulated, 3), round(many, 3), symbols))
    return table


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
