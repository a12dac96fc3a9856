"""Sets of symbols, `@nifty50`: text files that a user owns, and a few that ship with the program.

A file holds a symbol or a pattern a line; what stands behind a `#` is for people. A file of the user's goes
before one of the same name that ships.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.paths import config_folder

SIGN: Final = "@"
"""What the name of a set begins with where symbols are named."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def set_named(name: str) -> list[str]:
    """Return the symbols of a set, whose name is given without its sign. Raises UserError."""
    name = name.lower()
    if not _NAME.fullmatch(name):
        raise UserError(f"{name[:40]!a} names no set", "names are of a-z, 0-9, - and _")
    path = _folder() / f"{name}.txt"
    try:
        return _symbols(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"cannot read the set {path}: {why}", "make it readable, or move it away") from None
    try:
        return shipped_set(name)
    except FileNotFoundError:
        known = ", ".join(f"{SIGN}{each}" for each in set_names())
        raise UserError(
            f"no set {SIGN}{name}", f"there are {known}, and {path} would be one of yours"
        ) from None


def shipped_set(name: str) -> list[str]:
    """Return the symbols of a set that ships with the program. Raises FileNotFoundError."""
    return _symbols((resources.files(__name__) / f"{name}.txt").read_text(encoding="utf-8"))


def set_names() -> list[str]:
    """Return the names of all sets, without their sign."""
    shipped = (each.name for each in resources.files(__name__).iterdir())
    try:
        own = [each.name for each in _folder().iterdir()]
    except OSError:
        own = []
    names = {name.removesuffix(".txt") for name in (*shipped, *own) if name.endswith(".txt")}
    return sorted(name for name in names if _NAME.fullmatch(name))


def _folder() -> Path:
    return config_folder() / "sets"


def _symbols(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
