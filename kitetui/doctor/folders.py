"""The program's folders: whether they are there or can be made, can be written to, and have room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from kitetui.doctor.finding import Finding, failed, ok, warning

ROOM: Final = 10**9
"""Bytes below which a folder is short of room: a day's recording of some thousand symbols has more."""


def folder(path: Path) -> Finding:
    """Say whether a folder can be written to; one that is not there is not made."""
    there = next(each for each in (path, *path.parents) if each.exists())
    try:
        if there != path:
            return _can_be_made(path, there)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"room?")
    except OSError as error:
        return failed(f"{path} cannot be written to ({error.strerror})", _step(path))
    return ok(f"{path} can be written to")


def room() -> Finding:
    """Say how much room there is in the current folder, where recordings go."""
    try:
        here = Path.cwd()
        free = shutil.disk_usage(here).free
    except OSError as error:
        return failed(f"the current folder cannot be looked at ({error.strerror})", "go to another one")
    return roomy(here, free)


def roomy(path: Path, free: int) -> Finding:
    """Judge how many bytes are free in a folder."""
    found = f"{free / 1e9:,.1f} GB free in {path}"
    return ok(found) if free >= ROOM else warning(found, "make room, or record elsewhere with -o")


def _can_be_made(path: Path, there: Path) -> Finding:
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(f"{path} is not there yet, and can be made")
    return failed(f"{path} cannot be made in {there}", _step(path))


def _step(path: Path) -> str:
    return f"make {path} a folder of yours, or set KITETUI_HOME to another place"
