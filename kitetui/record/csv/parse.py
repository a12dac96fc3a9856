"""Cells of many lines at once: where they begin and end, and the numbers, prices and times in them.

Text is read eight characters in one step. Each function of `CellParser` returns the values, and whether each
cell can be read; an empty cell is 0, and can. `starts` and `ends` say where the cells are, in any shape,
which is that of the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]
"""Offsets in a text; shape (columns, n), or one of the two."""

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
    starts: Offsets
    ends: Offsets
    numbers: Offsets
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


def _quoted(text: NDArray[np.uint8], breaks: Offsets) -> NDArray[np.bool_]:
    """Return which of these commas are part of a cell: those after an odd number of quotes in their line."""
    quotes = np.cumsum(text == _QUOTE)[breaks]
    is_newline = text[breaks] == _NEWLINE
    # A row is one line: a quote that does not close spoils its own line and no other.
    at_line_ends = np.where(is_newline, quotes, 0)
    before = np.concatenate([[0], np.maximum.accumulate(at_line_ends)[:-1]])
    inside: NDArray[np.bool_] = ((quotes - before) % 2 == 1) & ~is_newline
    return inside


Ints = NDArray[np.int64]
Eights = NDArray[np.uint64]
"""Eight characters each, the first of them in the lowest byte."""
Parsed = tuple[Ints, NDArray[np.bool_]]

_ZEROS: Final = np.uint64(0x3030303030303030)
_OVER_NINE: Final = np.uint64(0x7676767676767676)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_KEEP: Final = np.array([(1 << 64) - (1 << 64 - 8 * width) for width in range(9)], dtype=np.uint64)
"""What keeps the last characters of eight."""

_DOT, _MINUS = b".-"
_MOST_DIGITS: Final = 18
"""More do not fit into 64 bits, whatever they are."""

_DATE: Final = b"0000-00-00T00:00"
_TO_SECOND: Final = _DATE + b":00+05:30"
_TO_MICROSECOND: Final = _DATE + b":00.000000+05:30"
_IST: Final = 19_800


class CellParser:
    """The text that cells are parsed from."""

    def __init__(self, data: bytes) -> None:
        self._bytes = np.frombuffer(data, dtype=np.uint8)
        # A view that begins at every byte: reading it copies eight at once from wherever a cell is.
        self._eights = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))

    def numbers(self, starts: Offsets, ends: Offsets) -> Parsed:
        """Read numbers without a sign."""
        width = ends - starts
        digits = (self._eights[ends - 8] ^ _ZEROS) & _KEEP[np.clip(width, 0, 8)]
        values, right = _value(digits), _are_digits(digits)
        if (long := width > 8).any():
            # However long a cell is, no more is looked at than can be a number.
            first = np.maximum(starts[long], ends[long] - _MOST_DIGITS)
            more, sound = self.numbers(first, ends[long] - 8)
            values[long] += more * 10**8
            right[long] &= sound & (width[long] <= _MOST_DIGITS)
        return values, right

    def prices(self, starts: Offsets, ends: Offsets, decimals: Ints) -> Parsed:
        """Read decimals as integers with `decimals` places, of the same shape; fewer may be written."""
        minus = self._bytes[starts] == _MINUS
        starts = starts + minus
        width = ends - starts
        eight = self._eights[ends - 8] ^ _ZEROS
        # Nearly all prices have two places: with the point taken out they are a number of seven digits.
        digits = (eight & _KEEP[2] | (eight << np.uint64(8)) & (_KEEP[7] ^ _KEEP[2])) & _KEEP[
            np.clip(width - 1, 0, 7)
        ]
        values = _value(digits)
        is_usual = (decimals == 2) & (width > 3) & (self._bytes[ends - 3] == _DOT)
        right = _are_digits(digits) & is_usual | (width == 0) & ~minus
        if (long := is_usual & (width > 8)).any():
            more, sound = self.numbers(starts[long], ends[long] - 8)
            values[long] += more * 10**7
            right[long] &= sound & (width[long] <= _MOST_DIGITS)
        if (other := ~is_usual & (width > 0)).any():
            values[other], right[other] = self._any_places(starts[other], ends[other], decimals[other])
        return np.where(minus, -values, values), right

    def _any_places(self, starts: Offsets, ends: Offsets, decimals: Ints) -> Parsed:
        point = ends
        for back in range(1, 9):
            point = np.where(self._bytes[ends - back] == _DOT, ends - back, point)
        point = np.where(point < starts, ends, point)
        places = np.maximum(ends - point - 1, 0)
        whole, sound = self.numbers(starts, point)
        part, exact = self.numbers(np.minimum(point + 1, ends), ends)
        scaled = part * 10 ** np.maximum(decimals - places, 0)
        right = sound & exact & (point > starts) & (places <= decimals) & (point - starts <= 10)
        return whole * 10**decimals + scaled, right

    def seconds(self, starts: Offsets, ends: Offsets) -> Parsed:
        """Read times in India to the second as UTC seconds."""
        values, right = self._date(starts, _TO_SECOND)
        is_empty = ends == starts
        right &= ends - starts == len(_TO_SECOND)
        return np.where(is_empty, 0, values), right | is_empty

    def nanoseconds(self, starts: Offsets, ends: Offsets) -> Parsed:
        """Read times in India to the microsecond as UTC nanoseconds."""
        values, right = self._date(starts, _TO_MICROSECOND)
        micro, sound = self.numbers(starts + 20, starts + 26)
        right &= sound & (ends - starts == len(_TO_MICROSECOND))
        return values * 10**9 + micro * 1000, right

    def short(self, starts: Offsets, ends: Offsets) -> Eights:
        """Return the text of cells of at most eight characters, 0 for a longer one; see `short_text`."""
        width = ends - starts
        return np.where(width > 8, 0, self._eights[ends - 8] & _KEEP[np.clip(width, 0, 8)])

    def _date(self, starts: Offsets, form: bytes) -> Parsed:
        """Read UTC seconds of times that are written like `form`, where 0 stands for any digit."""
        right = np.ones(starts.shape, dtype=np.bool_)
        eights = []
        for first in (0, 8, len(form) - 16, len(form) - 8):
            part = form[first : first + 8]
            eight = self._eights[starts + first] ^ np.uint64(int.from_bytes(part, "little"))
            fixed = int.from_bytes(bytes(0 if each == ord("0") else 255 for each in part), "little")
            right &= _are_digits(eight) & (eight & np.uint64(fixed) == 0)
            eights.append(eight)
        date, clock = eights[:2]
        year = _two(date, 0) * 100 + _two(date, 2)
        month, day, hour, minute = _two(date, 5), _two(clock, 0), _two(clock, 3), _two(clock, 6)
        second = _two(self._eights[starts + 16] ^ _ZEROS, 1)
        months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
        days = months.astype("M8[D]") + (day - 1)
        right &= (days.astype("M8[M]") == months) & (month >= 1) & (month <= 12)
        right &= (hour < 24) & (minute < 60) & (second < 60)
        return days.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second - _IST, right


def short_text(text: bytes) -> np.uint64:
    """Return a text of at most eight characters as `CellParser.short` has it."""
    return np.uint64(int.from_bytes(text.rjust(8, b"\0"), "little"))


def _value(digits: Eights) -> Ints:
    """Return the numbers that eight digits are, by adding neighbours: pairs, then fours, then all."""
    digits = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    digits = (digits * np.uint64(100) + (digits >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    digits = (digits * np.uint64(10_000) + (digits >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return digits.view(np.int64)


def _are_digits(digits: Eights) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = (digits | (digits + _OVER_NINE)) & _HIGH_BITS == 0
    return right


def _two(digits: Eights, first: int) -> Ints:
    """Return the number of the two digits from this place on."""
    tens, ones = (digits >> np.uint64(8 * place) & np.uint64(15) for place in (first, first + 1))
    return (tens * np.uint64(10) + ones).view(np.int64)
