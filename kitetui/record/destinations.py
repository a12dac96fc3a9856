"""Where a recording goes: new files in a folder (rotated in time), one file, or standard output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self

from kitetui.errors import UserError
from kitetui.record.base import NameOf, Writer
from kitetui.record.capture import CaptureWriter
from kitetui.record.formats import Format, continue_file, new_writer, stream_writer
from kitetui.record.gaplog import GAPS_SUFFIX, GapEntry, GapLog
from kitetui.record.history import RecordingHistory
from kitetui.record.ledgerfile import LEDGER_SUFFIX, LedgerFile, LedgerState, ledger_of
from kitetui.record.output import continued_file, standard_output, stems, writing
from kitetui.record.rows import TickRows
from kitetui.times import IST

_PERIODS: Final = {"d": 86_400, "h": 3_600, "m": 60}
_SIZES: Final = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,8})(d|h|m|KB|MB|GB)")
_NANOSECONDS: Final = 1_000_000_000
_DAY: Final = _PERIODS["d"]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What ends a file.

    period: seconds; periods begin at midnight in India. size: bytes of any one file. None: not by that.
    """

    period: int | None = _DAY
    size: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1d`, `1h`, `500MB`, or one of each with a comma. Raises UserError."""
        period = size = None
        for part in text.split(","):
            match = _LIMIT.fullmatch(part.strip())
            if match is None:
                raise _unclear(text)
            number, unit = int(match[1]), match[2]
            if unit in _SIZES and size is None:
                size = number * _SIZES[unit]
            elif unit in _PERIODS and period is None and _divides(number * _PERIODS[unit]):
                period = number * _PERIODS[unit]
            else:
                raise _unclear(text)
        return cls(period, size)

    def period_of(self, at: int) -> int:
        """Return the number of the period that a moment is in; moments are UTC nanoseconds."""
        return (at + _OFFSET) // (self.period * _NANOSECONDS) if self.period else 0

    def ends_at(self, at: int) -> int | None:
        """Return when the period of this moment is over."""
        if not self.period:
            return None
        return (self.period_of(at) + 1) * self.period * _NANOSECONDS - _OFFSET

    def is_full(self, size: int) -> bool:
        """Whether a file of so many bytes takes no more."""
        return self.size is not None and size >= self.size


_OFFSET: Final = int(IST.utcoffset(None).total_seconds()) * _NANOSECONDS


def _divides(period: int) -> bool:
    """Whether a day is made of such periods, or the period is of whole days."""
    return _DAY % period == 0 or period % _DAY == 0


def _unclear(text: str) -> UserError:
    return UserError(
        f"--rotate takes a period that divides the day (1d, 1h, 15m), a size (500MB, 2GB), "
        f"or both with a comma, and not {text!r}"
    )


@dataclass(frozen=True, slots=True)
class FileSet:
    """Open files; `name` is for people.

    writers: one a format. gaps, ledger: None where there is no place for them. is_followed: whether another
    recording may go on from these, and asks the ledger.
    """

    name: str
    writers: Sequence[Writer]
    gaps: GapLog | None = None
    ledger: LedgerFile | None = None
    is_followed: bool = field(default=False, kw_only=True)

    @property
    def capture(self) -> CaptureWriter | None:
        """The one that takes what was on the wire."""
        return next((each for each in self.writers if isinstance(each, CaptureWriter)), None)

    @property
    def size(self) -> int:
        """Bytes of all files but the log."""
        return sum(each.size for each in self.writers)

    @property
    def largest(self) -> int:
        """Bytes of the largest file."""
        return max(each.size for each in self.writers)

    def log_gap(self, entry: GapEntry) -> None:
        """Add a row to the gap log. Raises RecordingError."""
        if self.gaps is not None:
            self.gaps.add(entry)

    @property
    def rows(self) -> int:
        """Rows that every file has."""
        return min(each.rows for each in self.writers)

    def write(self, rows: TickRows) -> None:
        """Add rows to all files but a capture. Raises RecordingError."""
        for each in self.writers:
            if not isinstance(each, CaptureWriter):
                each.write(rows)

    def rename(self, name_of: NameOf) -> None:
        """Name by this what is written from now on."""
        for each in self.writers:
            each.rename(name_of)
        if self.gaps is not None:
            self.gaps.rename(name_of)

    def flush(self, *, sync: bool) -> None:
        """Have readers, and a start after a crash, find all that was written. Raises RecordingError."""
        for each in self.writers:
            each.flush(sync=sync)
        if sync and self.gaps is not None:
            self.gaps.sync()

    def put(self, state: LedgerState) -> None:
        """Keep what is known of what was flushed. Raises RecordingError."""
        if self.ledger is not None:
            self.ledger.put(state)

    def forget(self) -> None:
        """Remove the ledger: another says as much, or nobody asks."""
        if self.ledger is not None:
            self.ledger.remove()

    def close(self) -> None:
        """Finish every file, even if one of them cannot be. Raises RecordingError."""
        with ExitStack() as closing:
            if self.ledger is not None:
                closing.callback(self.ledger.close)
            if self.gaps is not None:
                closing.callback(self.gaps.close)
            for each in self.writers:
                closing.callback(each.close)


_NEVER = Rotation(None, None)


class Destination(Protocol):
    """Where a recording goes.

    rotation: when `open` is to be called for the next files; never, where they are always the same.
    """

    @property
    def rotation(self) -> Rotation: ...

    def history(self) -> RecordingHistory:
        """Return what was recorded here before, that the next recording goes on from."""

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open the files for what is received from a moment on, UTC nanoseconds. Raises UserError."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: each format has a new file, named by date and time.

    way_out: what to do where it cannot be written. is_series: whether its recordings follow on each other, so
    that the time between the last one and a new one is a gap; then it is made if it is not there. integers:
    whether the prices of Parquet are as sent, with their divisor, and not in rupees.
    """

    path: Path
    formats: Sequence[Format]
    columns: Sequence[str]
    rotation: Rotation = _NEVER
    way_out: str = "name another folder with -o"
    is_series: bool = False
    integers: bool = False

    def history(self) -> RecordingHistory:
        """Return what the folder has, where its recordings follow on each other."""
        if not self.is_series:
            return RecordingHistory()
        # A recording's name has when it began.
        newest_first = sorted(self._recordings(), reverse=True)
        return RecordingHistory.of_ledgers(self.path.glob(f"ticks-*{LEDGER_SUFFIX}")).or_of_rows(newest_first)

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open new files; the folder is made if it is not there."""
        with ExitStack() as opened, writing(self.path, self.way_out):
            if self.is_series:
                self.path.mkdir(parents=True, exist_ok=True)
            log, stem = self._new_log(at, name_of)
            opened.callback(log.close)
            ledger = LedgerFile(self.path / f"{stem}{LEDGER_SUFFIX}")
            opened.callback(ledger.close)
            made = []
            for each in self.formats:
                path = self.path / f"{stem}{each.suffix}"
                made.append(new_writer(each, path, name_of, self.columns, integers=self.integers))
                opened.callback(made[-1].close)
            opened.pop_all()
        names = ", ".join(f"{stem}{each.suffix}" for each in self.formats)
        return FileSet(str(self.path / names), made, log, ledger, is_followed=self.is_series)

    def _recordings(self) -> list[Path]:
        suffixes = tuple(each.suffix for each in self.formats)
        paths = [each for each in self.path.glob("ticks-*") if each.name.endswith(suffixes)]
        return [path for path in paths if not path.name.endswith(GAPS_SUFFIX)]

    def _new_log(self, at: int, name_of: NameOf) -> tuple[GapLog, str]:
        """Take a name that no file has; the log, made first, keeps it from others. Raises OSError."""
        suffixes = [GAPS_SUFFIX, LEDGER_SUFFIX, *(each.suffix for each in self.formats)]
        for stem in stems(f"ticks-{datetime.fromtimestamp(at / 1e9, IST):%Y%m%d-%H%M%S}"):
            paths = [self.path / f"{stem}{suffix}" for suffix in suffixes]
            if not any(path.exists() for path in paths):
                paths[0].touch(exist_ok=False)
                return GapLog(continued_file(paths[0]), name_of), stem
        raise AssertionError("there is always another number")


@dataclass(frozen=True, slots=True)
class File:
    """One file of this name; `goes_on`: which may be there already, and is continued.

    integers: as for `Folder`.
    """

    path: Path
    kind: Format
    columns: Sequence[str]
    rotation: ClassVar[Rotation] = _NEVER
    goes_on: bool = False
    integers: bool = False

    def history(self) -> RecordingHistory:
        """Return what the file has, if it is continued."""
        if not self._is_continued:
            return RecordingHistory()
        return RecordingHistory.of_ledgers([ledger_of(self.path)]).or_of_rows([self.path])

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        is_continued = self._is_continued
        with ExitStack() as opened:
            if is_continued:
                made = continue_file(self.kind, self.path, name_of, self.columns)
            else:
                made = new_writer(self.kind, self.path, name_of, self.columns, integers=self.integers)
            opened.callback(made.close)
            log = GapLog.beside(self.path, name_of)
            opened.callback(log.close)
            with writing(ledger_of(self.path)):
                ledger = LedgerFile(ledger_of(self.path), is_continued=is_continued)
            opened.pop_all()
        return FileSet(str(self.path), [made], log, ledger, is_followed=True)

    @property
    def _is_continued(self) -> bool:
        return self.goes_on and self.path.exists() and self.path.stat().st_size > 0


@dataclass(frozen=True, slots=True)
class StandardOutput:
    """Standard output, which has no room for a gap log."""

    kind: Format
    columns: Sequence[str]
    rotation: ClassVar[Rotation] = _NEVER

    def history(self) -> RecordingHistory:
        """Return nothing: nobody knows where it went."""
        return RecordingHistory()

    def open(self, at: int, name_of: NameOf) -> FileSet:
        """Open it."""
        output = standard_output()
        return FileSet(output.name, [stream_writer(self.kind, output, name_of, self.columns)])
