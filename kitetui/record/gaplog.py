"""The gap log: beside a recording a small CSV file of what it lacks, so that an analysis can leave it out.

A file without rows says that nothing is lacking.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kitetui.formatting import plain
from kitetui.record.csv.repair import repair_lines
from kitetui.record.output import Output, continued_file
from kitetui.times import ist_microseconds

SUFFIX: Final = ".gaps.csv"
COLUMNS: Final = ("from", "to", "seconds", "connection", "symbols", "reason")


@dataclass(frozen=True, slots=True)
class Lack:
    """From one moment to the next (UTC nanoseconds) something is lacking, for the reason given.

    connection: counted from 0, None where it is all. symbols: how many, None where that is not known.
    """

    start: int
    end: int
    reason: str
    connection: int | None = None
    symbols: int | None = None


class GapLog:
    """Writes what a recording lacks; every row is on its way to the disk when `add` returns."""

    def __init__(self, output: Output) -> None:
        self.rows = 0
        self._output = output
        if not output.size:
            output.write(f"{','.join(COLUMNS)}\n".encode())

    @classmethod
    def beside(cls, recording: Path) -> GapLog:
        """Open the log of a recording, or the one that it has already. Raises UserError."""
        return cls(continued_file(gap_log_of(recording)))

    def add(self, lack: Lack) -> None:
        """Write one row. Raises RecordingError."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(
            (
                ist_microseconds(lack.start),
                ist_microseconds(lack.end),
                f"{(lack.end - lack.start) / 1e9:.6f}",
                "" if lack.connection is None else lack.connection + 1,
                "" if lack.symbols is None else lack.symbols,
                plain(lack.reason),
            )
        )
        self._output.write(text.getvalue().encode())
        self.rows += 1

    def close(self) -> None:
        """Close the file."""
        self._output.close()


def repair_log(path: Path) -> str | None:
    """Mend a gap log that a kill has torn; see `kitetui.record.csv.repair`."""
    head = f"{','.join(COLUMNS)}\n".encode()
    return repair_lines(path, lambda line, *, is_whole: line == head if is_whole else head.startswith(line))


def gap_log_of(recording: Path) -> Path:
    """Return where the gap log of a recording is: `ticks.csv` has `ticks.gaps.csv`, and that one itself."""
    return recording if recording.name.endswith(SUFFIX) else recording.with_suffix(SUFFIX)
