"""Repairs what a crash or a power cut left at the end of a file.

A torn end is moved into a file beside it and never thrown away.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError
from kitetui.formatting import noun
from kitetui.record.output import stems

_SUFFIX: Final = "torn"


def move_torn_tail(path: Path, file: BinaryIO, end: int) -> str:
    """Cut a file at its last whole part, once what follows is safe in a file beside it; return its name.

    file: the same, open to read and write. Raises OSError, with nothing cut.
    """
    file.seek(end)
    for stem in stems(_SUFFIX):
        beside = path.with_name(f"{path.name}.{stem}")
        try:
            with beside.open("xb") as kept:
                shutil.copyfileobj(file, kept)
                kept.flush()
                os.fsync(kept.fileno())
        except FileExistsError:
            continue
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        break
    file.truncate(end)
    return beside.name


def size_of(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count:,} {noun(count, 'byte')}"


_BLOCK: Final = 1 << 16

LONGEST_LINE: Final = 1 << 16
"""Bytes of a first line; a file that has no line end before is none of ours."""


def repair_lines(path: Path, is_ours: Callable[..., bool]) -> str | None:
    """Move an unfinished last line aside; return the sentence that says so, None for a whole file.

    Looks at the beginning and the end alone, so that the size of the file does not matter. What its first
    line does not prove to be a recording stays as it is.

    is_ours: tells of a first line, and whether it `is_whole`, if it is one of a recording.

    Raises UserError.
    """
    try:
        with path.open("rb+") as file:
            first = file.readline(LONGEST_LINE)
            is_whole = first.endswith(b"\n")
            if not first or not is_ours(first, is_whole=is_whole):
                return None
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_rows(file, size)
            if whole == size:
                return None
            beside = move_torn_tail(path, file, whole)
    except OSError as error:
        raise UserError(
            f"cannot repair {path}: {error.strerror}", "name another file with -o, or see to its permissions"
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
