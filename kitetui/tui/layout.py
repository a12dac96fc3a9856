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

NORMAL_FROM: Final = 120
"""The width from which there is room for panes beside the watchlist, and for frames around them.

Below it they stand under the watchlist, which so keeps its volume, bid and ask.
"""


class Pane(StrEnum):
    """A part of the screen; its value is the widget's id."""

    TOP = "top"
    GROUPS = "groups"
    WATCHLIST = "watchlist"
    QUOTE_LINE = "quote-line"
    QUOTE = "quote"
    DEPTH = "depth"
    CHART = "chart"
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
    HOUR = "1H"


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
    Column.HOUR: 9,
}
"""Cells of a column, with one before the figure that keeps it apart; the symbol may grow."""

MARK_WIDTH: Final = 2
"""Cells before the symbol: the selection's bar, and the mark."""

MAX_SYMBOL_WIDTH: Final = 26

_LEAVING: Final = (
    (Column.HOUR,),
    (Column.OI,),
    (Column.HIGH,),
    (Column.LOW,),
    (Column.CHANGE,),
    (Column.VOLUME,),
    (Column.BID, Column.ASK),
    (Column.AGE,),
)
"""Which columns leave as the width shrinks, and in which order; the others never do."""

ALWAYS: Final = (Column.SYMBOL, Column.LTP, Column.PERCENT)
"""The columns that a watchlist always has."""

_SIDEBAR: Final = 38
_WIDE_SIDEBAR: Final = 66
_FULL_WATCHLIST: Final = 134
"""Cells that a framed watchlist with every column takes."""

_STRIP_HEIGHT: Final = 8
_LADDER_HEIGHT: Final = 14
_QUOTE_HEIGHT: Final = 9
_CONNECTIONS_HEIGHT: Final = 7
_NARROW_CONNECTIONS_HEIGHT: Final = 6
_NARROW_LOG_HEIGHT: Final = 4
_LEAST_LOG_HEIGHT: Final = 4
_LOG_HEIGHT: Final = 10
_LEAST_CHART_HEIGHT: Final = 8
_STRIP_FROM_HEIGHT: Final = 20
_CONNECTIONS_FROM_HEIGHT: Final = 23


@dataclass(frozen=True, slots=True)
class Wish:
    """Which of the optional panes the user wants; None leaves it to the size."""

    depth: bool | None = None
    chart: bool | None = None
    connections: bool | None = None
    detail: bool = False
    """Whether the selected symbol has the whole screen."""


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
        **_body(body, wish),
        Pane.KEYS: Rect(0, height - 1, width, 1),
    }


def too_small(width: int, height: int) -> str:
    """Return the sentence for a screen that is below the least size."""
    return f"terminal too small: need {MIN_WIDTH}x{MIN_HEIGHT}, have {width}x{height}"


@cache
def columns(width: int, chosen: tuple[Column, ...] = tuple(Column)) -> tuple[Column, ...]:
    """Return those of the chosen columns that fit into so many cells, in the chosen order.

    The symbol, the last price and the change in percent are there whatever was chosen.
    """
    needed = [column for column in ALWAYS if column not in chosen]
    shown = sorted([*needed, *chosen], key=lambda column: column is not Column.SYMBOL)
    for leaving in _LEAVING:
        if MARK_WIDTH + sum(COLUMN_WIDTHS[column] for column in shown) <= width:
            break
        shown = [column for column in shown if column not in leaving]
    return tuple(shown)


def symbol_width(width: int, shown: tuple[Column, ...]) -> int:
    """Return the cells of the symbol: what the other columns leave, up to `MAX_SYMBOL_WIDTH`."""
    others = sum(COLUMN_WIDTHS[column] for column in shown if column is not Column.SYMBOL)
    return min(width - MARK_WIDTH - others, MAX_SYMBOL_WIDTH)


def _body(body: Rect, wish: Wish) -> dict[Pane, Rect]:
    if wish.detail:
        return _detail(body)
    return _narrow(body, wish) if is_narrow(body.width) else _framed(body, wish)


def _narrow(body: Rect, wish: Wish) -> dict[Pane, Rect]:
    """The watchlist above; below it the depth as a strip, or the connections and the log, and the quote."""
    x, y, width, height = body
    heights = {}
    if wish.connections:
        heights = {Pane.CONNECTIONS: _NARROW_CONNECTIONS_HEIGHT}
        if height + 3 >= _STRIP_FROM_HEIGHT:
            heights[Pane.LOG] = _NARROW_LOG_HEIGHT
    elif wish.depth or (wish.depth is None and height + 3 >= _STRIP_FROM_HEIGHT):
        heights = {Pane.DEPTH: _STRIP_HEIGHT}
    heights[Pane.QUOTE_LINE] = 1
    return _stacked(Rect(x, y, width, height), {Pane.WATCHLIST: height - sum(heights.values()), **heights})


def _framed(body: Rect, wish: Wish) -> dict[Pane, Rect]:
    """The watchlist over the connections; beside them quote, depth, chart and log."""
    x, y, width, height = body
    side = min(max(width - _FULL_WATCHLIST, _SIDEBAR), _WIDE_SIDEBAR)
    left = {Pane.WATCHLIST: height}
    if wish.connections or (wish.connections is None and height + 3 >= _CONNECTIONS_FROM_HEIGHT):
        left = {Pane.WATCHLIST: height - _CONNECTIONS_HEIGHT, Pane.CONNECTIONS: _CONNECTIONS_HEIGHT}
    return _stacked(Rect(x, y, width - side, height), left) | _stacked(
        Rect(x + width - side, y, side, height), _sidebar(height, wish)
    )


def _sidebar(height: int, wish: Wish) -> dict[Pane, int]:
    """The heights of quote, depth, chart and log: each in its turn takes what it needs, if there is as much.

    The chart grows into what nobody else needs.
    """
    wanted = {
        Pane.DEPTH: _LADDER_HEIGHT if wish.depth is not False else 0,
        Pane.QUOTE: _QUOTE_HEIGHT,
        Pane.CHART: _LEAST_CHART_HEIGHT if wish.chart is not False else 0,
        Pane.LOG: _LOG_HEIGHT,
    }
    left, panes = height, {}
    for pane, cells in wanted.items():
        if pane is Pane.LOG and Pane.CHART not in panes and left >= _LEAST_LOG_HEIGHT:
            cells = left
        if cells and left >= cells:
            panes[pane] = cells
            left -= cells
    order = [pane for pane in (Pane.QUOTE, Pane.DEPTH, Pane.CHART, Pane.LOG) if pane in panes]
    grows = Pane.CHART if Pane.CHART in panes else order[-1]
    panes[grows] += left
    return {pane: panes[pane] for pane in order}


def _detail(body: Rect) -> dict[Pane, Rect]:
    """The selected symbol alone: quote and depth to the left of the chart, or above it where it is narrow."""
    x, y, width, height = body
    if is_narrow(width):
        if height < _QUOTE_HEIGHT + _STRIP_HEIGHT:
            return _stacked(body, {Pane.QUOTE: height})
        top, half = height - _STRIP_HEIGHT, width // 2
        if half < _SIDEBAR:
            return _stacked(body, {Pane.QUOTE: top, Pane.DEPTH: _STRIP_HEIGHT})
        return {
            Pane.QUOTE: Rect(x, y, half, top),
            Pane.CHART: Rect(x + half, y, width - half, top),
            Pane.DEPTH: Rect(x, y + top, width, _STRIP_HEIGHT),
        }
    side = _WIDE_SIDEBAR if width >= 2 * _WIDE_SIDEBAR else _SIDEBAR
    left = height - _QUOTE_HEIGHT - _LADDER_HEIGHT
    if left >= _LEAST_LOG_HEIGHT:
        heights = {Pane.QUOTE: _QUOTE_HEIGHT, Pane.DEPTH: _LADDER_HEIGHT, Pane.LOG: left}
    elif left >= 0:
        heights = {Pane.QUOTE: _QUOTE_HEIGHT + left, Pane.DEPTH: _LADDER_HEIGHT}
    else:
        heights = {Pane.QUOTE: height}
    return _stacked(Rect(x, y, side, height), heights) | {Pane.CHART: Rect(x + side, y, width - side, height)}


def _stacked(area: Rect, heights: Mapping[Pane, int]) -> dict[Pane, Rect]:
    panes, y = {}, area.y
    for pane, height in heights.items():
        panes[pane] = Rect(area.x, y, area.width, height)
        y += height
    return panes
