"""Where each pane stands and which columns the watchlist has: pure functions of the size of the screen.

All coordinates are cells. The panes of a layout never overlap, and together they fill the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

MIN_WIDTH: Final = 60
MIN_HEIGHT: Final = 15

NORMAL_FROM: Final = 100
"""The width from which there is room for panes beside the watchlist, and for frames around them."""


class Pane(StrEnum):
    """A part of the screen; its value is the widget's id."""

    TOP = "top"
    GROUPS = "groups"
    WATCHLIST = "watchlist"
    QUOTE_LINE = "quote-line"
    QUOTE = "quote"
    DEPTH = "depth"
    CONNECTIONS = "connections"
    LOG = "log"
    KEYS = "keys"
    TOO_SMALL = "too-small"


class Rect(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


class Column(StrEnum):
    """A column of the watchlist; its value is the heading."""

    SYMBOL = "SYMBOL"
    LTP = "LTP"
    CHANGE = "CHG"
    PERCENT = "CHG%"
    VOLUME = "VOL"
    BID = "BID"
    ASK = "ASK"
    HIGH = "HIGH"
    LOW = "LOW"
    OI = "OI"
    AGE = "AGE"


COLUMN_WIDTHS: Final[Mapping[Column, int]] = {
    Column.SYMBOL: 17,
    Column.LTP: 12,
    Column.CHANGE: 11,
    Column.PERCENT: 10,
    Column.VOLUME: 8,
    Column.BID: 12,
    Column.ASK: 12,
    Column.HIGH: 12,
    Column.LOW: 12,
    Column.OI: 8,
    Column.AGE: 7,
}
"""Cells of a column, with one before the figure that keeps it apart; the symbol may grow."""

MARK_WIDTH: Final = 2
"""Cells before the symbol: the mark of the selection."""

MAX_SYMBOL_WIDTH: Final = 26

_LEAVING: Final = (
    (Column.OI,),
    (Column.HIGH, Column.LOW),
    (Column.CHANGE,),
    (Column.VOLUME,),
    (Column.BID, Column.ASK),
    (Column.AGE,),
)
"""Which columns leave as the width shrinks, and in which order; the others never do."""

_SIDEBAR: Final = 38
_WIDE_SIDEBAR: Final = 66
_FULL_WATCHLIST: Final = 125
"""Cells that a framed watchlist with every column takes."""

_STRIP_HEIGHT: Final = 8
_LADDER_HEIGHT: Final = 14
_QUOTE_HEIGHT: Final = 9
_CONNECTIONS_HEIGHT: Final = 6
_NARROW_CONNECTIONS_HEIGHT: Final = 5
_NARROW_LOG_HEIGHT: Final = 4
_LEAST_LOG_HEIGHT: Final = 4
_STRIP_FROM_HEIGHT: Final = 20
_CONNECTIONS_FROM_HEIGHT: Final = 23


@dataclass(frozen=True, slots=True)
class Wish:
    """Which of the optional panes the user wants; None leaves it to the size."""

    depth: bool | None = None
    connections: bool | None = None


def is_narrow(width: int) -> bool:
    """Whether panes stand below each other, without frames."""
    return width < NORMAL_FROM


def layout(width: int, height: int, wish: Wish | None = None) -> dict[Pane, Rect]:
    """Return the panes that are shown, and where; below the least size that is one sentence."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return {Pane.TOO_SMALL: Rect(0, 0, width, height)}
    wish = wish or Wish()
    body = Rect(0, 2, width, height - 3)
    return {
        Pane.TOP: Rect(0, 0, width, 1),
        Pane.GROUPS: Rect(0, 1, width, 1),
        **(_narrow(body, wish) if is_narrow(width) else _framed(body, wish)),
        Pane.KEYS: Rect(0, height - 1, width, 1),
    }


def too_small(width: int, height: int) -> str:
    """Return the sentence for a screen that is below the least size."""
    return f"terminal too small: need {MIN_WIDTH}x{MIN_HEIGHT}, have {width}x{height}"


@cache
def columns(width: int) -> tuple[Column, ...]:
    """Return the columns that fit into so many cells, in their order on the screen."""
    shown = list(Column)
    for leaving in _LEAVING:
        if MARK_WIDTH + sum(COLUMN_WIDTHS[column] for column in shown) <= width:
            break
        shown = [column for column in shown if column not in leaving]
    return tuple(shown)


def symbol_width(width: int, shown: tuple[Column, ...]) -> int:
    """Return the cells of the symbol: what the other columns leave, up to `MAX_SYMBOL_WIDTH`."""
    others = sum(COLUMN_WIDTHS[column] for column in shown if column is not Column.SYMBOL)
    return min(width - MARK_WIDTH - others, MAX_SYMBOL_WIDTH)


def _narrow(body: Rect, wish: Wish) -> dict[Pane, Rect]:
    """The watchlist above; below it the depth as a strip, or the connections and the log, and the quote."""
    x, y, width, height = body
    heights = {}
    if wish.connections:
        heights = {Pane.CONNECTIONS: _NARROW_CONNECTIONS_HEIGHT, Pane.LOG: _NARROW_LOG_HEIGHT}
    elif wish.depth or (wish.depth is None and height + 3 >= _STRIP_FROM_HEIGHT):
        heights = {Pane.DEPTH: _STRIP_HEIGHT}
    heights[Pane.QUOTE_LINE] = 1
    return _stacked(Rect(x, y, width, height), {Pane.WATCHLIST: height - sum(heights.values()), **heights})


def _framed(body: Rect, wish: Wish) -> dict[Pane, Rect]:
    """The watchlist over the connections; beside them quote, depth and log."""
    x, y, width, height = body
    side = min(max(width - _FULL_WATCHLIST, _SIDEBAR), _WIDE_SIDEBAR)
    left = {Pane.WATCHLIST: height}
    if wish.connections or (wish.connections is None and height + 3 >= _CONNECTIONS_FROM_HEIGHT):
        left = {Pane.WATCHLIST: height - _CONNECTIONS_HEIGHT, Pane.CONNECTIONS: _CONNECTIONS_HEIGHT}
    return _stacked(Rect(x, y, width - side, height), left) | _stacked(
        Rect(x + width - side, y, side, height), _sidebar(height, wish)
    )


def _sidebar(height: int, wish: Wish) -> dict[Pane, int]:
    """The heights of quote, depth and log: depth comes first, and the log takes what is left."""
    depth = _LADDER_HEIGHT if wish.depth is not False and height >= _LADDER_HEIGHT else 0
    quote = _QUOTE_HEIGHT if height - depth >= _QUOTE_HEIGHT else 0
    left = height - depth - quote
    panes = {Pane.QUOTE: quote, Pane.DEPTH: depth, Pane.LOG: left if left >= _LEAST_LOG_HEIGHT else 0}
    panes = {pane: cells for pane, cells in panes.items() if cells}
    last = list(panes)[-1]
    panes[last] += height - sum(panes.values())
    return panes


def _stacked(area: Rect, heights: Mapping[Pane, int]) -> dict[Pane, Rect]:
    panes, y = {}, area.y
    for pane, height in heights.items():
        panes[pane] = Rect(area.x, y, area.width, height)
        y += height
    return panes
