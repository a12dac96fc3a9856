"""The watchlist as a widget of its own, on the line API.

A table that keeps cells as objects redraws all that is visible for every change; this one asks for the
rows that are visible, compares what they would show with what they show, and refreshes those lines. So
9,000 rows cost what 30 do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final, NamedTuple

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kitetui.tui.layout import Column, columns, is_narrow
from kitetui.tui.monitor import Monitor
from kitetui.tui.numerals import group
from kitetui.tui.render.row import (
    Heading,
    Marking,
    changed_from,
    heading_line,
    headings,
    row_line,
)
from kitetui.tui.render.spans import Line, Span, Style, edge, fitted
from kitetui.tui.rows import Flash, Freshness, Row, RowState
from kitetui.tui.widgets.painted import STYLE_CLASSES, Palette
from kitetui.wire import Mode

FLASH_SECONDS: Final = 0.3
"""How long changed digits stand out."""

MAX_FLASHING: Final = 1 / 3
"""When a larger part of the visible rows flashes, none does: it would say nothing."""

_CACHED_STRIPS: Final = 500
_EMPTY: Final = "No symbols here. Press a to add one, or start with: kitetui -s NSE:RELIANCE"
_FILTERED: Final = "No symbol passes the filter. F shows all again."


class _Look(NamedTuple):
    """All that decides how a row looks."""

    token: int
    version: int
    freshness: Freshness
    flash: Flash | None
    trouble: str
    hour: tuple[float | None, ...]
    mode: Mode | None
    marking: Marking


class _Draft(NamedTuple):
    """A row as it is to be drawn."""

    row: Row
    look: _Look


class WatchTable(ScrollView):
    """The rows of the watchlist, with headings above and, where there is room, a frame around."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STYLE_CLASSES, "row--selected"}
    ALLOW_SELECT = False

    class Selected(Message):
        """The selection is on another symbol."""

    class HeadingClicked(Message):
        """A column is to be sorted by."""

        def __init__(self, column: Column) -> None:
            super().__init__()
            self.column = column

    def __init__(self, monitor: Monitor, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._monitor = monitor
        self._chosen = tuple(Column)
        self.flashes = True
        self._drawn: dict[int, _Draft] = {}
        self._prices: dict[int, int] = {}
        self._flashes: dict[int, tuple[Flash, float]] = {}
        self._strips: dict[tuple[_Look, int], Strip] = {}
        self._palette = Palette(self)
        self._selected = Palette(self, "row--selected")

    def on_resize(self, event: events.Resize) -> None:
        """Keep the selection in sight."""
        self._strips.clear()
        self.list_changed()

    def notify_style_update(self) -> None:
        """Forget strips in the colours of another theme."""
        super().notify_style_update()
        self._palette.clear()
        self._selected.clear()
        self._strips.clear()

    def list_changed(self) -> None:
        """Take notice of symbols that were added or removed."""
        self.virtual_size = Size(self.size.width, len(self._monitor.watchlist) + self._top + self._bottom)
        self.show_cursor()
        self.refresh()

    def choose_columns(self, chosen: tuple[Column, ...]) -> None:
        """Show other columns, as many as fit."""
        self._chosen = chosen
        self._strips.clear()
        self.refresh()

    def show_cursor(self) -> None:
        """Scroll as little as is needed to have the selection in sight, and mark it."""
        cursor, first = self._monitor.watchlist.cursor, self.scroll_offset.y
        if cursor < first:
            self.scroll_to(y=cursor, animate=False, immediate=True)
        elif cursor >= first + self.page:
            self.scroll_to(y=cursor - self.page + 1, animate=False, immediate=True)
        self.update_rows()
        if self._bottom:
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    @property
    def page(self) -> int:
        """How many rows are visible at once."""
        return max(self.size.height - self._top - self._bottom, 1)

    def update_rows(self) -> None:
        """Refresh the visible rows that look different from before."""
        rows = {position: self._row(position) for position in self._visible()}
        self._note_flashes(rows.values())
        before, self._drawn = self._drawn, {}
        for position, row in rows.items():
            drawn = self._drawn[position] = self._draft(position, row)
            if position not in before or before[position].look != drawn.look:
                y = self._top + position - self.scroll_offset.y
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return one line for the compositor."""
        if y < self._top or y >= self._top + self.page:
            return self._palette.strip(self._edge(y), self.size.width)
        inside = self._inside(y - self._top + self.scroll_offset.y)
        if not self._is_framed:
            return inside
        side = self._palette.strip([("│", Style.FRAME)], 1)
        return Strip.join([side, inside, self._palette.strip([self._thumb_or_side(y)], 1)])

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        position = event.y - self._top + self.scroll_offset.y
        if event.y == self._top - 1:
            x = event.x - (1 if self._is_framed else 0)
            for heading in self._headings():
                if heading.start <= x < heading.end:
                    self.post_message(self.HeadingClicked(heading.column))
        if self._top <= event.y < self._top + self.page and position < len(self._monitor.watchlist):
            self._monitor.watchlist.move(position)
            self.show_cursor()
            self.post_message(self.Selected())

    def _inside(self, position: int) -> Strip:
        """The strip of one row, without the frame."""
        watchlist, width = self._monitor.watchlist, self._inner_width
        if position >= len(watchlist):
            empty = _FILTERED if watchlist.instruments else _EMPTY
            text = empty if not len(watchlist) and position == 1 else ""
            return self._palette.strip(fitted([(f"  {text}", Style.DIM)], width), width)
        draft = self._drawn.get(position) or self._draft(position, self._row(position))
        key = (draft.look, width)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= _CACHED_STRIPS:
                self._strips.clear()
            palette = self._selected if draft.look.marking.selected else self._palette
            line = row_line(draft.row, self.columns, width, draft.look.marking)
            strip = self._strips[key] = palette.strip(line, width)
        return strip

    def _row(self, position: int) -> Row:
        instrument = self._monitor.watchlist[position]
        hour = self._monitor.hour_of(instrument) if Column.HOUR in self.columns else ()
        return self._monitor.rows.row(instrument, hour)

    def _draft(self, position: int, row: Row) -> _Draft:
        token = row.instrument.instrument_token
        if (flash := self._flashes.get(token)) is not None:
            row = replace(row, flash=flash[0])
        watchlist = self._monitor.watchlist
        marking = Marking(position == watchlist.cursor, watchlist.is_marked(token))
        mode = self._monitor.manager.mode_of(token)
        version = self._monitor.rows.version_of(token)
        look = _Look(token, version, row.freshness, row.flash, row.trouble, row.hour, mode, marking)
        return _Draft(row, look)

    def _headings(self) -> list[Heading]:
        sort = self._monitor.ordering.sort
        if sort is None:
            return headings(self.columns, self._inner_width)
        return headings(self.columns, self._inner_width, sort.column, descending=sort.descending)

    def _edge(self, y: int) -> Line:
        """The headings, and the upper and lower edge of the frame."""
        watchlist, width = self._monitor.watchlist, self.size.width
        if not self._is_framed:
            return heading_line(self._headings(), width)
        if y == 0:
            return edge("╭", [(watchlist.name, Style.TITLE)], "╮", width)
        if y == 1:
            heads = heading_line(self._headings(), self._inner_width)
            return [("│", Style.FRAME), *heads, ("│", Style.FRAME)]
        place = f"{group(watchlist.cursor + 1)} of {group(len(watchlist))}" if len(watchlist) else "empty"
        if marked := len(watchlist.marked):
            place = f"{group(marked)} marked   {place}"
        return edge("╰", [(place, Style.DIM)], "╯", width, at_end=True)

    def _thumb_or_side(self, y: int) -> Span:
        """The right side of the frame, which is the scroll bar too where there is more than fits."""
        rows, page = len(self._monitor.watchlist), self.page
        if rows > page:
            size = max(page * page // rows, 1)
            start = round((page - size) * self.scroll_offset.y / (rows - page))
            if start <= y - self._top < start + size:
                return ("┃", Style.BRAND)
        return ("│", Style.FRAME)

    def _note_flashes(self, rows: Iterable[Row]) -> None:
        """Find the prices that have changed since the last time, and let the old flashes go out."""
        now = self._monitor.stopwatch()
        self._flashes = {token: flash for token, flash in self._flashes.items() if now < flash[1]}
        before, self._prices = self._prices, {}
        if self.app.animation_level == "none" or not self.flashes:
            self._flashes.clear()
            return
        for row in rows:
            if row.figures is None:
                continue
            token, price = row.instrument.instrument_token, row.figures.ltp
            self._prices[token] = price
            old = before.get(token, price)
            if old != price and row.freshness.state is RowState.LIVE:
                start = changed_from(row.figures.price(old), row.figures.last())
                self._flashes[token] = (Flash(start, price - old), now + FLASH_SECONDS)
        if len(self._flashes) > self.page * MAX_FLASHING:
            self._flashes.clear()

    def _visible(self) -> range:
        first = self.scroll_offset.y
        return range(first, min(first + self.page, len(self._monitor.watchlist)))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are shown: those of the chosen ones that fit."""
        # Asked for at each use: a line may be drawn at a new size before the widget is told of it.
        return columns(self._inner_width, self._chosen)

    @property
    def _is_framed(self) -> bool:
        return not is_narrow(self.app.size.width)

    @property
    def _top(self) -> int:
        return 2 if self._is_framed else 1

    @property
    def _bottom(self) -> int:
        return 1 if self._is_framed else 0

    @property
    def _inner_width(self) -> int:
        return self.size.width - 2 if self._is_framed else self.size.width
