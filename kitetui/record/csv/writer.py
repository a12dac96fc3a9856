"""Writes a recording as CSV."""

from __future__ import annotations

from collections.abc import Sequence

from kitetui.record.csv.columns import COLUMNS, header_of
from kitetui.record.csv.encoder import CsvEncoder
from kitetui.record.names import NameOf
from kitetui.record.output import Output, StalledError
from kitetui.record.rows import Rows


class CsvWriter:
    """Adds rows of these columns to an open destination, after a header if it `is_new`.

    rows: those that it has added. Raises RecordingError where the header cannot be written.
    """

    def __init__(
        self, output: Output, name_of: NameOf, columns: Sequence[str] = COLUMNS, *, is_new: bool
    ) -> None:
        self.rows = 0
        self._output = output
        self._encoder = CsvEncoder(name_of, columns)
        if is_new:
            output.write(header_of(columns).encode())

    @property
    def size(self) -> int:
        """Bytes that the file has."""
        return self._output.size

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._encoder.rename(name_of)

    def write(self, rows: Rows) -> None:
        """Add rows. Raises RecordingError where they cannot be written; the file is whole then."""
        if not len(rows):
            return
        try:
            self._output.write(self._encoder.rows(rows))
        except StalledError as stalled:
            self.rows += stalled.lines
            raise
        self.rows += len(rows)

    def flush(self, *, sync: bool) -> None:
        """Have the disk keep what was written, if `sync`; readers have it already. Raises RecordingError."""
        if sync:
            self._output.sync()

    def close(self) -> None:
        """Close the destination."""
        self._output.close()
