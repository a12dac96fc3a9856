"""The registry of formats, by option, file name and content; opens, writes and repairs recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
        return _CODECS[self].suffix

    @classmethod
    def named(cls, path: Path) -> Format | None:
        """Return the format that a file's name ends as, None where it ends as no format's."""
        return next((each for each in cls if path.name.lower().endswith(each.suffix)), None)

    @classmethod
    def of_name(cls, path: Path) -> Format:
        """Return the format that a file's name asks for. Raises UserError."""
        if (named := cls.named(path)) is not None and not path.name.endswith(GAPS_SUFFIX):
            return named
        raise UserError(
            f"{path} does not say its format", f"let its name end in {', '.join(each.suffix for each in cls)}"
        )

    @classmethod
    def of_file(cls, path: Path) -> Format:
        """Return the format of what a file holds. Raises UserError."""
        head = _head(path)
        if not head and path.name.endswith(cls.JSONL.suffix):  # the one that begins with its first row
            return cls.JSONL
        for each, codec in _CODECS.items():
            if codec.sniff(head):
                return each
        raise UserError(f"{path} is no recording of kitetui", f"name one in {_LISTED}")


_LISTED: Final = "CSV, JSON lines, Parquet, SQLite or a capture"


@dataclass(frozen=True, slots=True)
class _Codec:
    """How names of files of a format end, how they begin, and what reads and repairs them."""

    suffix: str
    sniff: Callable[[bytes], bool]
    reader: Callable[[Path], Reader]
    repair: Callable[[Path], str | None]


_CODECS: Final = {
    Format.CAPTURE: _Codec(".kcap", capture.sniff, capture.CaptureReader, capture.repair),
    Format.PARQUET: _Codec(".parquet", parquet.sniff, parquet.ParquetReader, parquet.repair),
    Format.SQLITE: _Codec(".sqlite", sqlite.sniff, sqlite.SqliteReader, sqlite.repair),
    Format.JSONL: _Codec(".jsonl", jsonl.sniff, jsonl.JsonlReader, jsonl.repair),
    Format.CSV: _Codec(".csv", csv.sniff, csv.CsvReader, csv.repair),
}
"""In the order in which a file is looked at."""

_HEAD: Final = 4096


def new_writer(
    kind: Format, path: Path, name_of: NameOf, columns: Sequence[str], *, integers: bool = False
) -> Writer:
    """Begin a file that is not there, or is empty. Raises UserError.

    columns: those of CSV. integers: the prices of Parquet are as sent, with their divisor.
    """
    match kind:
        case Format.PARQUET:
            return parquet.ParquetWriter(path, name_of, integers=integers)
        case Format.SQLITE:
            return sqlite.SqliteWriter(path, name_of)
        case _:
            return stream_writer(kind, empty_file(path), name_of, columns)


def stream_writer(kind: Format, output: Output, name_of: NameOf, columns: Sequence[str]) -> Writer:
    """Write on an open destination, after what it holds. Raises UserError for a format that cannot."""
    match kind:
        case Format.CSV:
            return csv.CsvWriter(output, name_of, columns, is_new=not output.size)
        case Format.JSONL:
            return jsonl.JsonlWriter(output, name_of)
        case Format.CAPTURE:
            return capture.CaptureWriter(output, name_of=name_of)
    raise UserError(f"--{kind} cannot be written to {output.name}", "name a file with -o")


def continue_file(kind: Format, path: Path, name_of: NameOf, columns: Sequence[str]) -> Writer:
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
    kind = Format.of_file(path)
    return csv.CsvReader(path, partial=partial) if kind is Format.CSV else _CODECS[kind].reader(path)


def repair(kind: Format, path: Path) -> str | None:
    """Repair a file that a crash left incomplete; return what was done, None where it is whole."""
    if kind is not Format.PARQUET and not path.exists():  # of a Parquet file what stands beside it is enough
        return None
    return _CODECS[kind].repair(path)


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
