"""`feed`: from a server's socket to the caller's hand, beside the official client on the same server.

Client and server have a process each. Capacity is what a client takes when it is sent as much as it
takes; everything else is measured at a load that is sustained.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kitetui.bench.official import ABSENT, is_installed
from kitetui.bench.process import command_of, line_of, output_of, running
from kitetui.bench.results import BenchSettings, Cell, Figure, Found, Outcome, ResultTable, median_of, ratio

RATE: Final = 20_000
SYMBOLS: Final = 3000
SIZES: Final = (1, 20, 200)
CONNECTIONS: Final = (1, 3)

CALLER, OFFICIAL = "kitetui.bench.caller", "kitetui.bench.official"
_NAMES: Final = {CALLER: "kitetui", OFFICIAL: "official"}
_MEASURES: Final = (
    "ticks_a_second",
    "lost",
    "cpu_percent",
    "latency_p50_us",
    "latency_p99_us",
    "lag_p50_ms",
    "lag_p99_ms",
    "memory_mb",
)
_STALL: Final = 3.0
_CAPACITY_TARGETS: Final = {1: 3, 20: 15, 200: 30}
_KEEPING_UP: Final = 0.97
"""The share of a load that a client reaches that keeps up with it."""

_USUAL: Final = 20
"""Packets in a message of the targets that are not about capacity."""


@dataclass(frozen=True, slots=True)
class Case:
    """A load: packets in a message, connections, and ticks a second of all of them, 0 for capacity."""

    packets: int
    connections: int
    rate: int


def bench_feed(settings: BenchSettings) -> Outcome:
    """Measure every load, and the backlog of a caller that stalls."""
    rate = settings.rate_or(RATE)
    found = {case: _measured(case, settings) for case in _cases(rate)}
    stalled = _run(CALLER, Case(_USUAL, 1, rate), settings, stall=min(_STALL, settings.seconds))
    return Outcome(
        [_table(found), _backlog(stalled)],
        [*_figures(found, rate, settings), *_backlog_figures(stalled, settings)],
        [*_remarks(found)] if is_installed() else [ABSENT],
    )


def _cases(rate: int) -> Iterator[Case]:
    for load in (0, rate):
        for connections in CONNECTIONS:
            for packets in SIZES:
                yield Case(packets, connections, load)


def _measured(case: Case, settings: BenchSettings) -> dict[str, Found]:
    """Return for each rival the median of every measure, the most of what was lost."""
    rivals = [CALLER, OFFICIAL] if is_installed() else [CALLER]
    rounds: dict[str, list[Found]] = {name: [] for name in rivals}
    for _ in range(settings.rounds):
        for name in rivals:
            rounds[name].append(_run(name, case, settings))
    return {name: median_of(found, "ticks_a_second") for name, found in rounds.items()}


def _run(client: str, case: Case, settings: BenchSettings, *, stall: float = 0) -> Found:
    # One second before a stall, and as long as it lasts for what comes after it.
    seconds = settings.seconds if not stall else 2 * stall + 2
    symbols = settings.symbols_or(SYMBOLS)
    server = command_of(
        "kitetui.bench.server",
        *("--packets", case.packets, "--rate", case.rate, "--seconds", seconds),
        *("--warm-up", min(seconds, 0.5), "--connections", case.connections, "--symbols", symbols),
    )
    with running(server) as serving:
        options = ["--connections", case.connections, "--symbols", symbols]
        if stall:
            options += ["--stall", stall]
        printed = output_of(command_of(client, line_of(serving), *options), seconds)
    found: Found = json.loads(printed)
    return found


def _remarks(found: dict[Case, dict[str, Found]]) -> Iterator[str]:
    """Say where the official client was slower than the load: its figures are those of fewer ticks."""
    behind = [case for case, rivals in found.items() if _is_behind(case, rivals[OFFICIAL])]
    if behind:
        loads = ", ".join(f"{each.packets} a message on {each.connections}" for each in behind)
        yield f"the official client could not keep up with {behind[0].rate:,} ticks a second: {loads}"


def _is_behind(case: Case, found: Found) -> bool:
    return (found["ticks_a_second"] or 0.0) < case.rate * _KEEPING_UP


def _table(found: dict[Case, dict[str, Found]]) -> ResultTable:
    table = ResultTable(
        "feed",
        "one process each; rate 0 is as fast as the client can take it",
        ("client", "connections", "packets", "rate", *_MEASURES, "spread_percent"),
    )
    for case, rivals in found.items():
        for client, measures in rivals.items():
            cells: list[Cell] = [_rounded(measures[name]) for name in (*_MEASURES, "spread_percent")]
            table.rows.append((_NAMES[client], case.connections, case.packets, case.rate, *cells))
    return table


def _backlog(found: Found) -> ResultTable:
    names = ("waiting_ticks", "lost", "recovery_s", "memory_before_mb", "memory_mb")
    table = ResultTable("backlog", "a caller that does not read for a while, and catches up", names)
    table.rows.append(tuple(_rounded(found.get(name), 3) for name in names))
    return table


def _figures(found: dict[Case, dict[str, Found]], rate: int, settings: BenchSettings) -> Iterator[Figure]:
    judged = settings.are_those_of_the_targets
    for packets in SIZES:
        times = _times(found[Case(packets, 1, 0)], "ticks_a_second")
        name = f"capacity, one connection, {packets} a message, against the official client"
        yield Figure(
            name, None if not times else 1 / times, "times", _CAPACITY_TARGETS[packets], judged=judged
        )
    load = Case(_USUAL, 1, rate)
    usual = found[load]
    # A rival that falls behind has no latency to compare with, and a processor that is all its own.
    comparable = judged and not (OFFICIAL in usual and _is_behind(load, usual[OFFICIAL]))
    of_official = (("cpu_percent", "CPU", 0.25), ("latency_p50_us", "latency p50", 0.5))
    for measure, what, most in (*of_official, ("latency_p99_us", "latency p99", 0.5)):
        times = _times(usual, measure)
        value = None if not times else 1 / times
        name = f"{what} of the official client's, {rate:,} a second, 20 a message"
        yield Figure(name, value, "of it", most, at_most=True, judged=comparable)
    lost = max(each[CALLER]["lost"] or 0 for each in found.values())
    yield Figure("ticks lost by the library, at every load", lost, "ticks", 0, at_most=True)


def _times(rivals: dict[str, Found], measure: str) -> float | None:
    """Return how many times ours goes into the official client's."""
    return ratio(rivals.get(OFFICIAL, {}).get(measure), rivals[CALLER][measure])


def _backlog_figures(found: Found, settings: BenchSettings) -> Iterator[Figure]:
    judged = settings.are_those_of_the_targets
    yield Figure("ticks lost in three seconds of backlog", found["lost"], "ticks", 0, True, judged)
    yield Figure("time to catch up with the backlog", found.get("recovery_s"), "s", 1, True, judged)
    before, after = found.get("memory_before_mb"), found["memory_mb"]
    more = None if before is None or after is None else after - before
    yield Figure("memory kept after the backlog", more, "MB", 5, True, judged)


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
