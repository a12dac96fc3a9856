"""Where the cells of many lines begin and end, found for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
"""Places in a text; shape (columns, n), or one of the two."""

_BEFORE, _AFTER = bytes(8), bytes(32)
"""What stands around the lines, so that eight bytes can be read up to any cell, and a time from any on."""

_COMMA, _NEWLINE, _RETURN, _QUOTE = b',\n\r"'


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines that have a cell for each column.

    data: the bytes. starts, ends: where the cells are in them, shape (columns, n). numbers: which line each
    is, counted from 0. wrong: the lines that have another number of cells, with it. count: all lines.
    """

    data: bytes
    starts: Places
    ends: Places
    numbers: Places
    wrong: list[tuple[int, int]]
    count: int

    def text(self, column: int, line: int) -> str:
        """Return the text of one cell, without the quotes around it."""
        cell = self.data[self.starts[column, line] : self.ends[column, line]]
        return cell.decode(errors="replace").replace('""', '"')


def lines_of(data: bytes, columns: int) -> Lines:
    """Find the cells of lines, each of which ends with a newline; empty ones are passed over."""
    data = _BEFORE + data + _AFTER
    text = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero((text == _COMMA) | (text == _NEWLINE))
    is_quoted = b'"' in data
    if is_quoted:
        breaks = breaks[~_quoted(text, breaks)]
    last = np.flatnonzero(text[breaks] == _NEWLINE)
    cells = np.diff(last, prepend=-1)
    begins = np.concatenate([[len(_BEFORE)], breaks[last[:-1]] + 1])
    right = cells == columns
    ends = breaks[last[right] - np.arange(columns - 1, -1, -1)[:, None]]
    starts = np.concatenate([begins[right][None], ends[:-1] + 1])
    ends[-1] -= text[ends[-1] - 1] == _RETURN
    if is_quoted:
        inside = (text[starts] == _QUOTE) & (text[ends - 1] == _QUOTE) & (ends - starts > 1)
        starts += inside
        ends -= inside
    wrong = [
        (line, int(cells[line]))
        for line in np.flatnonzero(~right).tolist()
        if data[begins[line] : breaks[last[line]]].strip()
    ]
    return Lines(data, starts, ends, np.flatnonzero(right), wrong, len(cells))


def _quoted(text: NDArray[np.uint8], breaks: Places) -> NDArray[np.bool_]:
    """Return which of these commas are part of a cell: those after an odd number of quotes in their line."""
    quotes = np.cumsum(text == _QUOTE)[breaks]
    is_newline = text[breaks] == _NEWLINE
    # A row is one line: a quote that does not close spoils its own line and no other.
    at_line_ends = np.where(is_newline, quotes, 0)
    before = np.concatenate([[0], np.maximum.accumulate(at_line_ends)[:-1]])
    inside: NDArray[np.bool_] = ((quotes - before) % 2 == 1) & ~is_newline
    return inside
