"""Makes good what a kill or a power cut left of a CSV file: the beginning of a row at its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError

_BLOCK: Final = 1 << 16


def repair(path: Path) -> str | None:
    """Cut off a last row that was not finished; return the sentence that says so, None for a whole file.

    Looks at the end alone, so that the size of the file does not matter. Raises UserError.
    """
    try:
        with path.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_rows(file, size)
            if whole == size:
                return None
            file.truncate(whole)
    except OSError as error:
        raise UserError(
            f"cannot mend {path}: {error.strerror}; name another file with -o, or see to its permissions"
        ) from error
    return f"cut the unfinished last row, {_bytes(size - whole)}, off {path.name}"


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


def _bytes(count: int) -> str:
    return f"{count:,} byte{'' if count == 1 else 's'}"
