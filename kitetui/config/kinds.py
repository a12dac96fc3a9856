"""The kinds of values that a field can hold: how each is checked, read and written.

A kind works on what a TOML reader gives: texts, numbers, truths, lists and tables. It yields a
`Finding` for everything that is wrong; only what has none is ever made into a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kitetui.config.model import LIST_ORDER, SYMBOL, Sort, Vocabulary
from kitetui.config.outline import Path
from kitetui.config.problems import expected, one_of, shown, unknown

Finding = tuple[Path, str]
"""What is wrong, and where within the value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the values of a field are checked, made of what the file holds, and shown in the file."""

    check: Callable[[str, Any, Vocabulary], Iterator[Finding]]
    make: Callable[[Any], Any] = lambda value: value
    show: Callable[[Any], Any] = lambda value: value


def text() -> Kind:
    """Some words."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if not is_text(value):
            yield (), expected(name, value, "a text")

    return Kind(check)


def flag() -> Kind:
    """True or false."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if not isinstance(value, bool):
            yield (), expected(name, value, "true or false")

    return Kind(check)


def whole(low: int, high: int) -> Kind:
    """A whole number within limits."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            yield (), expected(name, value, f"a whole number from {low} to {high}")

    return Kind(check)


def choice(of: type[StrEnum]) -> Kind:
    """One of a few words."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if value not in list(of):
            yield (), expected(name, value, one_of([shown(str(each)) for each in of]))

    return Kind(check, of, str)


def columns() -> Kind:
    """Columns of the watchlist, each once."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield (), expected(name, value, "a list of columns")
            return
        for index, column in enumerate(value):
            if column == SYMBOL:
                yield (index,), f"{name} has {SYMBOL}, which is always first; leave it out"
            elif column in value[:index]:
                yield (index,), f"{name} has {shown(column)} twice; leave one out"
            elif column not in vocabulary.columns:
                yield (index,), unknown_name("column", column, vocabulary.columns)

    return Kind(check, tuple, list)


def sort() -> Kind:
    """A column, with a minus for the largest first, or the order of the list."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Finding]:
        minus = "-" if isinstance(value, str) and value.startswith("-") else ""
        names = [f"{minus}{column}" for column in (SYMBOL, *vocabulary.columns)]
        if value not in (*names, LIST_ORDER):
            yield (), f"{name}: {unknown_name('column', value, [*names, LIST_ORDER])}"

    def make(value: str) -> Sort | None:
        return None if value == LIST_ORDER else Sort(value.removeprefix("-"), value.startswith("-"))

    def show(value: Sort | None) -> str:
        return LIST_ORDER if value is None else f"{'-' if value.descending else ''}{value.column}"

    return Kind(check, make, show)


def keys() -> Kind:
    """A table from commands to one key, or a list of keys."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Finding]:
        if not isinstance(value, dict):
            yield (), expected(name, value, "a table of commands and their keys")
            return
        for command, given in value.items():
            if command not in vocabulary.commands:
                yield (command,), unknown("command", command, vocabulary.commands)
            elif not (is_text(given) or (isinstance(given, list) and all(map(is_text, given)))):
                yield (command,), expected(f"{name}.{command}", given, "a key or a list of keys")

    def make(value: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
        return {
            command: (given,) if isinstance(given, str) else tuple(given) for command, given in value.items()
        }

    def show(value: Mapping[str, Sequence[str]]) -> dict[str, str | list[str]]:
        return {command: given[0] if len(given) == 1 else list(given) for command, given in value.items()}

    return Kind(check, make, show)


def is_text(value: object) -> bool:
    """Whether a value is a text that can be shown: printable, and not blank at either end."""
    return isinstance(value, str) and value != "" and value.isprintable() and value == value.strip()


def unknown_name(what: str, value: object, known: Sequence[str]) -> str:
    """Return the sentence for a value that should be one of these names."""
    return unknown(what, value, known) if isinstance(value, str) else expected(what, value, "a name")
