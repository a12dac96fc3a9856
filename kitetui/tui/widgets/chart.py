"""The chart of the selected symbol: what has streamed since the start, as a line or as candles.

Lines are drawn by textual-hires-canvas, on a canvas that is never mounted: its cells become styled lines like
those of every other pane, and so share frame, theme and the refreshing of changed lines alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual_hires_canvas import Canvas, HiResMode

from kitetui.formatting import clock
from kitetui.market.history import LENGTHS, Candles
from kitetui.tui.numerals import price
from kitetui.tui.render.spans import Line, Style, direction, framed
from kitetui.tui.widgets.painted import PaintedPane

MOST_CANDLES: Final = 600
"""Candles that the widest chart has room for."""


class ChartStyle(StrEnum):
    """How candles are drawn."""

    LINE = "line"
    CANDLES = "candles"


@dataclass(frozen=True, slots=True, eq=False)
class ChartData:
    """What to chart: the pane's title, and candles of so many seconds.

    decimals: those of the prices as sent.
    """

    title: Line
    candles: Candles
    decimals: int
    seconds: int

    def is_same(self, other: ChartData | None) -> bool:
        """Whether this looks like the other."""
        if other is None or (self.title, self.seconds) != (other.title, other.seconds):
            return False
        ours, theirs = self.candles, other.candles
        names = ("times", "open", "high", "low", "close")
        return all(np.array_equal(getattr(ours, name), getattr(theirs, name)) for name in names)


class ChartPane(PaintedPane):
    """A framed chart of what `source` returns, None where no symbol is selected.

    style: a line of the closes, or candles. seconds: the length of candle that the user wants, for the source
    to obey.
    """

    def __init__(
        self,
        source: Callable[[], ChartData | None],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._source = source
        self._data: ChartData | None = None
        self.style = ChartStyle.LINE
        self.seconds = LENGTHS[0]

    def update(self) -> None:
        """Ask the source, and draw if anything is different; twice a second is often enough."""
        before, self._data = self._data, self._source()
        if self._data is None or not self._data.is_same(before):
            self.repaint()

    def next_style(self) -> None:
        """Draw a line instead of candles, or candles instead of a line."""
        self.style = ChartStyle.LINE if self.style is ChartStyle.CANDLES else ChartStyle.CANDLES
        self.repaint()

    def next_bucket(self) -> None:
        """Want candles of the next length."""
        self.seconds = LENGTHS[(LENGTHS.index(self.seconds) + 1) % len(LENGTHS)]
        self.update()

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the frame with the chart."""
        data = self._data
        if data is None:
            return framed([[(" no symbol selected", Style.DIM)]], width, height, [("Chart", Style.TITLE)])
        foot: Line = [(f"{_length(data.seconds)} {self.style}", Style.DIM)]
        return framed(chart_lines(data, self.style, width - 2, height - 2), width, height, data.title, foot)


def chart_lines(data: ChartData, style: ChartStyle, width: int, height: int) -> list[Line]:
    """Return the chart without a frame: the plot, to its right the prices, beneath it the times."""
    if not len(data.candles):
        return [[(" nothing has streamed yet", Style.DIM)]]
    wide = _Plot.of(data, style, width, height - 1)
    labels = max(len(price(value, data.decimals)) for value in (wide.low, wide.high))
    plot = _Plot.of(data, style, width - len(_AXIS) - labels, height - 1)
    if plot.width < _LEAST_WIDTH or plot.height < _LEAST_HEIGHT:
        return [[(" no room for a chart", Style.DIM)]]
    # A cell larger than the plot: what a fine line has in the last column and row, the canvas clips away.
    canvas = Canvas(plot.width + 1, plot.height + 1)
    draw = _draw_line if style is ChartStyle.LINE else _draw_candles
    with canvas.batch_refresh():
        draw(canvas, plot)
    rows = [
        [*_styled([canvas.get_pixel(column, row) for column in range(plot.width)]), *prices]
        for row, prices in enumerate(plot.price_labels(labels))
    ]
    return [*rows, [(plot.time_labels(), Style.HEADING)]]


_AXIS: Final = "│"
_TICK: Final = "├"
_MINUTE: Final = 60
_SHOWN_DECIMALS: Final = 4
_LEAST_WIDTH: Final = 8
_LEAST_HEIGHT: Final = 2

_CELLS: Final = {ChartStyle.LINE: 0.5, ChartStyle.CANDLES: 1.0}
"""Cells from one candle to the next."""

_DOTS_ACROSS, _DOTS_DOWN = 2, 4
"""Dots of a braille cell."""

_ROWS_A_PRICE: Final = 3
"""Rows for one round price beside the plot."""

_TIME_STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
"""Seconds from one time beneath the plot to the next; the first that leaves room between them is taken.

None is above half an hour, so that what is round in UTC is round in India.
"""

_RISING: Final = " ╷╻╵│╽╹╿┃"
_FALLING: Final = " ╷▄╵│▄▀▀█"
"""Glyphs of a candle: what its upper half shows, times three, and what its lower half shows."""

_NOTHING, _WICK, _BODY = range(3)


@dataclass(frozen=True, slots=True)
class _Plot:
    """The newest candles that have room on a plot of so many cells, and the prices at its edges.

    shown: the places of the candles in the data. The last of them stands at the right edge.
    """

    data: ChartData
    style: ChartStyle
    width: int
    height: int
    shown: NDArray[np.intp]
    low: int
    high: int

    @classmethod
    def of(cls, data: ChartData, style: ChartStyle, width: int, height: int) -> _Plot:
        """Make the plot; prices that do not move stand in its middle."""
        candles, room = data.candles, int(width / _CELLS[style])
        shown = np.flatnonzero(candles.times > candles.times[-1] - max(room, 1) * data.seconds)
        lows, highs = candles.low, candles.high
        if style is ChartStyle.LINE:
            lows = highs = candles.close
        low, high = int(lows[shown].min()), int(highs[shown].max())
        if low == high:
            low, high = low - _unit(data.decimals), high + _unit(data.decimals)
        return cls(data, style, width, height, shown, low, high)

    @property
    def room(self) -> int:
        """How many candles there is room for."""
        return int(self.width / _CELLS[self.style])

    def slots(self) -> NDArray[np.int64]:
        """Return the place of each candle among those that there is room for, counted from the left."""
        times = self.data.candles.times
        since: NDArray[np.int64] = (times[-1] - times[self.shown]) // self.data.seconds
        return self.room - 1 - since

    def steps(self, prices: NDArray[np.int64], steps: int) -> NDArray[np.int64]:
        """Return how far below the upper edge these prices stand, in so many steps a cell."""
        down = (self.high - prices) / (self.high - self.low) * (self.height * steps - 1)
        return np.rint(down).astype(np.int64)

    def price_labels(self, width: int) -> list[Line]:
        """Return for each row the axis, with round prices, and over them the last."""
        decimals, last = self.data.decimals, self.data.candles.close[-1:]
        lines: list[Line] = [[(_AXIS, Style.FRAME)] for _ in range(self.height)]
        for prices, style in ((self._round_prices(), Style.HEADING), (last, Style.STRONG)):
            for row, value in zip(self.steps(prices, 1).tolist(), prices.tolist(), strict=True):
                lines[row] = [(_TICK, Style.FRAME), (price(value, decimals).rjust(width), style)]
        return lines

    def time_labels(self) -> str:
        """Return the line of times: round ones, each with its middle beneath the candle that begins then."""
        seconds, last = self.data.seconds, int(self.data.candles.times[-1])
        digits = len("HH:MM:SS") if seconds < _MINUTE else len("HH:MM")
        least = (digits + 2) / _CELLS[self.style] * seconds
        step = next((step for step in _TIME_STEPS if step >= least), _TIME_STEPS[-1])
        first = last - (self.room - 1) * seconds
        line = ""
        for time in range(first + -first % step, last + 1, step):
            start = int((time - first) // seconds * _CELLS[self.style]) - digits // 2
            if len(line) <= start <= self.width - digits:
                line = line.ljust(start) + clock(time)[:digits]
        return line

    def _round_prices(self) -> NDArray[np.int64]:
        most = max(self.height // _ROWS_A_PRICE, 1)
        steps = _round_steps(_unit(self.data.decimals))
        step = next(step for step in steps if (self.high - self.low) // step <= most)
        return np.arange(-(-self.low // step) * step, self.high + 1, step)


def _draw_line(canvas: Canvas, plot: _Plot) -> None:
    """Draw the closes; where a candle is missing the line is open, and a close alone is a dot."""
    slots = plot.slots()
    x = (slots + 0.5) / _DOTS_ACROSS
    y = (plot.steps(plot.data.candles.close[plot.shown], _DOTS_DOWN) + 0.5) / _DOTS_DOWN
    dots = list(zip(x.tolist(), y.tolist(), strict=True))
    ends = np.arange(len(dots)) + (np.diff(slots, append=0) == 1)
    strokes = [(*dot, *dots[end]) for dot, end in zip(dots, ends.tolist(), strict=True)]
    # In one call: the next would wipe out the dots of this one in the cells that it touches.
    canvas.draw_hires_lines(strokes, HiResMode.BRAILLE, Style.CHART)


def _draw_candles(canvas: Canvas, plot: _Plot) -> None:
    """Draw candles to half a cell: rising ones are strokes, falling ones blocks, which needs no colour."""
    candles, shown = plot.data.candles, plot.shown
    prices = (candles.open, candles.high, candles.low, candles.close)
    halves = np.column_stack([plot.steps(each[shown], 2) for each in prices]).tolist()
    rises = (candles.close[shown] - candles.open[shown]).tolist()
    for slot, rise, (opened, top, bottom, closed) in zip(plot.slots().tolist(), rises, halves, strict=True):
        body = range(min(opened, closed), max(opened, closed) + 1)
        glyphs = _RISING if rise >= 0 else _FALLING
        for row in range(top // 2, bottom // 2 + 1):
            upper, lower = (
                _BODY if half in body else _WICK if top <= half <= bottom else _NOTHING
                for half in (2 * row, 2 * row + 1)
            )
            canvas.set_pixel(slot, row, glyphs[3 * upper + lower], direction(rise))


def _styled(pixels: Iterable[tuple[str, str]]) -> Line:
    """Return a row of a canvas, whose styles are styles, as a line."""
    return [
        ("".join(glyph for glyph, _ in run), Style(style) if style else Style.TEXT)
        for style, run in groupby(pixels, key=lambda pixel: pixel[1])
    ]


def _round_steps(unit: int) -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 and so on of a unit."""
    while True:
        yield from (unit, 2 * unit, 5 * unit)
        unit *= 10


def _unit(decimals: int) -> int:
    """The smallest step of a price that is shown."""
    return int(10 ** max(decimals - _SHOWN_DECIMALS, 0))


def _length(seconds: int) -> str:
    return f"{seconds} s" if seconds < _MINUTE else f"{seconds // _MINUTE} min"
