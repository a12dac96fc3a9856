"""Where bytes of a recording go: a file of its own, or standard output; never over what is there already.

One recorder alone has a file: it is locked for as long as it is open, so that two that are told to continue
the same one, or to repair what looks unfinished, do not spoil it for each other.

A pipe takes what its reader makes room for; a recording that ends waits no longer than a grace period.
So a pipe is asked for room before each piece, and a piece is no more than there is room for: no write ever
waits by itself.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import RecordingError, UserError

try:
    import fcntl
except ImportError:  # Windows keeps others from a file that is open for writing by itself
    fcntl = None  # type: ignore[assignment]


class GracePeriod:
    """How long a recording waits for others: without limit while it runs, then for some seconds.

    Others are a pipe that nobody reads, or a database that another program writes. One thread begins the
    period, and others ask.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_at: float | None = None

    def begin(self) -> None:
        """Begin the grace period: the recording is to end. Does nothing the second time."""
        if self._began_at is None:
            self._began_at = self._clock()

    def is_over(self, seconds: float) -> bool:
        """Whether the period began so many seconds ago or more."""
        return self._began_at is not None and self._clock() - self._began_at >= seconds


GRACE_PERIOD: Final = GracePeriod()
"""That of this program: a signal begins it."""


STANDARD_OUTPUT: Final = "standard output"

GRACE_SECONDS: Final = 0.8
"""Seconds in which a pipe can take the rest, once the recording is to end."""

_PIECE: Final[int] = getattr(select, "PIPE_BUF", 4096)
"""Bytes for which a pipe has room that says it has any."""

_LOOK: Final = 0.1


@contextmanager
def writing(path: Path, remedy: str = "name another file with -o") -> Iterator[None]:
    """Raise UserError where a file cannot be opened or made."""
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write to {path}: {error.strerror}", remedy) from error


def write_error(
    where: str | Path, error: Exception, rest: str = "what was written before is whole"
) -> RecordingError:
    """Return what to raise where a recording cannot go on; `rest` says what is there of it."""
    return RecordingError(f"cannot write to {where}: {getattr(error, 'strerror', None) or error}", rest)


class StalledError(RecordingError):
    """A pipe did not take all within the grace period; `lines` are those that it took of the last write."""

    def __init__(self, name: str, lines: int) -> None:
        self.lines = lines
        super().__init__(
            f"{name} did not take all that was received, because its reader is too slow",
            "have it read on until the recording has ended",
        )


class Output:
    """An open destination; `name` is for people, `size` the bytes that it has.

    grace: how long a pipe is waited for.
    """

    def __init__(self, name: str, file: BinaryIO, grace: GracePeriod = GRACE_PERIOD) -> None:
        self.name = name
        self._grace = grace
        status = os.fstat(file.fileno())
        self._is_file = stat.S_ISREG(status.st_mode)
        self.size = status.st_size if self._is_file else 0
        self._file = file

    def write(self, data: bytes) -> None:
        """Write all of it, or leave a file as it was before; a pipe has whole lines of it then, if any.

        Raises RecordingError, also when the file was removed meanwhile; StalledError for a pipe.
        """
        try:
            if self._is_file:
                view = memoryview(data)
                while view:
                    view = view[self._file.write(view) :]
            else:
                self._write_in_pieces(data)
            self._file.flush()
        except BrokenPipeError:
            raise RecordingError(f"{self.name} was closed by its reader", "the recording ends here") from None
        except OSError as error:
            self._take_back()
            raise write_error(self.name, error) from error
        self.size += len(data)
        if self._is_removed:
            raise RecordingError(f"{self.name} was removed", "the recording ends here")

    def replace(self, data: bytes) -> None:
        """Have a file hold this instead. Raises RecordingError."""
        os.ftruncate(self._file.fileno(), 0)
        self.size = 0
        self.write(data)

    def sync(self) -> None:
        """Have the disk hold all that was written, even if the power fails now. Raises RecordingError."""
        if self._is_file:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise write_error(self.name, error, "") from error

    def close(self) -> None:
        """Close it, and let others have it."""
        self._file.close()

    def _write_in_pieces(self, data: bytes) -> None:
        has_room = _room_of(self._file)
        done = 0
        while done < len(data):
            if self._grace.is_over(GRACE_SECONDS):
                raise StalledError(self.name, data.count(b"\n", 0, done))
            if not has_room(_LOOK):
                continue
            end = done + _PIECE
            if end < len(data):
                end = data.rfind(b"\n", done, end) + 1 or end
            # None where a pipe that never waits was filled by another program in between.
            done += self._file.write(memoryview(data)[done:end]) or 0

    def _take_back(self) -> None:
        # A full disk takes the beginning of a row, and a reader would take that for a row.
        if self._is_file:
            with suppress(OSError):
                os.ftruncate(self._file.fileno(), self.size)

    @property
    def _is_removed(self) -> bool:
        """Whether the file was unlinked: a disk takes what is written to it all the same."""
        return self._is_file and not os.fstat(self._file.fileno()).st_nlink


def _room_of(pipe: BinaryIO) -> Callable[[float], bool]:
    """Return what waits for so many seconds until a pipe takes a piece, or fails; False where it does not."""
    if sys.platform == "win32":
        return lambda seconds: True
    room = select.poll()
    room.register(pipe.fileno(), select.POLLOUT)
    return lambda seconds: bool(room.poll(seconds * 1000))


def standard_output() -> Output:
    """Open standard output for data. Raises UserError where it is closed."""
    if sys.__stdout__ is None:
        raise UserError("standard output is closed", "name a file or a folder with -o")
    return Output(STANDARD_OUTPUT, os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0))


def empty_file(path: Path) -> Output:
    """Open a file of this name; an empty one may be there already. Raises UserError."""
    output = continued_file(path)
    if output.size:
        output.close()
        raise UserError(
            f"{path} is there already and holds data", "name another file with -o, or add --append"
        )
    return output


def refuse_pipe(path: Path) -> None:
    """Raise UserError for a pipe: to open it would wait for a reader, and heed no signal."""
    if path.is_fifo():
        raise UserError(f"{path} is a pipe", f"write to it as standard output: -o - > {path}")


def continued_file(path: Path) -> Output:
    """Open a file of this name to write on where it ends. Raises UserError."""
    refuse_pipe(path)
    with writing(path):
        file = path.open("ab", buffering=0)
    if not _locked(file):
        file.close()
        raise UserError(f"{path} is being written by another recorder", "name another file with -o")
    return Output(str(path), file)


def is_being_written(path: Path) -> bool:
    """Whether a recorder has this file open, in this program or another."""
    try:
        with path.open("rb+", buffering=0) as file:
            return not _locked(file)
    except OSError:
        return True


def new_file(folder: Path, stem: str, suffix: str) -> tuple[Path, BinaryIO]:
    """Create a file that was not there: `stem.csv`, else `stem-2.csv` and so on. Raises OSError."""
    for name in stems(stem):
        path = folder / f"{name}{suffix}"
        with suppress(FileExistsError):
            return path, path.open("xb", buffering=0)
    raise AssertionError("there is always another number")


def stems(stem: str) -> chain[str]:
    """Return a name and the ones to take where it is taken: `stem`, `stem-2` and so on."""
    return chain([stem], (f"{stem}-{number}" for number in count(2)))


def _locked(file: BinaryIO) -> bool:
    """Lock a file until it is closed; False where somebody else has."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
