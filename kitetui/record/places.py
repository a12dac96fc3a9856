"""Where the files of a recording are: in a folder that gets new ones, in one place, or on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kitetui.errors import UserError
from kitetui.record.before import Before
from kitetui.record.capture import CaptureWriter
from kitetui.record.fileset import FileSet
from kitetui.record.gaplog import SUFFIX as GAPS
from kitetui.record.gaplog import GapLog
from kitetui.record.ledgerfile import SUFFIX as LEDGER
from kitetui.record.ledgerfile import LedgerFile, ledger_of
from kitetui.record.names import NameOf
from kitetui.record.opening import Format, Made, continue_file, new_writer, stream_writer
from kitetui.record.output import continued_file, standard_output, stems
from kitetui.record.rotation import Rotation
from kitetui.times import IST

_NEVER = Rotation(None, None)

_ELSEWHERE = "name another file with -o"


class Place(Protocol):
    """Where a recording goes.

    rotation: when `open` is to be called for the next files; never, where they are always the same.
    """

    @property
    def rotation(self) -> Rotation: ...

    def before(self) -> Before:
        """Return what was recorded here before, that the next recording goes on from."""

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

    def before(self) -> Before:
        """Return what the folder has, where its recordings follow on each other."""
        if not self.is_series:
            return Before()
        # A recording's name has when it began.
        newest_first = sorted(self._recordings(), reverse=True)
        return Before.of_ledgers(self.path.glob(f"ticks-*{LEDGER}")).or_of_rows(newest_first)

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open new files; the folder is made if it is not there."""
        with ExitStack() as opened:
            try:
                if self.is_series:
                    self.path.mkdir(parents=True, exist_ok=True)
                log, stem = self._new_log(at, name_of)
                opened.callback(log.close)
                ledger = LedgerFile(self.path / f"{stem}{LEDGER}")
                opened.callback(ledger.close)
                made = []
                for each in self.formats:
                    made.append(new_writer(each, self.path / f"{stem}{each.suffix}", name_of, self.columns))
                    opened.callback(made[-1].close)
            except OSError as error:
                raise UserError(f"cannot write to {self.path}: {error.strerror}", self.way_out) from error
            opened.pop_all()
        names = ", ".join(f"{stem}{each.suffix}" for each in self.formats)
        return _file_set(str(self.path / names), made, log, ledger, is_followed=self.is_series)

    def _recordings(self) -> list[Path]:
        suffixes = tuple(each.suffix for each in self.formats)
        paths = [each for each in self.path.glob("ticks-*") if each.name.endswith(suffixes)]
        return [path for path in paths if not path.name.endswith(GAPS)]

    def _new_log(self, at: int, name_of: NameOf) -> tuple[GapLog, str]:
        """Take a name that no file has; the log, made first, keeps it from others. Raises OSError."""
        suffixes = [GAPS, LEDGER, *(each.suffix for each in self.formats)]
        for stem in stems(f"ticks-{datetime.fromtimestamp(at / 1e9, IST):%Y%m%d-%H%M%S}"):
            paths = [self.path / f"{stem}{suffix}" for suffix in suffixes]
            if not any(path.exists() for path in paths):
                paths[0].touch(exist_ok=False)
                return GapLog(continued_file(paths[0]), name_of), stem
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

    def before(self) -> Before:
        """Return what the file has, if it is continued."""
        if not self._is_continued:
            return Before()
        return Before.of_ledgers([ledger_of(self.path)]).or_of_rows([self.path])

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        is_continued = self._is_continued
        make = continue_file if is_continued else new_writer
        with ExitStack() as opened:
            made = make(self.kind, self.path, name_of, self.columns)
            opened.callback(made.close)
            log = GapLog.beside(self.path, name_of)
            opened.callback(log.close)
            try:
                ledger = LedgerFile(ledger_of(self.path), is_continued=is_continued)
            except OSError as error:
                raise UserError(f"cannot write to {error.filename}: {error.strerror}", _ELSEWHERE) from error
            opened.pop_all()
        return _file_set(str(self.path), [made], log, ledger, is_followed=True)

    @property
    def _is_continued(self) -> bool:
        return self.goes_on and self.path.exists() and self.path.stat().st_size > 0


@dataclass(frozen=True, slots=True)
class StandardOutput:
    """Standard output, which has no room for a gap log."""

    kind: Format
    columns: Sequence[str]

    @property
    def rotation(self) -> Rotation:
        """There is only one."""
        return _NEVER

    def before(self) -> Before:
        """Return nothing: nobody knows where it went."""
        return Before()

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        output = standard_output()
        return _file_set(output.name, [stream_writer(self.kind, output, name_of, self.columns)])


def _file_set(
    name: str,
    made: Sequence[Made],
    log: GapLog | None = None,
    ledger: LedgerFile | None = None,
    *,
    is_followed: bool = False,
) -> FileSet:
    return FileSet(
        name=name,
        writers=[each for each in made if not isinstance(each, CaptureWriter)],
        capture=next((each for each in made if isinstance(each, CaptureWriter)), None),
        gaps=log,
        ledger=ledger,
        is_followed=is_followed,
    )
