"""The kinds of values that a field can hold: how each is checked, read and written.

A kind works on what a TOML reader gives: texts, numbers, truths, lists and tables. It yields a
`Problem` for everything that is wrong; only what has none is ever made into a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from kitetui.account import EndpointProfile
from kitetui.account.profiles import ADDRESSES, what_is_wrong
from kitetui.account.vault import is_account_name
from kitetui.config.model import (
    LIST_ORDER,
    MAX_GROUP_NAME,
    MAX_GROUPS,
    SYMBOL,
    Entry,
    Group,
    Sort,
    Vocabulary,
)
from kitetui.config.outline import Path
from kitetui.config.problems import expected, one_of, shown, unknown
from kitetui.wire import Mode

Problem = tuple[Path, str]
"""What is wrong, and where within the value."""


@dataclass(frozen=True, slots=True)
class ValueKind:
    """How the values of a field are checked, made of what the file holds, and shown in the file."""

    check: Callable[[str, Any, Vocabulary], Iterator[Problem]]
    make: Callable[[Any], Any] = lambda value: value
    show: Callable[[Any], Any] = lambda value: value


def text() -> ValueKind:
    """Some words."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if not is_text(value):
            yield (), expected(name, value, "a text")

    return ValueKind(check)


def flag() -> ValueKind:
    """True or false."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if not isinstance(value, bool):
            yield (), expected(name, value, "true or false")

    return ValueKind(check)


def whole(low: int, high: int) -> ValueKind:
    """A whole number within limits."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            yield (), expected(name, value, f"a whole number from {low} to {high}")

    return ValueKind(check)


def choice(of: type[StrEnum]) -> ValueKind:
    """One of a few words."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if value not in list(of):
            yield (), expected(name, value, one_of([shown(str(each)) for each in of]))

    return ValueKind(check, of, str)


def columns() -> ValueKind:
    """Columns of the watchlist, each once."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Problem]:
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

    return ValueKind(check, tuple, list)


def sort() -> ValueKind:
    """A column, with a minus for the largest first, or the order of the list."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Problem]:
        minus = "-" if isinstance(value, str) and value.startswith("-") else ""
        names = [f"{minus}{column}" for column in (SYMBOL, *vocabulary.columns)]
        if value not in (*names, LIST_ORDER):
            yield (), f"{name}: {unknown_name('column', value, [*names, LIST_ORDER])}"

    def make(value: str) -> Sort | None:
        return None if value == LIST_ORDER else Sort(value.removeprefix("-"), value.startswith("-"))

    def show(value: Sort | None) -> str:
        return LIST_ORDER if value is None else f"{'-' if value.descending else ''}{value.column}"

    return ValueKind(check, make, show)


def keys() -> ValueKind:
    """A table from commands to one key, or a list of keys."""

    def check(name: str, value: object, vocabulary: Vocabulary) -> Iterator[Problem]:
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

    return ValueKind(check, make, show)


def is_text(value: object) -> bool:
    """Whether a value is a text that can be shown: printable, and not blank at either end."""
    return isinstance(value, str) and value != "" and value.isprintable() and value == value.strip()


def unknown_name(what: str, value: object, known: Sequence[str]) -> str:
    """Return the sentence for a value that should be one of these names."""
    return unknown(what, value, known) if isinstance(value, str) else expected(what, value, "a name")


_ENDPOINT_FIELDS: Final = tuple(each.name for each in fields(EndpointProfile) if each.name != "name")


def account() -> ValueKind:
    """The name of an account."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if not isinstance(value, str) or not is_account_name(value):
            yield (), expected(name, value, "a name of a-z, 0-9, - and _")

    return ValueKind(check)


def endpoint() -> ValueKind:
    """The name of a service, or empty. That there is one of this name is not checked here."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
        if value != "" and not is_text(value):
            yield (), expected(name, value, "the name of an endpoint")

    return ValueKind(check)


def endpoints() -> ValueKind:
    """Services of the user's own, by their names."""
    return ValueKind(
        _check_endpoints, _made, lambda value: {each.name: _shown_endpoint(each) for each in value}
    )


def _check_endpoints(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield (), expected(name, value, f"an [{name}.NAME] for each service")
        return
    for each, table in value.items():
        if not is_text(each):
            yield (each,), f"no endpoint can have the name {shown(each)}; give it a word"
        elif not isinstance(table, dict):
            yield (each,), expected(f"{name}.{each}", table, f"a table [{name}.{each}]")
        else:
            for path, sentence in _check_endpoint(f"{name}.{each}", table):
                yield (each, *path), sentence


def _check_endpoint(name: str, table: dict[str, Any]) -> Iterator[Problem]:
    for field in table:
        if field not in _ENDPOINT_FIELDS:
            yield (field,), unknown("field of an endpoint", field, _ENDPOINT_FIELDS)
    for field in (*ADDRESSES, "prefix"):
        value = table.get(field)
        if value is None:
            if field in ADDRESSES:
                yield (), f"{name} has no {field}; expected one like {_EXAMPLES[field]}"
        elif not isinstance(value, str):
            yield (field,), expected(f"{name}.{field}", value, f"one like {_EXAMPLES[field]}")
        elif problem := what_is_wrong(field, value):
            yield (field,), f"{name}.{field} {problem}"
    if not isinstance(sends := table.get("sends_user_id", False), bool):
        yield ("sends_user_id",), expected(f"{name}.sends_user_id", sends, "true or false")


_EXAMPLES: Final = {
    "rest": '"https://sandbox.kite.trade"',
    "login": '"https://sandbox.kite.trade/connect/login"',
    "socket": '"wss://ws-sandbox.kite.trade/"',
    "prefix": '"/oms"',
}


def _made(value: dict[str, dict[str, Any]]) -> tuple[EndpointProfile, ...]:
    return tuple(EndpointProfile(name, **table) for name, table in value.items())


def _shown_endpoint(endpoint: EndpointProfile) -> dict[str, Any]:
    """The fields of a service that do not have their default."""
    defaults = {each.name: each.default for each in fields(endpoint)}
    return {
        name: value for name, value in asdict(endpoint).items() if name != "name" and value != defaults[name]
    }


_GROUP_FIELDS: Final = ("name", "symbols")
_ENTRY_FIELDS: Final = ("symbol", "mode")
_ENTRY: Final = 'one like "NSE:INFY" or { symbol = "NSE:INFY", mode = "quote" }'


def groups() -> ValueKind:
    """The user's watchlists."""
    return ValueKind(
        _check_groups, lambda value: tuple(map(_group, value)), lambda value: list(map(_shown_group, value))
    )


def _check_groups(name: str, value: object, _: Vocabulary) -> Iterator[Problem]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        yield (), expected(name, value, f"a [[{name}]] for each group")
        return
    if len(value) > MAX_GROUPS:
        yield (MAX_GROUPS,), f"there are {len(value)} groups; expected at most {MAX_GROUPS}"
    names: set[object] = set()
    for index, group in enumerate(value):
        for path, sentence in _check_group(group, names):
            yield (index, *path), sentence


def _check_group(group: dict[str, Any], names: set[object]) -> Iterator[Problem]:
    yield from _unknown_fields("group", group, _GROUP_FIELDS)
    name, symbols = group.get("name"), group.get("symbols", [])
    if name is None:
        yield (), 'a group has no name; expected one like name = "Banks"'
    elif not is_text(name) or len(name) > MAX_GROUP_NAME:
        yield ("name",), expected("name", name, f"a text of at most {MAX_GROUP_NAME} characters")
    elif name in names:
        yield ("name",), f"two groups have the name {shown(name)}; give one of them another"
    else:
        names.add(name)
    if isinstance(symbols, list):
        for path, sentence in _check_symbols(symbols):
            yield ("symbols", *path), sentence
    else:
        yield ("symbols",), expected("symbols", symbols, "a list of symbols")


def _check_symbols(symbols: list[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, given in enumerate(symbols):
        place: tuple[int | str, ...] = (index,)
        symbol = given
        if isinstance(given, dict):
            for path, sentence in _check_entry(given):
                yield (index, *path), sentence
            if "symbol" not in given:
                continue
            place, symbol = (index, "symbol"), given["symbol"]
        if not is_text(symbol):
            yield place, expected("a symbol", symbol, _ENTRY)
        elif symbol.upper() in seen:
            yield place, f"{shown(symbol)} is twice in this group; leave one out"
        else:
            seen.add(symbol.upper())


def _check_entry(entry: dict[str, Any]) -> Iterator[Problem]:
    yield from _unknown_fields("symbol", entry, _ENTRY_FIELDS)
    if "symbol" not in entry:
        yield (), f"a symbol is missing; expected {_ENTRY}"
    if "mode" in entry and entry["mode"] not in list(Mode):
        modes = one_of([shown(str(each)) for each in Mode])
        yield ("mode",), expected("mode", entry["mode"], modes)


def _unknown_fields(owner: str, table: Iterable[str], known: tuple[str, ...]) -> Iterator[Problem]:
    for name in table:
        if name not in known:
            yield (name,), unknown(f"field of a {owner}", name, known)


def _group(value: dict[str, Any]) -> Group:
    return Group(value["name"], tuple(map(_entry, value.get("symbols", ()))))


def _entry(value: str | dict[str, str]) -> Entry:
    if isinstance(value, str):
        return Entry(value)
    return Entry(value["symbol"], Mode(value["mode"]) if "mode" in value else None)


def _shown_group(group: Group) -> dict[str, Any]:
    return {"name": group.name, "symbols": list(map(_shown_entry, group.entries))}


def _shown_entry(entry: Entry) -> str | dict[str, str]:
    return {"symbol": entry.symbol, "mode": str(entry.mode)} if entry.mode else entry.symbol
