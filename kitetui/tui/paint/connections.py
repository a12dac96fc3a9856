"""The health of every connection, a row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.feed import ConnectionState, ConnectionStats, Gap, ManagerStats
from kitetui.formatting import age, clock, duration, group, plain
from kitetui.tui.figures import UNKNOWN
from kitetui.tui.paint.ink import Ink, Line
from kitetui.tui.rates import Rate, Rates

_STATES: Final = {
    ConnectionState.UNUSED: ("○ unused", Ink.DIM),
    ConnectionState.CONNECTING: ("◌ connecting", Ink.STALE),
    ConnectionState.LIVE: ("● live", Ink.LIVE),
    ConnectionState.RETRYING: ("! retrying", Ink.STALE),
    ConnectionState.DOWN: ("✗ down", Ink.ALARM),
}


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    width: int
    text: Callable[[ConnectionStats, Rate, float], str]
    leaves: int
    """The higher, the earlier it leaves as the width shrinks; 0 never does."""


def connection_lines(stats: ManagerStats, rates: Rates, now: float, width: int) -> list[Line]:
    """Return the headings and a row for each connection."""
    columns = _fitting(width)
    taken = _FIRST + sum(column.width for column in columns)
    reason = width - taken - 2 if width - taken - 2 >= _LEAST_REASON else 0
    first = f" {'conn':<6}{'state':<{_FIRST - 7}}"
    heads = "".join(f"{column.heading:>{column.width}}" for column in columns)
    lines: list[Line] = [[(first + heads + ("  last reason" if reason else ""), Ink.HEADING)]]
    rows = (_row(each, rates.of(each.connection), now, columns, reason) for each in stats.connections)
    return [*lines, *rows]


def last_gap_text(gap: Gap | None) -> Line:
    """Return when data was last missing, and for how long."""
    if gap is None:
        return [("no gaps", Ink.DIM)]
    start, end = clock(gap.start / 1e9), clock(gap.end / 1e9)
    return [(f"last gap ws{gap.connection + 1} {start} → {end}, {gap.seconds:.1f} s", Ink.STALE)]


_FIRST: Final = 20
_LEAST_REASON: Final = 20


def _row(stats: ConnectionStats, rate: Rate, now: float, columns: Sequence[_Column], reason: int) -> Line:
    state, ink = _STATES[stats.state]
    used = stats.state is not ConnectionState.UNUSED or bool(stats.frames)
    line: Line = [
        (f" ws{stats.connection + 1:<4}", Ink.STRONG if used else Ink.DIM),
        (f"{state:<{_FIRST - 7}}", ink),
    ]
    if not used:
        return line
    line += [(f"{column.text(stats, rate, now):>{column.width}}", Ink.TEXT) for column in columns]
    if reason:
        line.append((f"  {plain(stats.reason) or UNKNOWN}", Ink.DIM))
    return line


def _fitting(width: int) -> list[_Column]:
    columns = list(_COLUMNS)
    while _FIRST + sum(column.width for column in columns) > width:
        columns.remove(max(columns, key=lambda column: column.leaves))
    return columns


def _up(stats: ConnectionStats, rate: Rate, now: float) -> str:
    return UNKNOWN if stats.connected_at is None else duration(now - stats.connected_at / 1e9)


def _round_trip(stats: ConnectionStats, rate: Rate, now: float) -> str:
    if stats.state is not ConnectionState.LIVE:
        return UNKNOWN
    return "…" if stats.round_trip is None else f"{stats.round_trip * 1000:.0f} ms"


def _silent(stats: ConnectionStats, rate: Rate, now: float) -> str:
    if stats.silence is None:
        return UNKNOWN
    return f"{stats.silence:.1f}s" if stats.silence < 10 else age(stats.silence)


def _last_tick(stats: ConnectionStats, rate: Rate, now: float) -> str:
    return UNKNOWN if stats.last_tick_at is None else f"{age(now - stats.last_tick_at / 1e9)} ago"


_COLUMNS: Final = (
    _Column("up", 9, _up, 3),
    _Column("symbols", 9, lambda stats, rate, now: group(stats.symbols), 4),
    _Column("t/s", 7, lambda stats, rate, now: group(round(rate.ticks)), 0),
    _Column("kB/s", 8, lambda stats, rate, now: f"{rate.bytes / 1000:.1f}", 9),
    _Column("rtt", 8, _round_trip, 2),
    _Column("silent", 8, _silent, 0),
    _Column("last tick", 11, _last_tick, 8),
    _Column("reconn", 8, lambda stats, rate, now: group(stats.reconnects), 5),
    _Column("gaps", 6, lambda stats, rate, now: group(stats.gaps), 6),
    _Column("errors", 8, lambda stats, rate, now: group(stats.rejected), 7),
)
