"""A configuration's text with other values in it, and all else as the user left it.

Only what differs is written: comments, blank lines, the order, and every value that stays are the user's
to the character. Lists keep the comments of the elements that stay; groups move with theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import tomlkit

from kitetui.config.fields import FIELDS
from kitetui.config.model import Config
from kitetui.config.outline import Outline, Path, Section

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
            return str(tomlkit.item(value).as_string())


def key(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return tomlkit.key(name).as_string()


def statement(name: str, value: Any) -> str:
    """Return the line or lines that give a key its value."""
    return f"{key(name)} = {rendered(value)}\n"


_COMMA: Final = re.compile(r"^((?:[^#,]|#[^\n]*+)*+),")
"""A comma that is in no comment, and what stands before it."""


def relisted(outline: Outline, path: Path, before: Sequence[Any], after: Sequence[Any]) -> str:
    """Return the text of the list at `path`, which holds `before`, so that it holds `after`."""
    span = outline.values[path]
    if not before or "\n" not in outline.text[span.start : span.end]:
        return rendered(list(after))
    array = tomlkit.parse(f"list = {_with_every_comma(outline, path, len(before))}")["list"]
    matcher = SequenceMatcher(None, [*map(_identity, before)], [*map(_identity, after)], autojunk=False)
    for operation, start, end, first, last in reversed(matcher.get_opcodes()):
        new = [tomlkit.value(rendered(value)) for value in after[first:last]]
        if operation == "equal":
            for index, value in enumerate(new, start):
                if value != before[index]:
                    array[index] = value
        else:
            del array[start:end]
            for index, value in enumerate(new, start):
                array.insert(index, value)
    return str(array.as_string())


def _with_every_comma(outline: Outline, path: Path, count: int) -> str:
    """Return the text of a list with a comma right behind each element.

    The library makes of a comma below a comment, or of none, a text that is no TOML.
    """
    text, around = outline.text, outline.values[path]
    spans = [outline.values[(*path, index)] for index in range(count)]
    starts = [*(span.start for span in spans), around.end]
    result = text[around.start : starts[0]]
    for span, following in zip(spans, starts[1:], strict=True):
        between = _COMMA.sub(r"\1", text[span.end : following], count=1)
        result += f"{text[span.start : span.end]},{between}"
    return result


def _identity(element: Any) -> str:
    """What makes two elements the same one: the symbol, whatever its mode, or the name of a group."""
    return str(element.get("symbol") or element.get("name") if isinstance(element, Mapping) else element)


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


_Group = Mapping[str, Any]


def regrouped(text: str, before: Sequence[_Group], after: Sequence[_Group]) -> str:
    """Return the text, which has the groups `before`, with the groups `after`.

    The places of the groups stay, whatever stands between them; groups move from one to another.
    """
    outline = Outline.of(text)
    slots = [_slot(outline, index) for index in range(len(before))]
    new = [
        _fresh(group) if source is None else _changed(text[slice(*slots[source])], before[source], group)
        for group, source in zip(after, _sources(before, after), strict=True)
    ]
    whole, position = "", 0
    for index, (start, end) in enumerate(slots):
        whole += text[position:start]
        position = end
        if index < len(new):
            whole += new[index]
        elif text.startswith("\n", end):
            position += 1
    rest = text[position:] if slots else ""
    whole = whole if slots else text
    if added := new[len(slots) :]:
        for group in added:
            whole = apart(whole) + group
        rest = rest if not rest or rest.startswith("\n") else f"\n{rest}"
    return whole + rest


def _slot(outline: Outline, index: int) -> tuple[int, int]:
    """Return where a group begins, with the comments above it, and where its last statement ends."""
    sections = [section for section in outline.sections if section.path[:2] == ("groups", index)]
    return start_with_comments(outline, sections[0]), sections[-1].filled


def _sources(before: Sequence[_Group], after: Sequence[_Group]) -> list[int | None]:
    """Return which group each was before: the one of its name, else the one in its place with its symbols."""
    places = {group["name"]: index for index, group in enumerate(before)}
    sources = [places.get(group["name"]) for group in after]
    for index, (was, group) in enumerate(zip(before, after, strict=False)):
        if sources[index] is None and index not in sources and was["symbols"] == group["symbols"]:
            sources[index] = index
    return sources


def _changed(text: str, before: _Group, after: _Group) -> str:
    if len(Outline.of(text).sections) > 2:  # the top, the group, and its symbols as tables of their own
        return _fresh(after)
    for name in ("name", "symbols"):
        if before[name] != after[name]:
            text = with_value(text, ("groups", 0, name), before[name], after[name])
    return ended(text)


def _fresh(group: _Group) -> str:
    return "[[groups]]\n" + "".join(statement(name, group[name]) for name in ("name", "symbols"))


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
