"""Reads a CSV recording back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError
from kitetui.record.base import Reader
from kitetui.record.csv.parse import CellParser, Ints, Lines, Offsets, lines_of, short_text
from kitetui.record.csv.schema import COLUMNS, columns_of, read_header
from kitetui.record.rows import CARRIED, TickRows
from kitetui.wire.layout import (
    CLOSE,
    DECIMALS,
    FIELDS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LAST_PRICE,
    LTP,
    PRICE_CHANGE,
    QUOTE,
    SIGNED_FROM,
    WORDS,
    Exchange,
    Field,
    FieldKind,
)

_LENGTHS: Final = {short_text(b"ltp"): LTP, short_text(b"quote"): QUOTE, short_text(b"full"): FULL}
_OF_INDEX: Final = {QUOTE: INDEX_QUOTE, FULL: INDEX_FULL}
_SNAPSHOT: Final = short_text(b"1")
_NO_SNAPSHOT: Final = short_text(b"0")

_FIELDS: Final = [field for field in FIELDS.values() if field.name in COLUMNS]


def rows_of(lines: Lines, columns: Sequence[str]) -> tuple[TickRows, Offsets]:
    """Return a row for each line of a file with these columns; what it has no column for is 0.

    Returns also for each line the place of its first column that is wrong, or how many columns there are.
    """
    page = _Page(lines, columns)
    tokens = page.numbers("instrument_token", most=2**32 - 1)
    lengths = page.lengths(tokens)
    segments = tokens & 0xFF
    words = np.zeros((WORDS, len(tokens)), dtype=np.int32)
    for field in _FIELDS:
        if page.has(field.name):
            words[field.word] += page.field(field, lengths, segments)
    is_index = (lengths == INDEX_QUOTE) | (lengths == INDEX_FULL)
    words[PRICE_CHANGE] += (words[LAST_PRICE] - words[CLOSE]) * is_index
    rows = TickRows(
        np.ascontiguousarray(words.T),
        lengths,
        page.received_at(),
        (page.numbers("connection", least=1, most=256) - 1).astype(np.uint8),
        page.numbers("sequence"),
        page.snapshots(),
    )
    return rows, page.wrong


class _Page:
    """Lines, column by column; `wrong` gathers what cannot be read."""

    def __init__(self, lines: Lines, columns: Sequence[str]) -> None:
        self.wrong = np.full(lines.starts.shape[1], len(columns))
        self._places = {name: place for place, name in reversed(list(enumerate(columns)))}
        self._lines = lines
        self._cells = CellParser(lines.data)

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return name in self._places

    def numbers(self, name: str, least: int = 0, most: int = 2**63 - 1) -> Ints:
        """Return a column of numbers that no row is without; `least` where the file has none."""
        if not self.has(name):
            return np.full(len(self.wrong), least)
        starts, ends = self._spans(name)
        values, right = self._cells.numbers(starts, ends)
        self._check(name, right & (ends > starts) & (values >= least) & (values <= most))
        return values

    def lengths(self, tokens: Ints) -> NDArray[np.uint8]:
        """Return the packet lengths: those of the modes, but for indices, which have packets of their own."""
        lengths = np.full(len(tokens), FULL, dtype=np.uint8)
        if self.has("mode"):
            texts = self._cells.short(*self._spans("mode"))
            self._check("mode", np.isin(texts, list(_LENGTHS)))
            for text, length in _LENGTHS.items():
                lengths[texts == text] = length
        if self.has("volume_traded"):
            starts, ends = self._spans("volume_traded")
            is_index = starts == ends
        else:
            is_index = tokens & 0xFF == Exchange.INDICES
        for length, of_index in _OF_INDEX.items():
            lengths[is_index & (lengths == length)] = of_index
        return lengths

    def field(self, field: Field, lengths: NDArray[np.uint8], segments: Ints) -> NDArray[np.int32]:
        """Return a column of words, 0 where packets of these lengths do not have them."""
        starts, ends = self._spans(field.name)
        match field.kind:
            case FieldKind.PRICE:
                values, right = self._cells.prices(starts, ends, DECIMALS[segments])
                above_least = values - SIGNED_FROM[segments]
                right &= (above_least >= 0) & (above_least < 2**32)
            case FieldKind.COUNT:
                values, right = self._cells.numbers(starts, ends)
                right &= values < 2**32
            case FieldKind.TIME:
                values, right = self._cells.seconds(starts, ends)
                right &= (values >= 0) & (values < 2**32)
        is_carried = CARRIED[field.name][lengths]
        if field.kind is not FieldKind.TIME and self.has("mode"):
            right &= (ends > starts) | ~is_carried
        self._check(field.name, right)
        words: NDArray[np.int32] = (values * is_carried).astype(np.int32)
        return words

    def received_at(self) -> Ints:
        """Return the times of arrival."""
        values, right = self._cells.nanoseconds(*self._spans("received_at"))
        self._check("received_at", right)
        return values

    def snapshots(self) -> NDArray[np.bool_]:
        """Return which rows carry the mark; recordings without the column say of none."""
        if not self.has("snapshot"):
            return np.zeros(len(self.wrong), dtype=np.bool_)
        texts = self._cells.short(*self._spans("snapshot"))  # 0.1.0 wrote nothing for 0
        marked: NDArray[np.bool_] = texts == _SNAPSHOT
        self._check("snapshot", marked | (texts == _NO_SNAPSHOT) | (texts == 0))
        return marked

    def _spans(self, name: str) -> tuple[Offsets, Offsets]:
        place = self._places[name]
        return self._lines.starts[place], self._lines.ends[place]

    def _check(self, name: str, right: NDArray[np.bool_]) -> None:
        if not right.all():
            np.minimum(self.wrong, self._places[name], out=self.wrong, where=~right)


_BLOCK: Final = 1 << 22
"""Bytes that are read at once: some ten thousand full ticks."""

_LONGEST: Final = 1 << 16
"""Bytes of a line; of one that is longer, and so no row, the rest is not kept in mind."""

_NOT_NEEDED: Final = ("exchange", "tradingsymbol", "change")
_LEAST: Final = ("received_at", "instrument_token")


class CsvReader(Reader):
    """Reads a file; a `partial` one may lack columns, and what it lacks is 0.

    Raises UserError for a file that is no CSV of ticks, or lacks columns that are needed.
    """

    def __init__(self, path: Path, *, partial: bool = False) -> None:
        super().__init__(path)
        self._columns = columns_of(path)
        needed = _LEAST if partial else [name for name in COLUMNS if name not in _NOT_NEEDED]
        for name in needed:
            if name not in self._columns:
                raise UserError(f"{path} has no column {name}", "record it again, without --columns")

    def _batches(self) -> Iterator[TickRows]:
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            read_header(file)
            first = 2
            for data in _blocks(file):
                if not data.endswith(b"\n"):
                    self._damage.add(f"line {first:,} is the last and is cut off")
                    break
                lines = lines_of(data, len(self._columns))
                rows = self._rows(lines, first)
                first += lines.count
                self.position = file.tell() / size
                if len(rows):
                    yield rows

    def _rows(self, lines: Lines, first: int) -> TickRows:
        """Return the rows of those lines that can be read; `first` is the number of the first line."""
        rows, wrong = rows_of(lines, self._columns)
        is_sound = wrong == len(self._columns)
        problems = [(line, f"has {cells} cells, not {len(self._columns)}") for line, cells in lines.wrong]
        problems += [
            (int(lines.numbers[at]), f"has no {self._columns[wrong[at]]} that can be read")
            for at in np.flatnonzero(~is_sound).tolist()
        ]
        for line, problem in sorted(problems):
            self._damage.add(f"line {first + line:,} {problem}")
        self._learn_names(rows, lines, is_sound)
        return rows if is_sound.all() else rows[is_sound]

    def _learn_names(self, rows: TickRows, lines: Lines, is_sound: NDArray[np.bool_]) -> None:
        if "exchange" not in self._columns or "tradingsymbol" not in self._columns:
            return
        exchange, symbol = map(self._columns.index, ("exchange", "tradingsymbol"))
        named = np.flatnonzero(is_sound & (lines.ends[symbol] > lines.starts[symbol]))
        self._learn(
            rows.tokens[named],
            lambda at: (lines.text(exchange, int(named[at])), lines.text(symbol, int(named[at]))),
        )


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield whole lines, many at a time; and at the end what has no newline, if anything."""
    rest = b""
    while data := file.read(_BLOCK):
        data = rest + data
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            yield data[:end]
        else:
            rest = rest[:_LONGEST]
    if rest:
        yield rest
