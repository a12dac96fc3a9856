"""One row of the watchlist, and its heading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.instruments import Instrument
from kitetui.tui.figures import WAITING, Figures
from kitetui.tui.layout import COLUMN_WIDTHS, MARK_WIDTH, Column, symbol_width
from kitetui.tui.render.spans import Line, Span, Style, direction, fitted
from kitetui.tui.rowstate import STANDING_STILL, Freshness, RowState


@dataclass(frozen=True, slots=True)
class Flash:
    """A price that has just changed: from which character of its text on, and up or down."""

    start: int
    direction: int


@dataclass(frozen=True, slots=True)
class Row:
    """Everything that a row of the watchlist shows.

    figures: None before the first tick. trouble: why there will be none, or no more, "" while all is well.
    hour: the last hour as a small graph.
    """

    instrument: Instrument
    figures: Figures | None
    freshness: Freshness
    flash: Flash | None = None
    trouble: str = ""
    hour: str = ""

    @property
    def is_dim(self) -> bool:
        """Whether the figures are not those of this moment, and must not look as if they were."""
        return self.freshness.state in STANDING_STILL


@dataclass(frozen=True, slots=True)
class Marking:
    """Whether a row is selected and whether it is marked."""

    selected: bool = False
    marked: bool = False

    @property
    def cells(self) -> Line:
        """The cells before the symbol."""
        return [("▌" if self.selected else " ", Style.BRAND), ("•" if self.marked else " ", Style.STRONG)]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: from which cell to which (exclusive) it can be clicked, and its text."""

    column: Column
    start: int
    end: int
    text: str


def headings(
    columns: Sequence[Column], width: int, sorted_by: Column | None = None, *, descending: bool = False
) -> list[Heading]:
    """Return the headings and their places; the column that sorts has an arrow beside its name."""
    placed, x = [], MARK_WIDTH
    for column in columns:
        size = symbol_width(width, tuple(columns)) if column is Column.SYMBOL else COLUMN_WIDTHS[column]
        name = f"{column} {'↓' if descending else '↑'}" if column is sorted_by else column.value
        text = f"{name:<{size}}" if column is Column.SYMBOL else f"{name:>{size}}"
        placed.append(Heading(column, x, x + size, text))
        x += size
    return placed


def heading_line(placed: Sequence[Heading], width: int) -> Line:
    """Return the line of headings."""
    line: Line = [(" " * MARK_WIDTH, Style.HEADING)]
    return fitted([*line, *((each.text, Style.HEADING) for each in placed)], width)


def row_line(row: Row, columns: Sequence[Column], width: int, marking: Marking) -> Line:
    """Return the line of a row, exactly `width` cells."""
    size = symbol_width(width, tuple(columns))
    cells = marking.cells
    for column in columns:
        if column is Column.SYMBOL:
            cells += fitted([(row.instrument.tradingsymbol, _symbol_style(row))], size)
        elif row.trouble and row.figures is None:
            return fitted([*cells, (f"  ! {row.trouble}", Style.STALE)], width)
        else:
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
        return [(f"{row.freshness.age:>{width}}", _age_style(row.freshness.state))]
    if column is Column.HOUR:
        return [(f"{row.hour:>{width}}", Style.DIM if row.is_dim else Style.TEXT)]
    if row.figures is None:
        return [(f"{WAITING if column is Column.LTP else '':>{width}}", Style.DIM)]
    text = _TEXTS[column](row.figures)
    if column is Column.LTP and row.flash is not None:
        return _flashing(text, width, row.flash, _style(row, column))
    return [(f"{text:>{width}}", _style(row, column))]


def _flashing(text: str, width: int, flash: Flash, style: Style) -> Line:
    start = min(flash.start, len(text))
    changed: Span = (text[start:], Style.FLASH_UP if flash.direction > 0 else Style.FLASH_DOWN)
    return [(f"{text[:start]:>{width - len(text) + start}}", style), changed]


def _style(row: Row, column: Column) -> Style:
    if row.is_dim or row.figures is None:
        return Style.DIM
    if column in (Column.LTP, Column.CHANGE, Column.PERCENT):
        return direction(row.figures.percent_change or 0)
    return Style.TEXT


def _symbol_style(row: Row) -> Style:
    return Style.DIM if row.is_dim else Style.STRONG


def _age_style(state: RowState) -> Style:
    if state is RowState.FROZEN:
        return Style.STALE
    return Style.TEXT if state is RowState.LIVE else Style.DIM


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
