"""Frames around panes, and the rules that stand for them where the screen is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kitetui.tui.render.spans import Line, Span, Style, fitted, width_of


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
