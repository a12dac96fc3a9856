"""One value of a TOML text changed, added or taken out, and all else left to the character."""

from __future__ import annotations

import re
from typing import Any

from kitetui.config.lists import relisted
from kitetui.config.outline import Outline, Path, Section
from kitetui.config.toml import key, rendered, statement


def with_value(text: str, path: Path, before: Any, after: Any) -> str:
    """Return the text with `after` at a path that has the value `before`, or none yet."""
    outline = Outline.of(text)
    span = outline.values.get(path)
    if span is None:
        return _with_statement(outline, path, after)
    are_lists = isinstance(before, list) and isinstance(after, list)
    value = relisted(outline, path, before, after) if are_lists else rendered(after)
    return text[: span.start] + value + text[span.end :]


def without_value(text: str, path: Path) -> str:
    """Return the text without the lines of a statement."""
    outline = Outline.of(text)
    span = outline.values[path]
    return text[: outline.line_start(span.start)] + text[outline.line_end(span.end) :]


def start_with_comments(outline: Outline, section: Section) -> int:
    """Return where a section begins, with the comments right above its header."""
    start = section.start
    while start:
        above = outline.line_start(start - 1)
        if not outline.text.startswith("#", above):
            break
        start = above
    return start


def ended(text: str) -> str:
    """Return a text whose last line has its break."""
    return text if not text or text.endswith("\n") else f"{text}\n"


def apart(text: str) -> str:
    """Return a text that ends with an empty line, for another section to follow."""
    return text if not text or text.endswith("\n\n") else f"{ended(text)}\n"


def _with_statement(outline: Outline, path: Path, value: Any) -> str:
    *table, name = path
    section = next((each for each in outline.sections if each.path == tuple(table)), None)
    if section is not None:
        return _inserted(outline.text, _place(outline, section, str(name)), statement(str(name), value))
    siblings = [span.end for each, span in outline.values.items() if each[:-1] == tuple(table)]
    if siblings:  # written as feed.mode = "full"
        dotted = f"{'.'.join(key(str(part)) for part in path)} = {rendered(value)}\n"
        return _inserted(outline.text, outline.line_end(max(siblings)), dotted)
    header = ".".join(key(str(part)) for part in table)
    return f"{apart(outline.text)}[{header}]\n{statement(str(name), value)}"


def _place(outline: Outline, section: Section, name: str) -> int:
    """Return where in a section a new statement goes.

    That is below the comment that holds the field's default, else below the last statement.
    """
    spans = outline.values.values()
    default = re.compile(rf"^#[ \t]*{re.escape(name)}[ \t]*=.*\n?", re.MULTILINE)
    for found in default.finditer(outline.text, section.start, section.end):
        if not any(span.start <= found.start() < span.end for span in spans):
            return found.end()
    others = [each for each in outline.sections if each.path]
    if section.filled:
        return section.filled
    return start_with_comments(outline, others[0]) if others else len(outline.text)


def _inserted(text: str, place: int, line: str) -> str:
    return ended(text[:place]) + line + text[place:]
