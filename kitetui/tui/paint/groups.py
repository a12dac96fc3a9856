"""The second line: what is listed, and the indices, which are always in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kitetui.formatting import group
from kitetui.tui.figures import WAITING
from kitetui.tui.paint.ink import Ink, Line, direction, spread, width_of
from kitetui.tui.paint.row import Row

_LAST: Final = 9
_PERCENT: Final = 9


def groups_line(count: int, indices: Sequence[Row], width: int) -> Line:
    """Return the line with as many of the indices as fit whole."""
    noun = "symbol" if count == 1 else "symbols"
    left: Line = [(f" {group(count)}", Ink.STRONG), (f" {noun} ", Ink.DIM)]
    right: Line = []
    for row in indices:
        part = _pinned(row)
        if width_of(left) + width_of(right) + width_of(part) > width:
            break
        right += part
    return spread(left, right, width)


def _pinned(row: Row) -> Line:
    """An index in cells that stay as they are while its price moves."""
    name = (f" {row.instrument.tradingsymbol} ", Ink.DIM)
    if row.figures is None:
        return [name, (f"{WAITING:>{_LAST + _PERCENT + 1}} ", Ink.DIM)]
    colour = Ink.DIM if row.is_dim else direction(row.figures.percent_change or 0)
    return [
        name,
        (f"{row.figures.last(_LAST):>{_LAST}}", Ink.DIM if row.is_dim else Ink.STRONG),
        (f"{row.figures.percent():>{_PERCENT}} ", colour),
    ]
