"""Values written as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_LINE: Final = 80


def rendered(value: Any) -> str:
    """Return a text, number, truth, list or table as TOML; a list is one line while that is short."""
    match value:
        case Mapping():
            inside = ", ".join(f"{key(name)} = {rendered(each)}" for name, each in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list():
            elements = list(map(rendered, value))
            line = f"[{', '.join(elements)}]"
            if len(line) <= _LONGEST_LINE:
                return line
            return "\n".join(["[", *(f"  {element}," for element in elements), "]"])
        case _:
            # JSON's texts, numbers and truths are TOML's too, when no control character is in them.
            return json.dumps(value, ensure_ascii=False)


def key(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def statement(name: str, value: Any) -> str:
    """Return the line or lines that give a key its value."""
    return f"{key(name)} = {rendered(value)}\n"
