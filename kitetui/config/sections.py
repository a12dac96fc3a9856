"""The `[[groups]]` of a TOML text changed, added, moved or taken out, each with its own comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kitetui.config.outline import Outline
from kitetui.config.statements import apart, ended, start_with_comments, with_value
from kitetui.config.toml import statement

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
