"""The health of every connection, a row each; below them the recorder's, and the app's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kitetui.feed import ConnectionState, ConnectionStats, Gap, ManagerStats, Percentiles
from kitetui.formatting import age, clock, duration, plain
from kitetui.tui.figures import UNKNOWN, WAITING
from kitetui.tui.numerals import group, quantity_within
from kitetui.tui.rates import HISTORY, Rate, Rates
from kitetui.tui.recording import RecordingState
from kitetui.tui.render.row import sparkline
from kitetui.tui.render.spans import Line, Style, fitted, justified, text_of, width_of
from kitetui.tui.ui_metrics import UiStats
from kitetui.wire import Mode

_STATES: Final = {
    ConnectionState.UNUSED: ("○ unused", Style.DIM),
    ConnectionState.CONNECTING: ("◌ connecting", Style.STALE),
    ConnectionState.LIVE: ("● live", Style.LIVE),
    ConnectionState.RETRYING: ("! retrying", Style.STALE),
    ConnectionState.DOWN: ("✗ down", Style.ALARM),
}

_MUTE: Final = ("! mute", Style.STALE)

_REPLAYED: Final = _STATES | {ConnectionState.LIVE: ("● replayed", Style.TEXT)}


def connection_lines(
    stats: ManagerStats, rates: Rates, now: float, width: int, *, replayed: bool = False
) -> list[Line]:
    """Return the headings and a row for each connection; columns leave whole as the width shrinks.

    replayed: whether they replay what others were sent, and so are not to look live.
    """
    columns = _arranged(width)
    heads = "".join(column.head() for column in columns)
    lines: list[Line] = [[(f" {'conn':<5}{'state':<{_STATE}}{heads}", Style.HEADING)]]
    for each in stats.connections:
        shown = _Shown(each, rates.of(each.connection), rates.history(each.connection), now)
        lines.append(_row(shown, columns, _REPLAYED if replayed else _STATES))
    return lines


def gap_text(missing: ConnectionStats | None, gap: Gap | None) -> Line:
    """Return since when data is missing, or else when it last was and for how long."""
    if missing is not None and missing.missing_since is not None:
        since = clock(missing.missing_since / 1e9)
        return [(f"! gap ws{missing.connection + 1} since {since}", Style.STALE)]
    if gap is None:
        return [("no gaps", Style.DIM)]
    start, end = clock(gap.start / 1e9), clock(gap.end / 1e9)
    return [(f"last gap ws{gap.connection + 1} {start} → {end}, {gap.seconds:.1f} s", Style.STALE)]


def recorder_line(recording: RecordingState, stats: UiStats, width: int) -> Line:
    """Return what is recorded, and at the right how the app itself is.

    What does not fit leaves whole: the app's figures first, then the recorder's, and never what was lost.
    """
    what: Line = [(f" {'recorder':<10}", Style.HEADING), *_what_is_recorded(recording)]
    figures = _recorder_spans(recording) if recording.is_on else []
    app = _app_spans(stats)
    while app and width_of([*what, *figures, *app]) + _APART > width:
        app.pop()
    while figures and width_of([*what, *figures]) > width:
        figures.pop()
    return justified([*what, *figures], app, width)


_STATE: Final = 13
_FIRST: Final = 6 + _STATE
"""Cells of the connection's name and state, which never leave."""

_BETWEEN: Final = 2
"""Cells that keep columns apart."""

_APART: Final = 4
"""Cells between the recorder's figures and the app's."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a row shows; `history` are ticks a second, the newest last."""

    stats: ConnectionStats
    rate: Rate
    history: Sequence[float]
    now: float


@dataclass(frozen=True, slots=True)
class _Column:
    """A column; `text` makes what it shows in so many cells, two of `width` keep it apart.

    most: for words and pictures, the width up to which it takes what the others leave.
    """

    heading: str
    width: int
    text: Callable[[_Shown, int], str]
    most: int = 0

    @property
    def cells(self) -> int:
        """The cells that a text may take."""
        return self.width - _BETWEEN

    def head(self) -> str:
        """Return the heading in its place."""
        return self._placed(self.heading.format(cells=self.cells))

    def cell(self, shown: _Shown) -> str:
        """Return what a row shows in this column."""
        return self._placed(self.text(shown, self.cells))

    def _placed(self, text: str) -> str:
        if self.most:
            return " " * _BETWEEN + text_of(fitted([(text, Style.TEXT)], self.cells))
        return f"{text:>{self.width}}"


def _row(
    shown: _Shown, columns: Sequence[_Column], states: Mapping[ConnectionState, tuple[str, Style]]
) -> Line:
    stats = shown.stats
    state, style = _MUTE if stats.is_mute else states[stats.state]
    used = stats.state is not ConnectionState.UNUSED or bool(stats.frames)
    line: Line = [
        (f" ws{stats.connection + 1:<3}", Style.STRONG if used else Style.DIM),
        (f"{state:<{_STATE}}", style),
    ]
    return [*line, *((column.cell(shown), Style.TEXT) for column in columns)] if used else line


def _arranged(width: int) -> list[_Column]:
    """Return the columns that fit; those of words and pictures are widened by what is left."""
    columns = list(_COLUMNS)
    for leaving in _LEAVING:
        if _FIRST + _width_of(columns) <= width:
            break
        columns = [column for column in columns if column.heading != leaving]
    left = max(width - _FIRST - _width_of(columns), 0)
    arranged = []
    for column in columns:
        more = min(max(column.most - column.width, 0), left)
        arranged.append(replace(column, width=column.width + more))
        left -= more
    return arranged


def _width_of(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns)


def _what_is_recorded(recording: RecordingState) -> Line:
    if recording.error:
        return [(f"✗ {recording.error}", Style.ALARM)]
    if not recording.is_on:
        return [("○ off, r starts", Style.DIM)]
    lost: Line = [(f"! {group(recording.lost)} lost   ", Style.STALE)] if recording.lost else []
    return [*lost, (f"● {recording.name}", Style.LIVE)]


def _recorder_spans(recording: RecordingState) -> Line:
    figures = (
        f"{group(recording.rows)} rows",
        _size(recording.bytes),
        f"queue {group(recording.queued)}",
        f"written {_seconds(recording.written_ago or 0.0)} ago",
    )
    return [(f"   {figure}", Style.TEXT) for figure in figures]


def _app_spans(stats: UiStats) -> Line:
    """The app's figures; the first span is worth showing alone."""
    spans: Line = [(f"ui  {stats.draws:.0f} fps", Style.DIM)]
    for name, measured in (("frame", stats.frame), ("loop lag", stats.lag)):
        if measured is not None:
            spans.append((f"   {name} {_lasting(measured.p50)}", Style.DIM))
            spans.append((f"  p99 {_lasting(measured.p99)}", Style.DIM))
    return spans


def _size(count: int) -> str:
    """Bytes in the unit that keeps them short."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= unit:
            return _short(count / unit, name)
    return f"{count} B"


def _lasting(seconds: float) -> str:
    """A short time in at most six cells."""
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.9995 * unit:
            return _short(seconds / unit, name)
    return f"{seconds * 1e9:.0f} ns"


def _short(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}s" if seconds < 10 else age(seconds)


def _up(shown: _Shown, cells: int) -> str:
    if shown.stats.connected_at is None:
        return UNKNOWN
    seconds = shown.stats.uptime or 0.0
    text = duration(seconds)
    return text if len(text) <= cells else age(seconds)


def _modes(shown: _Shown, cells: int) -> str:
    counts = (shown.stats.modes.get(mode, 0) for mode in (Mode.FULL, Mode.QUOTE, Mode.LTP))
    return "/".join(map(group, counts))


def _kilobytes(shown: _Shown, cells: int) -> str:
    kilobytes = shown.rate.bytes / 1000
    return f"{kilobytes:.1f}" if kilobytes < 1000 else quantity_within(round(kilobytes), cells)


def _round_trips(pick: Callable[[Percentiles], float]) -> Callable[[_Shown, int], str]:
    def text(shown: _Shown, cells: int) -> str:
        if shown.stats.state is not ConnectionState.LIVE:
            return UNKNOWN
        return WAITING if shown.stats.round_trips is None else _lasting(pick(shown.stats.round_trips))

    return text


def _decode(shown: _Shown, cells: int) -> str:
    times = shown.stats.decode_times
    return UNKNOWN if times is None else _lasting(times.p50)


def _silent(shown: _Shown, cells: int) -> str:
    return UNKNOWN if shown.stats.silence is None else _seconds(shown.stats.silence)


def _last_tick(shown: _Shown, cells: int) -> str:
    seconds = shown.stats.tick_age
    return UNKNOWN if seconds is None else f"{age(seconds)} ago"


def _last_close(shown: _Shown, cells: int) -> str:
    return plain(shown.stats.reason or shown.stats.last_close) or UNKNOWN


def _count(count: Callable[[_Shown], float]) -> Callable[[_Shown, int], str]:
    return lambda shown, cells: quantity_within(round(count(shown)), cells)


_COLUMNS: Final = (
    _Column("up", 10, _up),
    _Column("symbols", 9, _count(lambda shown: shown.stats.symbols)),
    _Column("full/quote/ltp", 19, _modes),
    _Column("t/s", 8, _count(lambda shown: shown.rate.ticks)),
    _Column("last {cells} s", 22, lambda shown, cells: sparkline(shown.history, cells, floor=0), HISTORY + 2),
    _Column("kB/s", 8, _kilobytes),
    _Column("rtt p50", 9, _round_trips(lambda trips: trips.p50)),
    _Column("p99", 8, _round_trips(lambda trips: trips.p99)),
    _Column("decode", 8, _decode),
    _Column("silent", 8, _silent),
    _Column("last tick", 11, _last_tick),
    _Column("reconn", 8, _count(lambda shown: shown.stats.reconnects)),
    _Column("gaps", 8, _count(lambda shown: shown.stats.gaps)),
    _Column("errors", 9, _count(lambda shown: shown.stats.rejected)),
    _Column("lost", 9, _count(lambda shown: sum(reader.lost for reader in shown.stats.readers))),
    _Column("last close", 22, _last_close, 62),
)

_LEAVING: Final = (
    "last {cells} s",
    "decode",
    "kB/s",
    "full/quote/ltp",
    "lost",
    "last close",
    "last tick",
    "errors",
    "gaps",
    "p99",
    "reconn",
    "symbols",
    "up",
    "rtt p50",
)
"""Headings of the columns that leave as the width shrinks, in this order; the others never do."""
