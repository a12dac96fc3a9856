"""Writes a recording as CSV: one row a tick."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from kitetui.record.base import LineWriter, NameOf
from kitetui.record.cells import Cells
from kitetui.record.csv.schema import COLUMNS, header_of
from kitetui.record.output import Output
from kitetui.record.rows import TickRows
from kitetui.wire import Exchange

_MANY: Final = 1 << 18
"""Instruments that are kept in mind; a whole list of Kite's is fewer."""

_NO_BREAKS: Final = dict.fromkeys(map(ord, "\0\r\n"))
"""A row is one line, whatever a name has in it; and NUL is what the encoder pads with."""


class NameCells(dict[int, tuple[bytes, bytes]]):
    """The exchange and the tradingsymbol of each token, quoted where a CSV needs it."""

    def __init__(self, name_of: NameOf) -> None:
        super().__init__()
        self._name_of = name_of

    def rename(self, name_of: NameOf) -> None:
        """Name by this from now on."""
        self._name_of = name_of
        self.clear()

    def __missing__(self, token: int) -> tuple[bytes, bytes]:
        name = self._name_of(token)
        if name is None:  # it may be known by the next tick
            return Exchange.of(token).name.encode(), b""
        if len(self) >= _MANY:
            self.clear()
        cells = self[token] = _cell(name[0]), _cell(name[1])
        return cells


def _cell(text: str) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow((text.translate(_NO_BREAKS), ""))
    return line.getvalue().removesuffix(",").encode()


class CsvEncoder:
    """Makes CSV text of ticks; `name_of` names the instruments."""

    def __init__(self, name_of: NameOf, columns: Sequence[str] = COLUMNS) -> None:
        self._names = NameCells(name_of)
        self._cells = Cells(columns, self._names)

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._names.rename(name_of)

    def rows(self, rows: TickRows) -> bytes:
        """Return these rows, each ended by a newline."""
        return self._cells.lines(rows)


class CsvWriter(LineWriter):
    """Adds rows of these columns to an open destination, after a header if it `is_new`.

    Raises RecordingError where the header cannot be written.
    """

    def __init__(
        self, output: Output, name_of: NameOf, columns: Sequence[str] = COLUMNS, *, is_new: bool
    ) -> None:
        super().__init__(output, name_of)
        self._encoder = CsvEncoder(name_of, columns)
        if is_new:
            output.write(header_of(columns).encode())

    def rename(self, name_of: NameOf) -> None:
        self._encoder.rename(name_of)

    def _lines(self, rows: TickRows) -> bytes:
        return self._encoder.rows(rows)
