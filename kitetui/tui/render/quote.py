"""The quote of the selected instrument: a pane where there is room, one line where there is not."""

from __future__ import annotations

from kitetui.formatting import clock
from kitetui.tui.figures import NOT_APPLICABLE, PRICE_WIDTH, UNKNOWN, WAITING, Figures
from kitetui.tui.render.spans import Line, Style, direction, fitted, width_of
from kitetui.tui.rows import Row
from kitetui.wire import Mode

_LABEL = 6
_WIDEST_HALF = 22


def quote_title(row: Row | None, mode: Mode | None) -> Line:
    """Return the title of the pane: what is quoted, and in which mode."""
    if row is None:
        return [("No symbol", Style.TITLE)]
    return [
        (row.instrument.tradingsymbol, Style.TITLE),
        (f" · {row.instrument.exchange} · {mode or '-'}", Style.DIM),
    ]


def quote_lines(row: Row | None, width: int) -> list[Line]:
    """Return the pane's seven lines."""
    if row is None:
        return []
    figures = row.figures
    if figures is None:
        return [[(f" LTP  {WAITING}", Style.DIM)], [], [(" waiting for the first tick", Style.DIM)]]
    value = Style.DIM if row.is_dim else Style.TEXT

    half = min(width // 2, _WIDEST_HALF)

    def pair(first: tuple[str, str], second: tuple[str, str]) -> Line:
        return [
            (f" {first[0]:<{_LABEL}}", Style.HEADING),
            (f"{first[1]:>{half - _LABEL - 1}}", value),
            (f"  {second[0]:<{_LABEL - 1}}", Style.HEADING),
            (f"{second[1]:>{half - _LABEL - 1}}", value),
        ]

    traded = figures.last_trade_time
    ltt = clock(traded) if traded else UNKNOWN if figures.has_depth else NOT_APPLICABLE
    return [
        _last_line(row, figures),
        [],
        pair(("Open", figures.open()), ("High", figures.high())),
        pair(("Close", figures.close()), ("Low", figures.low())),
        pair(("ATP", figures.average()), ("LTT", ltt)),
        pair(
            ("Vol", figures.full_volume(half - _LABEL - 1)),
            ("LTQ", figures.last_quantity(half - _LABEL - 2)),
        ),
        _day_line(figures, width, value),
    ]


def quote_line(row: Row | None, width: int) -> Line:
    """Return the quote as one line; what does not fit whole is left out from the end."""
    if row is None:
        return fitted([], width)
    value = Style.DIM if row.is_dim else Style.TEXT
    line: Line = [(f" {row.instrument.tradingsymbol}", Style.STRONG)]
    figures = row.figures
    if figures is None:
        return fitted([*line, ("  waiting for the first tick", Style.DIM)], width)
    for label, text in (
        ("O", figures.open()),
        ("H", figures.high()),
        ("L", figures.low()),
        ("C", figures.close()),
        ("ATP", figures.average()),
        ("LTQ", figures.last_quantity(PRICE_WIDTH)),
    ):
        part: Line = [(f"  {label} ", Style.HEADING), (text, value)]
        if width_of(line) + width_of(part) > width:
            break
        line += part
    return fitted(line, width)


def _last_line(row: Row, figures: Figures) -> Line:
    colour = Style.DIM if row.is_dim else direction(figures.percent_change or 0)
    line: Line = [
        (" LTP   ", Style.HEADING),
        (f"{figures.last():>{PRICE_WIDTH}}", Style.DIM if row.is_dim else Style.STRONG),
    ]
    percent = figures.percent()
    if percent not in (NOT_APPLICABLE, UNKNOWN):
        glyph, _, number = percent.rpartition(" ")
        line.append((f"  {glyph or ' '} {figures.change()}  {number}", colour))
    return line


def _day_line(figures: Figures, width: int, style: Style) -> Line:
    position = figures.day_position()
    if position is None:
        return [(" Day    no range yet", Style.DIM)]
    cells = max(min(width - 16, 40), 5)
    at = round(position * (cells - 1))
    return [
        (" Day   ", Style.HEADING),
        (f"├{'─' * at}", Style.FRAME),
        ("●", style),
        (f"{'─' * (cells - 1 - at)}┤", Style.FRAME),
        (f" {round(position * 100)}%", style),
    ]
