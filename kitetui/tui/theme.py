"""Themes: Textual's own fields in TOML files, with variables of ours for what only a market has.

The files ship in the wheel as `kitetui/themes`; in a checkout they stand beside the package.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT_THEME: Final = "kitetui-dark"

VARIABLES: Final = {
    "tick-up": "#86efac",
    "tick-down": "#f0525a",
    "tick-flash": "#3a3f4b",
    "depth-buy": "#2f6b4a",
    "depth-sell": "#8a343c",
    "stale": "#fbbf24",
    "quiet": "#7d8590",
    "frame": "#30363d",
    "selection": "#1f2937",
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
    """Read theme files, those that ship unless told otherwise; a broken one is named and passed over."""
    found = Themes()
    for file in sorted(shipped_files() if files is None else files, key=lambda each: each.name):
        try:
            found.themes.append(parse_theme(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            found.problems.append(f"theme {file.name} is not used: {error}")
    if not any(theme.name == DEFAULT_THEME for theme in found.themes):
        found.themes.append(FALLBACK)
    return found


def parse_theme(text: str) -> Theme:
    """Make a theme of a TOML text. Raises ValueError with what is wrong with it."""
    values: dict[str, Any] = tomllib.loads(text)
    known = {each.name for each in fields(Theme)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"no field {unknown[0]!r}; a theme has {', '.join(sorted(known))}")
    if missing := [name for name in ("name", "primary") if not isinstance(values.get(name), str)]:
        raise ValueError(f"{missing[0]} is needed, and must be a text")
    theme = Theme(**values)
    for name, value in _colours(theme):
        try:
            Color.parse(value)
        except (ColorParseError, TypeError, AttributeError):
            raise ValueError(f"{name} is no colour: {value!r}") from None
    return theme


def shipped_files() -> list[Traversable]:
    """Return the theme files that ship with the program."""
    package = resources.files("kitetui")
    places: list[Traversable] = [package / "themes"]
    if isinstance(package, Path):
        places.append(package.parent / "themes")
    for place in places:
        if place.is_dir() and (found := [file for file in place.iterdir() if file.name.endswith(".toml")]):
            return found
    return []


def _colours(theme: Theme) -> list[tuple[str, Any]]:
    names = "primary secondary warning error success accent foreground background surface panel boost".split()
    pairs = [(name, getattr(theme, name)) for name in names]
    ours = [(f"variables.{name}", value) for name, value in theme.variables.items() if name in VARIABLES]
    return [(name, value) for name, value in [*pairs, *ours] if value is not None]
