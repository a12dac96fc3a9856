"""Themes: Textual's own fields in TOML files, with variables of ours for what only a market has.

The files ship in the wheel as `kitetui/themes`; in a checkout they stand beside the package. A user's own
are read after them, and one of the same name takes their place. What a file says is checked to the last
value, because a wrong one would end the app at the moment in which its theme is chosen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.color import Color, ColorParseError
from textual.css.constants import VALID_STYLE_FLAGS
from textual.theme import Theme

from kitetui.formatting import plain

DEFAULT_THEME: Final = "kitetui-dark"

TERMINAL_THEME: Final = "kitetui-terminal"
"""The theme that takes the terminal's own sixteen colours."""

VARIABLES: Final = {
    "tick-up": "#86efac",
    "tick-down": "#f4656c",
    "tick-flash": "#332742",
    "depth-buy": "#35784f",
    "depth-sell": "#b04a52",
    "stale": "#fbbf24",
    "quiet": "#8b929e",
    "frame": "#3a404a",
    "selection": "#20293a",
}
"""Our theme variables, with what they are in a theme that does not set them."""

FALLBACK: Final = Theme(
    name=DEFAULT_THEME,
    primary="#7aa2f7",
    foreground="#d7dae0",
    background="#121212",
    variables=dict(VARIABLES),
)
"""The default theme, should its file be missing or broken."""


@dataclass(frozen=True, slots=True)
class Themes:
    """What was found: the themes that work, and a sentence for each file that does not."""

    themes: list[Theme] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load_themes(files: Iterable[Traversable] | None = None) -> Themes:
    """Read theme files, those that ship unless told otherwise; of two with one name the later counts.

    A broken file is named, in text that is safe to show, and passed over.
    """
    themes: dict[str, Theme] = {}
    problems = []
    for file in shipped_files() if files is None else files:
        try:
            theme = parse_theme(file.read_text(encoding="utf-8"))
            themes[theme.name] = theme
        except OSError as error:
            problems.append(plain(f"theme {file.name} is not used: {error.strerror or error}"))
        except ValueError as error:
            problems.append(plain(f"theme {file.name} is not used: {error}"))
    themes.setdefault(DEFAULT_THEME, FALLBACK)
    return Themes(list(themes.values()), problems)


def parse_theme(text: str) -> Theme:
    """Make a theme of a TOML text. Raises ValueError with what is wrong with it."""
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply to be read") from None
    for name in ("name", "primary"):
        if name not in values:
            raise ValueError(f"{name} is needed, and must be {_FIELDS[name].described}")
    for name, value in values.items():
        if name not in _FIELDS:
            raise ValueError(f"no field {_shown(name)}; {_nearest(name, _FIELDS)}")
        _FIELDS[name].check(name, value)
    variables = values.get("variables", {})
    for name, value in variables.items():
        if name not in _known_variables():
            raise ValueError(f"no variable {_shown(name)}; {_nearest(name, _known_variables())}")
        kind = _STYLE if "style" in name.split("-") else _SHADE
        kind.check(f"variables.{name}", value)
    if values.get("ansi"):
        values["variables"] = _ANSI_VARIABLES | variables
    return Theme(**values)


def shipped_files() -> list[Traversable]:
    """Return the theme files that ship with the program, by name."""
    package = resources.files("kitetui")
    places: list[Traversable] = [package / "themes"]
    if isinstance(package, Path):
        places.append(package.parent / "themes")
    for place in places:
        if place.is_dir() and (found := [file for file in place.iterdir() if file.name.endswith(".toml")]):
            return _by_name(found)
    return []


def user_files(folder: Path) -> list[Traversable]:
    """Return a user's own theme files, by name; none where there is no such folder."""
    return _by_name(folder.glob("*.toml"))


class _Kind(NamedTuple):
    """What a value may be, in words, and the test of it."""

    described: str
    holds: Callable[[Any], bool]

    def check(self, name: str, value: object) -> None:
        if not self.holds(value):
            raise ValueError(f"{name} is {_shown(value)}, and must be {self.described}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def _is_colour(value: Any) -> bool:
    try:
        return isinstance(value, str) and Color.parse(value) is not None
    except ColorParseError:
        return False


def _is_shade(value: Any) -> bool:
    found = _WITH_ALPHA.fullmatch(value) if isinstance(value, str) else None
    return _is_colour(found[1] if found else value)


def _is_style(value: Any) -> bool:
    return isinstance(value, str) and bool(value.split()) and VALID_STYLE_FLAGS.issuperset(value.split())


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


_WITH_ALPHA: Final = re.compile(r"(.*?)\s+[0-9]{1,3}(?:\.[0-9]+)?%")
_TEXT: Final = _Kind("a text", _is_text)
_COLOUR: Final = _Kind("a colour such as #1f2937 or ansi_green", _is_colour)
_SHADE: Final = _Kind("a colour such as #1f2937, ansi_green or #1f2937 50%", _is_shade)
_STYLE: Final = _Kind("a style such as bold or reverse", _is_style)
_SWITCH: Final = _Kind("true or false", lambda value: isinstance(value, bool))
_SHARE: Final = _Kind("a number from 0 to 1", _is_share)
_TABLE: Final = _Kind("a table", lambda value: isinstance(value, dict))

_FIELDS: Final[Mapping[str, _Kind]] = {
    "name": _TEXT,
    "primary": _COLOUR,
    "secondary": _COLOUR,
    "warning": _COLOUR,
    "error": _COLOUR,
    "success": _COLOUR,
    "accent": _COLOUR,
    "foreground": _COLOUR,
    "background": _COLOUR,
    "surface": _COLOUR,
    "panel": _COLOUR,
    "boost": _COLOUR,
    "dark": _SWITCH,
    "ansi": _SWITCH,
    "luminosity_spread": _SHARE,
    "text_alpha": _SHARE,
    "variables": _TABLE,
}

_ANSI_VARIABLES: Final = {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}
"""What Textual's own styles need of a theme of the terminal's colours, and have no default for."""

_LONGEST_SHOWN: Final = 40


def _by_name(files: Iterable[Traversable]) -> list[Traversable]:
    return sorted(files, key=lambda file: file.name)


@cache
def _known_variables() -> frozenset[str]:
    """Our variables and Textual's, whose own list is what it makes of a theme."""
    textual = (Theme("any", "#000000", ansi=ansi).to_color_system().generate() for ansi in (False, True))
    return frozenset(VARIABLES).union(*textual)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else "the files that ship have all there are"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
