"""The second line: the groups, what is shown of the one on the screen, and the indices, always in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kitetui.formatting import plain
from kitetui.tui.figures import WAITING
from kitetui.tui.numerals import group
from kitetui.tui.render.row import Row
from kitetui.tui.render.spans import Line, Style, direction, fitted, spread, width_of

_LAST: Final = 9
_PERCENT: Final = 9
_INDEX: Final = 42
"""Cells that are kept for the first index, however many groups there are."""

_COUNTED_FROM: Final = 120
"""The width from which every group says how many symbols it has."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A group in the line: from which cell to which (exclusive) it can be clicked, and its number."""

    start: int
    end: int
    number: int
    text: str
    is_shown: bool


def placed_tabs(groups: Sequence[tuple[str, int]], shown: int, width: int, taken: int = 0) -> list[Tab]:
    """Return the groups, given as name and count, and their places; `shown` is the number of the one shown.

    width: of the line, of which one index and `taken` more cells are not for them. Where they do not fit,
    the names of the others are shortened, and at the least their digits are left.
    """
    room = width - _INDEX - taken
    longest = max(len(name) for name, _ in groups)
    for limit in (*range(longest, 0, -1), 0):
        tabs, x = [], 1
        for number, (name, count) in enumerate(groups, start=1):
            is_shown = number == shown
            label = plain(name) if is_shown or len(name) <= limit else plain(name)[: max(limit - 1, 0)] + "…"
            text = f"{number} {label}" if limit or is_shown else f"{number}"
            if width >= _COUNTED_FROM and (limit or is_shown):
                text += f" {group(count)}"
            text = f"▐{text}▌" if is_shown else f" {text} "
            tabs.append(Tab(x, x + len(text), number, text, is_shown))
            x += len(text)
        if x <= room or not limit:
            return tabs
    return []


def groups_line(tabs: Sequence[Tab], what_is_left: str, indices: Sequence[Row], width: int) -> Line:
    """Return the line with as many of the indices as fit whole.

    what_is_left: what the filter leaves of the group that is shown, "" without one.
    """
    left: Line = [(" ", Style.TEXT)]
    left += [(tab.text, Style.STRONG if tab.is_shown else Style.DIM) for tab in tabs]
    if what_is_left:
        left += [("  ", Style.TEXT), (plain(what_is_left), Style.STALE)]
    left.append((" ", Style.TEXT))
    right: Line = []
    for row in indices:
        part = _pinned(row)
        if width_of(left) + width_of(right) + width_of(part) > width:
            break
        right += part
    return spread(fitted(left, width - width_of(right)), right, width)


def _pinned(row: Row) -> Line:
    """An index in cells that stay as they are while its price moves."""
    name = (f" {row.instrument.tradingsymbol} ", Style.DIM)
    if row.figures is None:
        return [name, (f"{WAITING:>{_LAST + _PERCENT + 1}} ", Style.DIM)]
    colour = Style.DIM if row.is_dim else direction(row.figures.percent_change or 0)
    return [
        name,
        (f"{row.figures.last(_LAST):>{_LAST}}", Style.DIM if row.is_dim else Style.STRONG),
        (f"{row.figures.percent():>{_PERCENT}} ", colour),
    ]
