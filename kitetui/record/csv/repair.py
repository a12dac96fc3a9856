"""Makes good what a kill or a power cut left of a file of lines: the beginning of a line at its end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError
from kitetui.record.csv.header import LONGEST, begins_header, sniff
from kitetui.record.torn import set_aside, size_of

_BLOCK: Final = 1 << 16


def repair(path: Path) -> str | None:
    """Mend a CSV of ticks; see `repair_lines`."""
    return repair_lines(path, lambda line, *, is_whole: sniff(line) if is_whole else begins_header(line))


def repair_lines(path: Path, is_ours: Callable[..., bool]) -> str | None:
    """Move an unfinished last line aside; return the sentence that says so, None for a whole file.

    Looks at the beginning and the end alone, so that the size of the file does not matter. What its first
    line does not prove to be a recording stays as it is.

    is_ours: tells of a first line, and whether it `is_whole`, if it is one of a recording.

    Raises UserError.
    """
    try:
        with path.open("rb+") as file:
            first = file.readline(LONGEST)
            is_whole = first.endswith(b"\n")
            if not first or not is_ours(first, is_whole=is_whole):
                return None
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_rows(file, size)
            if whole == size:
                return None
            beside = set_aside(path, file, whole)
    except OSError as error:
        raise UserError(
            f"cannot mend {path}: {error.strerror}", "name another file with -o, or see to its permissions"
        ) from error
    return f"moved the unfinished last row of {path.name}, {size_of(size - whole)}, to {beside}"


def _end_of_rows(file: BinaryIO, size: int) -> int:
    """Return where the last newline ends, 0 without one."""
    end = size
    while end:
        start = max(0, end - _BLOCK)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
