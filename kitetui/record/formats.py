"""The registry of formats, by option, file name and content; opens, writes and repairs recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.record import capture, csv, jsonl, parquet, sqlite
from kitetui.record.base import NameOf, Reader, Writer, reading
from kitetui.record.gaplog import GAPS_SUFFIX, gap_log_of, repair_log
from kitetui.record.output import Output, continued_file, empty_file, is_being_written


class Format(StrEnum):
    """A format, named as its option is."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    SQLITE = "sqlite"
    CAPTURE = "capture"

    @property
    def suffix(self) -> str:
        """How the names of its files end."""
        return _SUFFIXES[self]

    @property
    def is_stream(self) -> bool:
        """Whether a pipe can take it."""
        return self in (Format.CSV, Format.JSONL, Format.CAPTURE)

    @classmethod
    def of_name(cls, path: Path) -> Format:
        """Return the format that a file's name asks for. Raises UserError."""
        for each, suffix in _SUFFIXES.items():
            if path.name.lower().endswith(suffix) and not path.name.endswith(GAPS_SUFFIX):
                return each
        raise UserError(
            f"{path} does not say its format", f"let its name end in {', '.join(_SUFFIXES.values())}"
        )

    @classmethod
    def of_file(cls, path: Path) -> Format:
        """Return the format of what a file holds. Raises UserError."""
        head = _head(path)
        if not head and path.name.endswith(cls.JSONL.suffix):  # the one that begins with its first row
            return cls.JSONL
        for each, sniff in _SNIFFS.items():
            if sniff(head):
                return each
        raise UserError(f"{path} is no recording of kitetui", f"name one in {_LISTED}")


_SUFFIXES: Final = {
    Format.CSV: ".csv",
    Format.JSONL: ".jsonl",
    Format.PARQUET: ".parquet",
    Format.SQLITE: ".sqlite",
    Format.CAPTURE: ".kcap",
}
_LISTED: Final = "CSV, JSON lines, Parquet, SQLite or a capture"

_SNIFFS: Final = {
    Format.CAPTURE: capture.sniff,
    Format.PARQUET: parquet.sniff,
    Format.SQLITE: sqlite.sniff,
    Format.JSONL: jsonl.sniff,
    Format.CSV: csv.sniff,
}

_HEAD: Final = 4096


AnyWriter = Writer | capture.CaptureWriter
"""A writer of rows, or of what was on the wire."""


def new_writer(kind: Format, path: Path, name_of: NameOf, columns: Sequence[str]) -> AnyWriter:
    """Begin a file that is not there, or is empty. Raises UserError."""
    match kind:
        case Format.PARQUET:
            return parquet.ParquetWriter(path, name_of)
        case Format.SQLITE:
            return sqlite.SqliteWriter(path, name_of)
        case _:
            return stream_writer(kind, empty_file(path), name_of, columns)


def stream_writer(kind: Format, output: Output, name_of: NameOf, columns: Sequence[str]) -> AnyWriter:
    """Write on an open destination, after what it holds. Raises UserError for a format that cannot."""
    match kind:
        case Format.CSV:
            return csv.CsvWriter(output, name_of, columns, is_new=not output.size)
        case Format.JSONL:
            return jsonl.JsonlWriter(output, name_of)
        case Format.CAPTURE:
            return capture.CaptureWriter(output, name_of=name_of)
    raise UserError(f"--{kind} cannot be written to {output.name}", "name a file with -o")


def continue_file(kind: Format, path: Path, name_of: NameOf, columns: Sequence[str]) -> AnyWriter:
    """Write on where a file ends, once it is repaired. Raises UserError for one that is of another kind."""
    if Format.of_file(path) is not kind:
        raise UserError(f"{path} holds no {kind}", "leave out --append and name another file with -o")
    if kind is Format.PARQUET:
        raise UserError(f"{path}: a Parquet file cannot be continued", "let -o name a folder instead")
    if kind is Format.CSV and (there := csv.columns_of(path)) != tuple(columns):
        raise UserError(f"{path} has other columns", f"name another file, or add --columns {','.join(there)}")
    if kind is Format.SQLITE:
        return sqlite.SqliteWriter(path, name_of)
    return stream_writer(kind, continued_file(path), name_of, columns)


def open_reader(path: Path, *, partial: bool = False) -> Reader:
    """Open a recording of any format; a `partial` one may lack columns. Raises UserError."""
    match Format.of_file(path):
        case Format.CSV:
            return csv.CsvReader(path, partial=partial)
        case Format.JSONL:
            return jsonl.JsonlReader(path)
        case Format.PARQUET:
            return parquet.ParquetReader(path)
        case Format.SQLITE:
            return sqlite.SqliteReader(path)
        case Format.CAPTURE:
            return capture.CaptureReader(path)


def repair(kind: Format, path: Path) -> str | None:
    """Make good what a kill left of a file; return what was done, None where there was nothing to do."""
    if kind is not Format.PARQUET and not path.exists():  # of a Parquet file what stands beside it is enough
        return None
    match kind:
        case Format.CSV:
            return csv.repair(path)
        case Format.JSONL:
            return jsonl.repair(path)
        case Format.PARQUET:
            return parquet.repair(path)
        case Format.SQLITE:
            return sqlite.repair(path)
        case Format.CAPTURE:
            return capture.repair(path)


def _head(path: Path) -> bytes:
    with reading(path), path.open("rb") as file:
        return file.read(_HEAD)


_UNFINISHED: Final = (".journal", ".part")
"""What stands beside a Parquet file that was not finished."""


def repair_folder(folder: Path) -> Iterator[str]:
    """Repair every recording of a folder that nobody is writing; yield what was done, one sentence each."""
    for path in sorted(set(map(_recording_of, folder.glob("ticks-*")))):
        with suppress(UserError):  # it is none of ours, and stays as it is
            if path.name.endswith(GAPS_SUFFIX):
                yield from repair_gap_log(path)
            else:
                yield from repair_recording(path, Format.of_name(path))


def repair_recording(path: Path, kind: Format) -> Iterator[str]:
    """Repair one recording, unless somebody is writing it; yield what was done. Raises UserError."""
    log = gap_log_of(path)
    if not (log.exists() and is_being_written(log)) and (done := repair(kind, path)) is not None:
        yield done


def repair_gap_log(log: Path) -> Iterator[str]:
    """Repair a gap log, unless somebody is writing it; yield what was done. Raises UserError."""
    if log.exists() and not is_being_written(log) and (done := repair_log(log)) is not None:
        yield done


def _recording_of(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in _UNFINISHED else path
