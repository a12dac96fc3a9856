"""Lines of styled text: what to write, and what it means; which colour that has is the theme's affair.

Frames around panes, and the rules that stand for them where the screen is narrow, are such lines too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rich.cells import cell_len, set_cell_size


class Style(StrEnum):
    """What a piece of text means; its value names the style sheet's class `style--…`."""

    TEXT = "text"
    STRONG = "strong"
    DIM = "dim"
    FRAME = "frame"
    TITLE = "title"
    HEADING = "heading"
    UP = "up"
    DOWN = "down"
    FLASH_UP = "flash-up"
    FLASH_DOWN = "flash-down"
    BUY_BAR = "buy-bar"
    SELL_BAR = "sell-bar"
    CHART = "chart"
    STALE = "stale"
    ALARM = "alarm"
    LIVE = "live"
    SIMULATED = "simulated"
    REPLAY = "replay"
    BRAND = "brand"
    KEY = "key"


Span = tuple[str, Style]
Line = list[Span]


def text_of(line: Iterable[Span]) -> str:
    """Return the bare text of a line."""
    return "".join(text for text, _ in line)


def width_of(line: Iterable[Span]) -> int:
    """Return the cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def fitted(line: Iterable[Span], width: int) -> Line:
    """Return the line in exactly so many cells: filled up with blanks, or ended by `…`."""
    spans = list(line)
    missing = width - width_of(spans)
    if missing >= 0:
        return [*spans, (" " * missing, Style.TEXT)] if missing else spans
    kept: Line = []
    room = width - 1
    for text, style in spans:
        if (size := cell_len(text)) > room:
            return [*kept, (f"{set_cell_size(text, room)}…", style)] if width > 0 else []
        kept.append((text, style))
        room -= size
    return kept


def justified(left: Iterable[Span], right: Iterable[Span], width: int) -> Line:
    """Return a line with one part at each end; where both do not fit, the left one gives way."""
    right = list(right)
    return [*fitted(left, max(width - width_of(right), 0)), *right]


def direction(value: int) -> Style:
    """Return the style of a change."""
    return Style.UP if value > 0 else Style.DOWN if value < 0 else Style.TEXT


def framed(
    content: Sequence[Line], width: int, height: int, title: Iterable[Span], foot: Iterable[Span] = ()
) -> list[Line]:
    """Return the content in a frame of this outer size, its title on the top edge, its foot on the lower."""
    inside = [*content, *[[] for _ in range(height)]][: max(height - 2, 0)]
    side: Span = ("│", Style.FRAME)
    return [
        edge("╭", title, "╮", width),
        *([side, *fitted(line, width - 2), side] for line in inside),
        edge("╰", foot, "╯", width, at_end=True),
    ]


def edge(start: str, text: Iterable[Span], end: str, width: int, *, at_end: bool = False) -> Line:
    """Return one edge of a frame, with a text near its start or its end."""
    spans = list(text)
    if spans:
        room = width - 6
        spans = [
            (" ", Style.TEXT),
            *(spans if width_of(spans) <= room else fitted(spans, room)),
            (" ", Style.TEXT),
        ]
    stroke = "─" * (width - 3 - width_of(spans))
    if at_end:
        return [(start + stroke, Style.FRAME), *spans, ("─" + end, Style.FRAME)]
    return [(start + "─", Style.FRAME), *spans, (stroke + end, Style.FRAME)]


def rule(left: Iterable[Span], right: Iterable[Span], width: int) -> Line:
    """Return a rule across the screen with a text near each end; the left one gives way."""
    right = list(right)
    if right:
        right = [(" ", Style.TEXT), *right, (" ─", Style.FRAME)]
    room = width - 3 - width_of(right)
    left = list(left)
    if width_of(left) > room:
        left = fitted(left, room)
    stroke = "─" * (room - width_of(left))
    return [("─ ", Style.FRAME), *left, (" " if left else "─", Style.FRAME), (stroke, Style.FRAME), *right]
