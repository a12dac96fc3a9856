"""The gap log: a small CSV file beside a recording with its gaps, so that an analysis can leave them out.

A file without rows says that there are none.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kitetui.formatting import plain
from kitetui.record.base import NameOf
from kitetui.record.output import Output, continued_file
from kitetui.record.repair import repair_lines
from kitetui.times import ist_microseconds

GAPS_SUFFIX: Final = ".gaps.csv"
COLUMNS: Final = ("from", "to", "seconds", "connection", "symbols", "reason", "which")

_BETWEEN: Final = ";"
"""Between two symbols, some of whose names have blanks in them."""

_HEAD: Final = f"{','.join(COLUMNS)}\n".encode()
_HEAD_BEFORE: Final = f"{','.join(COLUMNS[:-1])}\n".encode()
"""That of kitetui 0.1.0, which did not say which symbols."""


@dataclass(frozen=True, slots=True)
class GapEntry:
    """A gap from one moment to the next (UTC nanoseconds), and its reason.

    connection: counted from 0, None where it is all. symbols: how many, None where that is not known. tokens:
    whose, empty for all of the connection.
    """

    start: int
    end: int
    reason: str
    connection: int | None = None
    symbols: int | None = None
    tokens: tuple[int, ...] = ()


class GapLog:
    """Writes the gaps of a recording; every row is on its way to the disk when `add` returns."""

    def __init__(self, output: Output, name_of: NameOf = lambda token: None) -> None:
        self.rows = 0
        self._output = output
        self._name_of = name_of
        if not output.size:
            output.write(_HEAD)

    @classmethod
    def beside(cls, recording: Path, name_of: NameOf = lambda token: None) -> GapLog:
        """Open the log of a recording, or the one that it has already. Raises UserError."""
        path = gap_log_of(recording)
        output = continued_file(path)
        if output.size and path.read_bytes().startswith(_HEAD_BEFORE):
            output.replace(_widened(path.read_text(encoding="utf-8")).encode())
        return cls(output, name_of)

    def add(self, entry: GapEntry) -> None:
        """Write one row. Raises RecordingError."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(
            (
                ist_microseconds(entry.start),
                ist_microseconds(entry.end),
                f"{(entry.end - entry.start) / 1e9:.6f}",
                "" if entry.connection is None else entry.connection + 1,
                "" if entry.symbols is None else entry.symbols,
                plain(entry.reason),
                _BETWEEN.join(map(self._named, entry.tokens)),
            )
        )
        self._output.write(text.getvalue().encode())
        self.rows += 1

    def rename(self, name_of: NameOf) -> None:
        """Name by this the symbols of rows to come."""
        self._name_of = name_of

    def sync(self) -> None:
        """Have the disk hold all rows, even if the power fails now. Raises RecordingError."""
        self._output.sync()

    def close(self) -> None:
        """Close the file."""
        self._output.close()

    def _named(self, token: int) -> str:
        name = self._name_of(token)
        return str(token) if name is None else plain(":".join(name))


def repair_log(path: Path) -> str | None:
    """Repair a gap log that a crash left incomplete; see `kitetui.record.repair`."""
    return repair_lines(path, lambda line: any(head.startswith(line) for head in (_HEAD, _HEAD_BEFORE)))


def gap_log_of(recording: Path) -> Path:
    """Return where the gap log of a recording is: `ticks.csv` has `ticks.gaps.csv`, and that one itself."""
    return recording if recording.name.endswith(GAPS_SUFFIX) else recording.with_suffix(GAPS_SUFFIX)


def _widened(log: str) -> str:
    """Return a log of kitetui 0.1.0 with the columns of now."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([*row, ""] for row in list(csv.reader(io.StringIO(log)))[1:])
    return text.getvalue()
