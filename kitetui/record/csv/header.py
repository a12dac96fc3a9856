"""The first line of a CSV file: which columns it has, and whether it is a recording at all."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError
from kitetui.record.csv.columns import COLUMNS

LONGEST: Final = 1 << 16
"""Bytes of a header; a file that has no line end before is none of ours."""

_BOM: Final = b"\xef\xbb\xbf"
_EVERY_TICK: Final = {"received_at", "instrument_token"}


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a CSV of ticks, of whichever columns."""
    columns = set(_columns(head.split(b"\n", 1)[0])) - {""}
    return (bool(columns) and columns <= set(COLUMNS)) or columns >= _EVERY_TICK


def begins_header(head: bytes) -> bool:
    """Whether this may be the beginning of a first line that was never finished."""
    *names, last = head.decode(errors="replace").split(",")
    return all(name in COLUMNS for name in names) and any(name.startswith(last) for name in COLUMNS)


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the columns that a file has. Raises UserError for one that is no CSV of ticks."""
    try:
        with path.open("rb") as file:
            line = read_header(file)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "name a recording") from error
    if not sniff(line):
        raise UserError(f"{path} is no CSV of ticks: its first line does not name their columns")
    return _columns(line)


def read_header(file: BinaryIO) -> bytes:
    """Read the first line of a file; what follows it are rows."""
    return file.readline(LONGEST)


def _columns(line: bytes) -> tuple[str, ...]:
    text = line.removeprefix(_BOM).decode(errors="replace").rstrip("\r\n")
    try:
        return tuple(name.strip() for name in next(csv.reader([text]), []))
    except csv.Error:
        return (text,)
