"""A configuration's text with other values in it, and all else as the user left it.

Only what differs is written: comments, blank lines, the order, and every value that stays are the user's
to the character.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kitetui.config.fields import FIELDS
from kitetui.config.model import Config
from kitetui.config.outline import Outline, Path
from kitetui.config.sections import regrouped
from kitetui.config.statements import with_value, without_value


def edited(text: str, before: Config, after: Config) -> str:
    """Return a text that has the values `before` so that it has those of `after`."""
    for path, was, value in _changes(before, after):
        inline = len(path) > 1 and path[:1] in Outline.of(text).values
        if inline:
            text = with_value(text, path[:1], None, _table(str(path[0]), after))
        elif value is None:
            text = without_value(text, path)
        elif path == ("groups",) and path not in Outline.of(text).values:
            text = regrouped(text, was, value)
        else:
            text = with_value(text, path, was, value)
    return text


def _changes(before: Config, after: Config) -> Iterator[tuple[Path, Any, Any]]:
    """Yield what differs: its path, what it was, and what it is to be; None is not set."""
    for field in FIELDS:
        was, value = field.shown(before), field.shown(after)
        if isinstance(value, dict):
            for name in was | value:
                if was.get(name) != value.get(name):
                    yield (*field.path, name), was.get(name), value.get(name)
        elif was != value:
            yield field.path, was, value


def _table(name: str, config: Config) -> Any:
    """Return all that is set in a table, to be written on one line."""
    inside = [field for field in FIELDS if field.path[0] == name]
    if inside[0].path == (name,):
        return inside[0].shown(config)
    return {field.path[-1]: field.shown(config) for field in inside}
