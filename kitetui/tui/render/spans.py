"""Lines of styled text: what to write, and what it means; which colour that has is the theme's affair."""

from __future__ import annotations

from collections.abc import Iterable
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


def spread(left: Iterable[Span], right: Iterable[Span], width: int) -> Line:
    """Return a line with one part at each end; where both do not fit, the left one gives way."""
    right = list(right)
    return [*fitted(left, max(width - width_of(right), 0)), *right]


def direction(value: int) -> Style:
    """Return the style of a change."""
    return Style.UP if value > 0 else Style.DOWN if value < 0 else Style.TEXT
