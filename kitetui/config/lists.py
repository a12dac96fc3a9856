"""A list of a TOML text with other elements, and with the comments of those that stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from kitetui.config.outline import Outline, Path
from kitetui.config.toml import rendered

_INDENT: Final = "\n  "

_COMMA: Final = re.compile(r"((?:[^#,]|#[^\n]*+)*+),")
"""A comma that is in no comment, and what stands before it."""


@dataclass(frozen=True, slots=True)
class _Element:
    """One element: the space and comments above it, itself, and the comment behind it on its line."""

    above: str
    text: str
    behind: str = ""


def relisted(outline: Outline, path: Path, before: Sequence[Any], after: Sequence[Any]) -> str:
    """Return the text of the list at `path`, which holds `before`, so that it holds `after`."""
    span = outline.values[path]
    if "\n" not in outline.text[span.start : span.end]:
        return rendered(list(after))
    old, below = _elements(outline, path, len(before))
    indent = next((_last_line(each.above) for each in old if "\n" in each.above), _INDENT)
    new: list[_Element] = []
    above = ""  # the comments above elements that have gone, for the next that stays
    matcher = SequenceMatcher(None, [*map(_identity, before)], [*map(_identity, after)], autojunk=False)
    for operation, start, end, first, last in matcher.get_opcodes():
        if operation == "equal":
            for was, value, given in zip(old[start:end], before[start:end], after[first:last], strict=True):
                text = was.text if value == given else rendered(given)
                new.append(_Element(above + _after(above, was.above, indent), text, was.behind))
                above = ""
        else:
            new += [_Element(indent, rendered(given)) for given in after[first:last]]
            above += "".join(_comments(was.above) for was in old[start:end])
    return _written(new, above + _after(above, below, "\n"), indent)


def _elements(outline: Outline, path: Path, count: int) -> tuple[list[_Element], str]:
    """Take a list apart into its elements and what stands below the last."""
    text, around = outline.text, outline.values[path]
    spans = [outline.values[(*path, index)] for index in range(count)]
    starts = [*(span.start for span in spans), around.end - 1]
    above, elements = text[around.start + 1 : starts[0]], []
    for span, following in zip(spans, starts[1:], strict=True):
        behind, next_above = _parted(text[span.end : following])
        elements.append(_Element(above, text[span.start : span.end], behind))
        above = next_above
    return elements, above


def _parted(between: str) -> tuple[str, str]:
    """Part what stands between two elements, without its comma, at the end of the first one's line."""
    found = _COMMA.match(between)
    if found:
        between = found[1] + between[found.end() :]
    line, break_, rest = between.partition("\n")
    return (line, break_ + rest) if "#" in line or break_ else ("", line)


def _written(elements: list[_Element], below: str, indent: str) -> str:
    """Put a list together so that nothing stands on the line of a comment."""
    text, behind = "[", ""
    for each in elements:
        text += f"{_after(behind, each.above, indent)}{each.text},{each.behind}"
        behind = each.behind
    return text + _after(behind, below, "\n") + "]"


def _after(comment: str, above: str, indent: str) -> str:
    """Return what follows a comment, on a line of its own if there is a comment."""
    if not comment or above.startswith("\n"):
        return above
    return f"\n{above}" if "#" in above else indent


def _comments(above: str) -> str:
    return above.rstrip() if "#" in above else ""


def _last_line(above: str) -> str:
    return "\n" + above.rpartition("\n")[2]


def _identity(element: Any) -> str:
    """What makes two elements the same one: the symbol, whatever its mode, or the name of a group."""
    return str(element.get("symbol") or element.get("name") if isinstance(element, Mapping) else element)
