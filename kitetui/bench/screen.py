"""`screen`: the monitor as it is, in a pseudo-terminal of 120 by 40, on a server in another process.

What it takes of the machine, what it writes to the terminal, and how long a key takes from being pressed
until the row that it leads to is written as the selected one; and the first paint of `kitetui` itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from kitetui.bench.first_paint import first_paints
from kitetui.bench.outcome import Figure, Outcome, Table
from kitetui.bench.rounds import Found, median_of
from kitetui.bench.settings import Settings
from kitetui.bench.watching import Sight, watched

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


def bench_screen(settings: Settings) -> Outcome:
    """Measure the monitor under each load, and its first paint."""
    symbols = settings.symbols_or(SYMBOLS)
    usual = Sight("usual", symbols, settings.rate_or(RATE), 20)
    briefly = replace(settings, seconds=min(settings.seconds, _BRIEFLY))
    busy = [Sight(f"busy, {n} a message", symbols, settings.rate_or(BUSY_RATE), n, False) for n in (20, 1)]
    with tempfile.TemporaryDirectory(prefix="kitetui-bench-") as home:
        sights: dict[Sight, list[Found]] = {sight: [] for sight in (usual, *busy)}
        for _ in range(settings.rounds):
            for sight, rounds in sights.items():
                rounds.append(watched(sight, settings if sight is usual else briefly, home))
        simulated, many = first_paints(home, symbols, settings.rounds)
    found = {sight: median_of(rounds, "cpu_percent") for sight, rounds in sights.items()}
    figures = [
        *_usual_figures(found[usual], usual, settings),
        *(figure for each in busy for figure in _busy_figures(found[each], each, settings)),
        Figure("first paint, simulated exchange", simulated, "s", 0.6, at_most=True),
        Figure(f"first paint, {symbols:,} symbols", many, "s", 1.2, at_most=True, judged=symbols == SYMBOLS),
    ]
    return Outcome([_table(found), _first_table(simulated, many, symbols)], figures)


def _usual_figures(found: Found, sight: Sight, settings: Settings) -> Iterator[Figure]:
    what = f"{sight.symbols:,} rows, {sight.rate:,} a second"
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


def _busy_figures(found: Found, sight: Sight, settings: Settings) -> Iterator[Figure]:
    what = f"the monitor on 3 connections, {sight.rate:,} a second, {sight.packets} a message"
    judged = settings.are_those_of_the_targets
    most = 25 if sight.packets > 1 else 55
    yield Figure(f"ticks lost, {what}", found["lost"], "ticks", 0, True, judged)
    yield Figure(f"CPU, {what}", found["cpu_percent"], "% of a core", most, True, judged)
    yield Figure(f"loop lag p99, {what}", found["lag_p99_ms"], "ms", 10, True, judged)


def _table(found: dict[Sight, Found]) -> Table:
    table = Table("screen", "the monitor, 120 by 40", ("load", "symbols", "rate", *_MEASURES))
    for sight, measures in found.items():
        cells = [_rounded(measures[each]) for each in _MEASURES]
        table.rows.append((sight.name, sight.symbols, sight.rate, *cells))
    return table


def _first_table(simulated: float, many: float, symbols: int) -> Table:
    columns = ("simulated", "many_symbols", "symbols")
    table = Table("first_paint", "seconds from the command to the list", columns)
    table.rows.append((round(simulated, 3), round(many, 3), symbols))
    return table


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
