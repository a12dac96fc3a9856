"""Reads a CSV recording back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError
from kitetui.record.csv.columns import COLUMNS
from kitetui.record.csv.header import columns_of, read_header
from kitetui.record.csv.lines import Lines, lines_of
from kitetui.record.csv.table import rows_of
from kitetui.record.formats import Damage
from kitetui.record.rows import Rows
from kitetui.wire.layout import TOKEN

_BLOCK: Final = 1 << 22
"""Bytes that are read at once: some ten thousand full ticks."""

_LONGEST: Final = 1 << 16
"""Bytes of a line; of one that is longer, and so no row, the rest is not kept in mind."""

_NOT_NEEDED: Final = ("exchange", "tradingsymbol", "change")
_LEAST: Final = ("received_at", "instrument_token")


class CsvReader:
    """Reads a file; a `partial` one may lack columns, and what it lacks is 0.

    Raises UserError for a file that is no CSV of ticks, or lacks columns that are needed.
    """

    def __init__(self, path: Path, *, partial: bool = False) -> None:
        self._path = path
        self._columns = columns_of(path)
        needed = _LEAST if partial else [name for name in COLUMNS if name not in _NOT_NEEDED]
        for name in needed:
            if name not in self._columns:
                raise UserError(f"{path} has no column {name}", "record it again, without --columns")
        self._names: dict[int, tuple[str, str]] = {}
        self._position = 0.0
        self._damage = Damage()

    @property
    def names(self) -> Mapping[int, tuple[str, str]]:
        """The exchange and tradingsymbol of each token that was seen with one."""
        return self._names

    @property
    def position(self) -> float:
        """How far the iteration is, from 0 to 1."""
        return self._position

    @property
    def damage(self) -> Sequence[str]:
        """A sentence for each line that could not be read so far, and how many more there are."""
        return self._damage.sentences

    def __iter__(self) -> Iterator[Rows]:
        self._damage = Damage()
        self._position = 0.0
        try:
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
                    self._position = file.tell() / size
                    if len(rows):
                        yield rows
                self._position = 1.0
        except OSError as error:
            raise UserError(f"cannot read {self._path}: {error.strerror}") from error

    def _rows(self, lines: Lines, first: int) -> Rows:
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
        self._learn(rows, lines, is_sound)
        return rows if is_sound.all() else rows[is_sound]

    def _learn(self, rows: Rows, lines: Lines, is_sound: NDArray[np.bool_]) -> None:
        """Take in the names of instruments that are new."""
        if "exchange" not in self._columns or "tradingsymbol" not in self._columns:
            return
        exchange, symbol = map(self._columns.index, ("exchange", "tradingsymbol"))
        named = np.flatnonzero(is_sound & (lines.ends[symbol] > lines.starts[symbol]))
        tokens, at = np.unique(rows.words[named, TOKEN].view(np.uint32), return_index=True)
        for token, line in zip(tokens.tolist(), named[at].tolist(), strict=True):
            if token not in self._names:
                self._names[token] = lines.text(exchange, line), lines.text(symbol, line)


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
