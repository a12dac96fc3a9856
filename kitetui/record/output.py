"""Where a recording goes: a new file, or standard output; never over something that is there already."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import RecordingError, UserError

STANDARD_OUTPUT: Final = "standard output"


@dataclass(frozen=True, slots=True)
class Output:
    """An open destination; `name` is for people."""

    name: str
    file: BinaryIO

    def write(self, data: bytes) -> None:
        """Write and flush, all of it. Raises RecordingError, also when the file was removed meanwhile."""
        try:
            view = memoryview(data)
            while view:
                view = view[self.file.write(view) :]
            self.file.flush()
        except BrokenPipeError:
            raise RecordingError(f"{self.name} was closed by its reader; the recording ends here") from None
        except OSError as error:
            raise RecordingError(
                f"cannot write to {self.name}: {error.strerror}; what was written before is whole"
            ) from error
        if self._is_removed:
            raise RecordingError(f"{self.name} was removed; the recording ends here")

    @property
    def _is_removed(self) -> bool:
        """Whether nobody could find the file any more: a disk takes what is written to it all the same."""
        status = os.fstat(self.file.fileno())
        return stat.S_ISREG(status.st_mode) and not status.st_nlink


@contextmanager
def standard_output() -> Iterator[Output]:
    """Open standard output for data."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as file:
        yield Output(STANDARD_OUTPUT, file)


@contextmanager
def named_file(path: Path) -> Iterator[Output]:
    """Open a file of this name; an empty one may be there already. Raises UserError."""
    try:
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}; name another file with -o") from error
    with file:
        if path.is_file() and path.stat().st_size:
            raise UserError(f"{path} is there already and holds data; name another file with -o")
        yield Output(str(path), file)


@contextmanager
def dated_file(
    folder: Path, now: datetime, *, way_out: str = "name a file elsewhere with -o"
) -> Iterator[Output]:
    """Open a new file named by date and time, `ticks-20261122-104217.csv`.

    way_out: what to do where that is not possible. Raises UserError.
    """
    try:
        path, file = new_file(folder, f"ticks-{now:%Y%m%d-%H%M%S}", ".csv")
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}; {way_out}") from error
    with file:
        yield Output(str(path), file)


def new_file(folder: Path, stem: str, suffix: str) -> tuple[Path, FileIO]:
    """Create a file that was not there: `stem.csv`, else `stem-2.csv` and so on. Raises OSError."""
    stems = chain([stem], (f"{stem}-{number}" for number in count(2)))
    while True:
        path = folder / f"{next(stems)}{suffix}"
        with suppress(FileExistsError):
            return path, path.open("xb", buffering=0)
