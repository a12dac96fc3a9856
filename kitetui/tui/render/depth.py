"""The order book of the selected instrument, side by side as a strip or stacked as a ladder.

Both arrangements name their sides by position and heading, never by colour alone, and say why there is
nothing to show when there is not. A level at the last price is pointed at; one whose quantity is another than
in the book before has a `+` or a `-` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kitetui.formatting import rounded
from kitetui.instruments import Kind
from kitetui.tui.figures import UNKNOWN, Figures, Level
from kitetui.tui.numerals import group, price, quantity_within, short
from kitetui.tui.render.spans import Line, Style, fitted, width_of
from kitetui.tui.rows import Row, RowState
from kitetui.wire import Mode

_PRICE = 12
_QUANTITY = 10
_ORDERS = 7
_MIDDLE = " │ "
_WORDS_FROM = 50


def depth_title(row: Row | None) -> Line:
    """Return whose book it is and how old."""
    if row is None or row.figures is None or not row.figures.has_depth:
        return [("Depth", Style.TITLE)]
    state = row.freshness.state
    if state is RowState.FROZEN:
        return [("Depth ", Style.TITLE), (f"{row.freshness.age.lstrip('!')} ago", Style.STALE)]
    if state is RowState.SNAPSHOT:
        return [("Depth ", Style.TITLE), (f"as of {row.freshness.age}", Style.DIM)]
    return [("Depth ", Style.TITLE), (f"{row.freshness.age} ago", Style.DIM)]


def spread_text(row: Row | None) -> Line:
    """Return the spread of the book in rupees and in percent of its middle; nothing where there is none."""
    if row is None or row.figures is None or not row.figures.has_depth:
        return []
    bid, ask = row.figures.bids()[0], row.figures.asks()[0]
    if not bid.quantity or not ask.quantity:
        return []
    gap = ask.price - bid.price
    text = f"spread {row.figures.price(gap)}"
    middle = ask.price + bid.price
    if middle > 0:
        text += f" ({price(rounded(gap * 200_000, middle), 3)}%)"
    return [(text, Style.DIM if row.is_dim else Style.TEXT)]


def why_empty(row: Row | None, mode: Mode | None) -> str:
    """Return why there is no book to show, "" if there is one."""
    if row is None:
        return "no symbol selected"
    if row.instrument.kind is Kind.INDEX or (row.figures is not None and row.figures.is_index):
        return "Indices have no order book"
    if mode is not Mode.FULL:
        return "depth needs full mode: press m"
    if row.figures is None or not row.figures.has_depth:
        return "waiting for the first tick with depth"
    return ""


def ladder_lines(row: Row | None, mode: Mode | None, width: int, before: Figures | None = None) -> list[Line]:
    """Return the book stacked: offers above, best lowest; totals; bids below, best highest.

    before: the figures of the same instrument before these, None if there are none.
    """
    reason = why_empty(row, mode)
    if reason or row is None or row.figures is None:
        return [[], [(f" {reason}", Style.DIM)]]
    figures, bids, asks = row.figures, row.figures.bids(), row.figures.asks()
    most = max(level.quantity for level in (*bids, *asks))
    bar = width - _PRICE - _QUANTITY - _ORDERS - 2
    changed = _changes(before, figures)

    def rung(level: Level, side: Style, fill: Style) -> Line:
        style, fill = (Style.DIM, Style.DIM) if row.is_dim else (side, fill)
        cells, text = _cells(figures, level), Style.DIM if row.is_dim else Style.TEXT
        pointer = "▸" if _is_last(figures, level) else " "
        return [
            (f"{pointer}{cells[0]:>{_PRICE - 1}}", style),
            (f"{cells[1]:>{_QUANTITY}}", text),
            (changed(level), style),
            (f"{cells[2]:>{_ORDERS - 1}} ", text),
            (_bar(level.quantity, most, bar), fill),
        ]

    return [
        [(f"{'PRICE':>{_PRICE}}{'QTY':>{_QUANTITY}}{'ORD':>{_ORDERS}}", Style.HEADING)],
        *(rung(level, Style.DOWN, Style.SELL_BAR) for level in reversed(asks)),
        totals_line(figures, width, dim=row.is_dim),
        *(rung(level, Style.UP, Style.BUY_BAR) for level in bids),
    ]


def strip_lines(row: Row | None, mode: Mode | None, width: int, before: Figures | None = None) -> list[Line]:
    """Return the book side by side, best above: bids to the left, offers to the right, totals below.

    before: the figures of the same instrument before these, None if there are none.
    """
    reason = why_empty(row, mode)
    if reason or row is None or row.figures is None:
        return [[], [], [(f" {reason}", Style.DIM)]]
    figures, bids, asks = row.figures, row.figures.bids(), row.figures.asks()
    most = max(level.quantity for level in (*bids, *asks))
    figures_width = 2 * (_PRICE + _QUANTITY + _ORDERS) - 1 + len(_MIDDLE)
    bar = max((width - figures_width) // 2 - 1, 0)
    margin = " " if bar else ""
    dim = row.is_dim
    text, up, down = (Style.DIM, Style.DIM, Style.DIM) if dim else (Style.TEXT, Style.UP, Style.DOWN)
    changed = _changes(before, figures)

    def rung(bid: Level, ask: Level) -> Line:
        left, right = _cells(figures, bid), _cells(figures, ask)
        return [
            (f"{_bar(bid.quantity, most, bar):>{bar}}", Style.DIM if dim else Style.BUY_BAR),
            (f"{margin}{left[2]:>{_ORDERS}}{left[1]:>{_QUANTITY}}", text),
            (f"{changed(bid)}{left[0]:>{_PRICE - 1}}", up),
            ("◂" if _is_last(figures, bid) else " ", up),
            (_MIDDLE.strip(), Style.FRAME),
            ("▸" if _is_last(figures, ask) else " ", down),
            (f"{right[0]:<{_PRICE - 1}}{changed(ask)}", down),
            (f"{right[1]:>{_QUANTITY - 1}}{right[2]:>{_ORDERS}}{margin}", text),
            (_bar(ask.quantity, most, bar), Style.DIM if dim else Style.SELL_BAR),
        ]

    return [
        [
            (f"{'ORD':>{bar + len(margin) + _ORDERS}}{'QTY':>{_QUANTITY}}{'BID':>{_PRICE}}", Style.HEADING),
            (_MIDDLE, Style.FRAME),
            (f"{'ASK':<{_PRICE - 1}}{'QTY':>{_QUANTITY}}{'ORD':>{_ORDERS}}", Style.HEADING),
        ],
        *(rung(bid, ask) for bid, ask in zip(bids, asks, strict=True)),
        totals_line(figures, width, dim=dim),
    ]


def totals_line(figures: Figures, width: int, *, dim: bool) -> Line:
    """Return all open orders of both sides, and which side is the heavier."""
    buy, sell = figures.totals()
    if not buy + sell:
        return [(" no open orders", Style.DIM)]
    share = rounded(buy * 100, buy + sell)
    text = Style.DIM if dim else Style.TEXT
    buying, selling = ("buy", "sell") if width >= _WORDS_FROM else ("B", "S")
    left: Line = [(f" {buying} {short(buy):<7}{share:>3}% ", text)]
    right: Line = [(f" {100 - share:>2}% {short(sell):>7} {selling} ", text)]
    cells = width - width_of(left) - width_of(right)
    filled = rounded(buy * cells, buy + sell)
    return fitted(
        [
            *left,
            ("█" * filled, Style.DIM if dim else Style.BUY_BAR),
            ("░" * (cells - filled), Style.DIM if dim else Style.SELL_BAR),
            *right,
        ],
        width,
    )


def _changes(before: Figures | None, after: Figures) -> Callable[[Level], str]:
    """Return what says of a level whether there is more at its price than before, or less."""
    if before is None or not before.has_depth:
        return lambda level: " "
    quantities = {level.price: level.quantity for level in (*before.bids(), *before.asks()) if level.quantity}

    def mark(level: Level) -> str:
        change = level.quantity - quantities.get(level.price, 0)
        return "+" if change > 0 else "-" if change < 0 else " "

    return mark


def _is_last(figures: Figures, level: Level) -> bool:
    return bool(level.quantity) and level.price == figures.ltp


def _cells(figures: Figures, level: Level) -> Sequence[str]:
    """Price, quantity and orders of a level as text; `-` where there is no such level."""
    if not level.quantity:
        return UNKNOWN, "", ""
    return figures.price(level.price), quantity_within(level.quantity, _QUANTITY - 1), group(level.orders)


def _bar(quantity: int, most: int, cells: int) -> str:
    """A bar as long as its share of the largest quantity; whatever is there at all is seen."""
    if not quantity or not most or cells <= 0:
        return ""
    return "█" * max(rounded(quantity * cells, most), 1)
