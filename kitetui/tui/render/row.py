"""One row of the watchlist and its heading, and sparklines: how a figure has gone, in one row of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Final

from kitetui.tui.figures import WAITING, Figures
from kitetui.tui.layout import COLUMN_WIDTHS, MARK_WIDTH, Column, symbol_width
from kitetui.tui.render.spans import Line, Span, Style, direction, fitted
from kitetui.tui.rows import Flash, Row, RowState

_BARS: Final = "▁▂▃▄▅▆▇█"
_MIDDLE: Final = "▄"


def sparkline(values: Iterable[float | None], width: int, floor: float | None = None) -> str:
    """Return the values as bars in exactly so many cells, the newest at the right.

    None and NaN are blank. Where there are more values than cells, a cell stands for the mean of several.

    floor: what the lowest bar stands for, such as 0 for a rate; without it that is the lowest value, and
    values that are all the same stand in the middle.
    """
    cells = _means([_known(value) for value in values], width)
    shown = [value for value in cells if value is not None]
    if not shown:
        return " " * width
    low, high = min(shown) if floor is None else floor, max(shown)
    if low >= high:
        flat = _MIDDLE if floor is None else _BARS[0]
        line = "".join(" " if value is None else flat for value in cells)
    else:
        line = "".join(" " if value is None else _bar((value - low) / (high - low)) for value in cells)
    return line.rjust(width)


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _means(values: Sequence[float | None], width: int) -> list[float | None]:
    """The mean of each group of values, one a cell; the newest group is always a whole one."""
    size = max(-(-len(values) // max(width, 1)), 1)
    groups = [values[max(end - size, 0) : end] for end in range(len(values), 0, -size)]
    return [_mean([value for value in group if value is not None]) for group in reversed(groups)]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _bar(share: float) -> str:
    return _BARS[min(int(max(share, 0.0) * len(_BARS)), len(_BARS) - 1)]


_HOUR_CELLS: Final = 8
_GRAPHS: Final = 4_096
"""Graphs that are kept: a row is drawn far more often than its hour changes."""


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
        return [(f"{_graph(row.hour):>{width}}", Style.DIM if row.is_dim else Style.TEXT)]
    if row.figures is None:
        return [(f"{WAITING if column is Column.LTP else '':>{width}}", Style.DIM)]
    text = _TEXTS[column](row.figures)
    if column is Column.LTP and row.flash is not None:
        return _flashing(text, width, row.flash, _style(row, column))
    return [(f"{text:>{width}}", _style(row, column))]


@lru_cache(_GRAPHS)
def _graph(closes: tuple[float | None, ...]) -> str:
    return sparkline(closes, _HOUR_CELLS) if closes else ""


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
