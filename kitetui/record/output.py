"""Where a recording goes: a new file, or standard output; never over something that is there already."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
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
        """Write and flush, all of it. Raises RecordingError."""
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
def dated_file(folder: Path, now: datetime) -> Iterator[Output]:
    """Open a new file named by date and time, `ticks-20261122-104217.csv`. Raises UserError."""
    stem = f"ticks-{now:%Y%m%d-%H%M%S}"
    for number in count(1):
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            file = path.open("xb", buffering=0)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(
                f"cannot write to {folder}: {error.strerror}; name a file elsewhere with -o"
            ) from error
        with file:
            yield Output(str(path), file)
        return
