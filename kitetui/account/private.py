"""Files that their owner alone can read, written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.writing import put_whole

Signature = tuple[int, int, int, int]
"""What differs between two files of one name: device, inode, time of the last change, size."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_IS_POSIX: Final = os.name == "posix"


def read_private(path: Path) -> str | None:
    """Return the text of a file, None where there is none.

    Raises UserError when others can read it or its folder, UnicodeDecodeError, OSError.
    """
    try:
        file = open(path, "rb", opener=_no_links)  # noqa: SIM115 - closed below
    except FileNotFoundError:
        return None
    with file:
        _refuse_others(path.parent, path.parent.stat().st_mode, "700")
        # Of the open file, so that it cannot be another one by the time it is read.
        _refuse_others(path, os.fstat(file.fileno()).st_mode, "600")
        return file.read().decode()


def write_private(path: Path, text: str) -> None:
    """Put a text in the place of a file's, all of it or nothing. Raises UserError, OSError."""
    path.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    _refuse_others(path.parent, path.parent.stat().st_mode, "700")
    put_whole(path, text.encode())


def signature(path: Path) -> Signature | None:
    """Return what changes whenever the file does, None where there is none; costs one look at the disk."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _no_links(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _refuse_others(path: Path, mode: int, wanted: str) -> None:
    if _IS_POSIX and mode & _OTHERS:
        raise UserError(f"others can read {path}, which holds secrets", f"run chmod {wanted} {path}")
