"""Ticks as CSV: one row a tick."""

from __future__ import annotations

from collections.abc import Sequence

from kitetui.record.cells import Cells
from kitetui.record.csv.columns import COLUMNS
from kitetui.record.csv.names import NameCells
from kitetui.record.names import NameOf
from kitetui.record.rows import Rows


class CsvEncoder:
    """Makes CSV text of ticks; `name_of` names the instruments."""

    def __init__(self, name_of: NameOf, columns: Sequence[str] = COLUMNS) -> None:
        self._names = NameCells(name_of)
        self._cells = Cells(columns, self._names)

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._names.rename(name_of)

    def rows(self, rows: Rows) -> bytes:
        """Return these rows, each ended by a newline."""
        return self._cells.lines(rows)
