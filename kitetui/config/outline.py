"""Where each value of a TOML text stands, so that a problem has a line and a change leaves the rest alone.

A reader of TOML gives the values without their places. This one gives the places without the values, of
a text that a reader has found to be valid.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

Path = tuple[str | int, ...]
"""A value's place in the document: `("groups", 1, "symbols", 0)`."""

_TOKEN: Final = re.compile(
    r'''(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\"'\#\[\]{}=,.]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text."""

    start: int
    end: int


@dataclass(slots=True)
class Section:
    """The lines of one table: its header from `start`, its statements to `filled`, the rest to `end`."""

    path: Path
    start: int
    filled: int
    end: int = 0


@dataclass(slots=True)
class Outline:
    """Every value's place, elements of lists and tables included, and the sections in their order.

    headers: where each section begins, by its path.
    """

    text: str
    values: dict[Path, Span] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    headers: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Outline:
        """Outline a valid text."""
        return _Scanner(text).outline

    def line(self, path: Path) -> int:
        """Return the line, from 1, of a value or else of the nearest thing around it."""
        while path not in self.values and path not in self.headers:
            path = path[:-1]
        start = self.values[path].start if path in self.values else self.headers[path]
        return self.text.count("\n", 0, start) + 1

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, its line break included."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.outline = Outline(text, sections=[Section((), 0, 0)])
        self._tokens = (match for match in _TOKEN.finditer(text) if match.lastgroup != "comment")
        self._token: re.Match[str] | None = None
        self._advance()
        self._scan()

    @property
    def _is(self) -> str:
        """The token at hand: a mark or a line break as itself, `word`, `string`, or empty at the end."""
        if self._token is None:
            return ""
        return self._token[0] if self._token.lastgroup in ("mark", "newline") else self._token.lastgroup or ""

    def _advance(self) -> re.Match[str] | None:
        passed, self._token = self._token, next(self._tokens, None)
        return passed

    def _scan(self) -> None:
        outline, tables = self.outline, Counter[Path]()
        while self._token is not None:
            section = outline.sections[-1]
            if self._is == "\n":
                self._advance()
            elif self._is == "[":
                start = self._token.start()
                section.end = outline.line_start(start)
                outline.sections.append(Section(self._header(tables), section.end, outline.line_end(start)))
            else:
                end = self._statement(section.path)
                section.filled = outline.line_end(end)
        outline.sections[-1].end = len(outline.text)
        outline.headers = {section.path: section.start for section in outline.sections}

    def _header(self, tables: Counter[Path]) -> Path:
        self._advance()
        if is_element := self._is == "[":
            self._advance()
        names = tuple(self._key("]"))
        if is_element:
            self._advance()
            tables[names] += 1
        path: Path = ()
        for length, name in enumerate(names, start=1):
            count = tables[names[:length]]
            path += (name, count - 1) if count else (name,)
        return path

    def _statement(self, table: Path) -> int:
        return self._value((*table, *self._key("=")))

    def _key(self, end: str) -> Iterator[str]:
        """Yield the parts of a key, and pass its end."""
        while self._is not in (end, ""):
            if (part := self._advance()) is not None and part.lastgroup != "mark":
                yield _unquoted(part)
        self._advance()

    def _value(self, path: Path) -> int:
        """Note the place of a value and of all that is in it; return where it ends."""
        token = self._advance()
        if token is None:
            return len(self.outline.text)
        end = token.end()
        if token[0] == "[":
            end = self._list(path)
        elif token[0] == "{":
            end = self._inline_table(path)
        else:
            while self._is in ("word", "."):  # numbers with a point, dates with a space
                end = self._token.end() if self._token else end
                self._advance()
        self.outline.values[path] = Span(token.start(), end)
        return end

    def _list(self, path: Path) -> int:
        count = 0
        while self._is not in ("]", ""):
            if self._is in (",", "\n"):
                self._advance()
            else:
                self._value((*path, count))
                count += 1
        return self._end()

    def _inline_table(self, path: Path) -> int:
        while self._is not in ("}", ""):
            if self._is in (",", "\n"):
                self._advance()
            else:
                self._statement(path)
        return self._end()

    def _end(self) -> int:
        token = self._advance()
        return token.end() if token else len(self.outline.text)


def _unquoted(part: re.Match[str]) -> str:
    if part.lastgroup != "string":
        return part[0]
    return str(tomllib.loads(f"key = {part[0]}")["key"])
