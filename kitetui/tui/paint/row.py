"""One row of the watchlist, and its heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.instruments import Instrument
from kitetui.tui.figures import WAITING, Figures
from kitetui.tui.layout import COLUMN_WIDTHS, Column, symbol_width
from kitetui.tui.paint.ink import Ink, Line, Span, direction, fitted
from kitetui.tui.rowstate import Freshness, RowState


@dataclass(frozen=True, slots=True)
class Flash:
    """A price that has just changed: from which character of its text on, and up or down."""

    start: int
    direction: int


@dataclass(frozen=True, slots=True)
class Row:
    """Everything that a row of the watchlist shows; `figures` is None before the first tick."""

    instrument: Instrument
    figures: Figures | None
    freshness: Freshness
    flash: Flash | None = None

    @property
    def is_dim(self) -> bool:
        """Whether the figures are not those of this moment, and must not look as if they were."""
        return self.freshness.state in (RowState.FROZEN, RowState.SNAPSHOT)


def heading(columns: Sequence[Column], width: int) -> Line:
    """Return the line of headings."""
    cells: Line = [("  ", Ink.HEADING)]
    for column in columns:
        size = symbol_width(width, tuple(columns)) if column is Column.SYMBOL else COLUMN_WIDTHS[column]
        text = f"{column:<{size}}" if column is Column.SYMBOL else f"{column:>{size}}"
        cells.append((text, Ink.HEADING))
    return fitted(cells, width)


def row_line(row: Row, columns: Sequence[Column], width: int, *, selected: bool) -> Line:
    """Return the line of a row, exactly `width` cells."""
    cells: Line = [("▌ " if selected else "  ", Ink.BRAND)]
    size = symbol_width(width, tuple(columns))
    cells += fitted([(row.instrument.tradingsymbol, _symbol_ink(row))], size)
    for column in columns:
        if column is not Column.SYMBOL:
            cells += _cell(row, column)
    return fitted(cells, width)


def changed_from(before: str, after: str) -> int:
    """Return from which character on a price's text has changed, both ending at the same cell."""
    offset = len(after) - len(before)
    if offset < 0:
        return 0
    for index, character in enumerate(after):
        if index < offset or character != before[index - offset]:
            return index
    return len(after)


def _cell(row: Row, column: Column) -> Line:
    width = COLUMN_WIDTHS[column]
    if column is Column.AGE:
        return [(f"{row.freshness.age:>{width}}", _age_ink(row.freshness.state))]
    if row.figures is None:
        return [(f"{WAITING if column is Column.LTP else '':>{width}}", Ink.DIM)]
    text = _TEXTS[column](row.figures)
    if column is Column.LTP and row.flash is not None:
        return _flashing(text, width, row.flash, _ink(row, column))
    return [(f"{text:>{width}}", _ink(row, column))]


def _flashing(text: str, width: int, flash: Flash, ink: Ink) -> Line:
    start = min(flash.start, len(text))
    changed: Span = (text[start:], Ink.FLASH_UP if flash.direction > 0 else Ink.FLASH_DOWN)
    return [(f"{text[:start]:>{width - len(text) + start}}", ink), changed]


def _ink(row: Row, column: Column) -> Ink:
    if row.is_dim or row.figures is None:
        return Ink.DIM
    if column in (Column.LTP, Column.CHANGE, Column.PERCENT):
        return direction(row.figures.percent_change or 0)
    return Ink.TEXT


def _symbol_ink(row: Row) -> Ink:
    return Ink.DIM if row.is_dim else Ink.STRONG


def _age_ink(state: RowState) -> Ink:
    if state is RowState.FROZEN:
        return Ink.STALE
    return Ink.TEXT if state is RowState.LIVE else Ink.DIM


_TEXTS: Final[Mapping[Column, Callable[[Figures], str]]] = {
    Column.LTP: Figures.last,
    Column.CHANGE: Figures.change,
    Column.PERCENT: Figures.percent,
    Column.VOLUME: Figures.volume,
    Column.BID: Figures.bid,
    Column.ASK: Figures.ask,
    Column.HIGH: Figures.high,
    Column.LOW: Figures.low,
    Column.OI: Figures.open_interest,
}
