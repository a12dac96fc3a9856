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


_BLOCK: Final = 1 << 16

LONGEST_LINE: Final = 1 << 16
"""Bytes of a first line; a file that has no line end before is none of ours."""


def cut_torn_tail(path: Path, what: str, end_of: Callable[[BinaryIO, int], int | None]) -> str | None:
    """Move what follows the last whole part of a file into a file beside it.

    Args:
        path: the file.
        what: what is moved, for people.
        end_of: given the open file and its size, returns where the last whole part ends, and None for a file
            that is to stay as it is.

    Returns:
        The sentence that says what was done, None for a whole file.

    Raises:
        UserError: the file cannot be repaired; nothing is cut then.
    """
    try:
        with path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            end = end_of(file, size)
            if end is None or end == size:
                return None
            file.seek(end)
            beside = _kept_beside(path, file)
            file.truncate(end)
    except OSError as error:
        raise UserError(
            f"cannot repair {path}: {error.strerror}", "name another file with -o, or see to its permissions"
        ) from error
    return f"moved {what} of {path.name}, {size - end:,} {noun(size - end, 'byte')}, to {beside}"


def repair_lines(path: Path, is_ours: Callable[[bytes], bool]) -> str | None:
    """Move an unfinished last line aside; see `cut_torn_tail`.

    Looks at the beginning and the end alone, so that the size of the file does not matter. What its first
    line does not prove to be a recording stays as it is.

    is_ours: tells of a first line, which may be unfinished, if it is one of a recording.
    """

    def end_of(file: BinaryIO, size: int) -> int | None:
        file.seek(0)
        first = file.readline(LONGEST_LINE)
        return _end_of_rows(file, size) if first and is_ours(first) else None

    return cut_torn_tail(path, "the unfinished last row", end_of)


def _kept_beside(path: Path, file: BinaryIO) -> str:
    """Write the rest of a file into a new one beside it; return its name. Raises OSError."""
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
        return beside.name
    raise AssertionError("there is always another number")


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
