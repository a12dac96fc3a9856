"""Where the files of a recording are: in a folder that gets new ones, in one place, or on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kitetui.errors import UserError
from kitetui.record.capture import CaptureWriter
from kitetui.record.fileset import FileSet
from kitetui.record.gaplog import SUFFIX as GAPS
from kitetui.record.gaplog import GapLog, gap_log_of
from kitetui.record.names import NameOf
from kitetui.record.opening import Format, Made, continue_file, new_writer, stream_writer
from kitetui.record.output import continued_file, standard_output, stems
from kitetui.record.rotation import Rotation
from kitetui.times import IST

_NEVER = Rotation(None, None)


class Place(Protocol):
    """Where a recording goes.

    rotation: when `open` is to be called for the next files; never, where they are always the same.
    """

    @property
    def rotation(self) -> Rotation: ...

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open the files for what is received from a moment on, UTC nanoseconds. Raises UserError."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: each format has a new file, named by date and time.

    way_out: what to do where it cannot be written. is_series: whether its recordings follow on each other, so
    that the time between the last one and a new one is a gap; then it is made if it is not there.
    """

    path: Path
    formats: Sequence[Format]
    columns: Sequence[str]
    rotation: Rotation = _NEVER
    way_out: str = "name another folder with -o"
    is_series: bool = False

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open new files; the folder is made if it is not there."""
        with ExitStack() as opened:
            try:
                stopped_at = None
                if self.is_series:
                    self.path.mkdir(parents=True, exist_ok=True)
                    stopped_at = self._last_written()
                log, stem = self._new_log(at)
                opened.callback(log.close)
                made = []
                for each in self.formats:
                    made.append(new_writer(each, self.path / f"{stem}{each.suffix}", name_of, self.columns))
                    opened.callback(made[-1].close)
            except OSError as error:
                raise UserError(f"cannot write to {self.path}: {error.strerror}; {self.way_out}") from error
            opened.pop_all()
        names = ", ".join(f"{stem}{each.suffix}" for each in self.formats)
        return _file_set(str(self.path / names), made, log, stopped_at)

    def _last_written(self) -> int | None:
        """Return when a recording of this folder was last written to. Raises OSError."""
        suffixes = tuple(each.suffix for each in self.formats)
        paths = [each for each in self.path.glob("ticks-*") if each.name.endswith(suffixes)]
        return max((path.stat().st_mtime_ns for path in paths if not path.name.endswith(GAPS)), default=None)

    def _new_log(self, at: int) -> tuple[GapLog, str]:
        """Take a name that no file has; the log, made first, keeps it from others. Raises OSError."""
        suffixes = [GAPS, *(each.suffix for each in self.formats)]
        for stem in stems(f"ticks-{datetime.fromtimestamp(at / 1e9, IST):%Y%m%d-%H%M%S}"):
            paths = [self.path / f"{stem}{suffix}" for suffix in suffixes]
            if not any(path.exists() for path in paths):
                paths[0].touch(exist_ok=False)
                return GapLog(continued_file(paths[0])), stem
        raise AssertionError("there is always another number")


@dataclass(frozen=True, slots=True)
class File:
    """One file of this name; `goes_on`: which may be there already, and is continued."""

    path: Path
    kind: Format
    columns: Sequence[str]
    goes_on: bool = False

    @property
    def rotation(self) -> Rotation:
        """It is always the same file."""
        return _NEVER

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        stopped_at = None
        if self.goes_on and self.path.exists() and (status := self.path.stat()).st_size:
            stopped_at = status.st_mtime_ns
            made = continue_file(self.kind, self.path, name_of, self.columns)
        else:
            made = new_writer(self.kind, self.path, name_of, self.columns)
        try:
            log = GapLog(continued_file(gap_log_of(self.path)))
        except UserError:
            made.close()
            raise
        return _file_set(str(self.path), [made], log, stopped_at)


@dataclass(frozen=True, slots=True)
class StandardOutput:
    """Standard output, which has no room for a gap log."""

    kind: Format
    columns: Sequence[str]

    @property
    def rotation(self) -> Rotation:
        """There is only one."""
        return _NEVER

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        output = standard_output()
        return _file_set(output.name, [stream_writer(self.kind, output, name_of, self.columns)])


def _file_set(
    name: str, made: Sequence[Made], log: GapLog | None = None, stopped_at: int | None = None
) -> FileSet:
    return FileSet(
        name=name,
        writers=[each for each in made if not isinstance(each, CaptureWriter)],
        capture=next((each for each in made if isinstance(each, CaptureWriter)), None),
        gaps=log,
        stopped_at=stopped_at,
    )
