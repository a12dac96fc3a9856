"""The kind of value that the groups are: a list of tables, each with a name and its symbols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from kitetui.config.kinds import Finding, Kind, is_text
from kitetui.config.model import MAX_GROUP_NAME, MAX_GROUPS, Entry, Group, Vocabulary
from kitetui.config.problems import expected, one_of, shown, unknown
from kitetui.wire import Mode

_GROUP_FIELDS: Final = ("name", "symbols")
_ENTRY_FIELDS: Final = ("symbol", "mode")
_ENTRY: Final = 'one like "NSE:INFY" or { symbol = "NSE:INFY", mode = "quote" }'


def groups() -> Kind:
    """The user's watchlists."""
    return Kind(_check, lambda value: tuple(map(_group, value)), lambda value: list(map(_shown_group, value)))


def _check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        yield (), expected(name, value, f"a [[{name}]] for each group")
        return
    if len(value) > MAX_GROUPS:
        yield (MAX_GROUPS,), f"there are {len(value)} groups; expected at most {MAX_GROUPS}"
    names: set[object] = set()
    for index, group in enumerate(value):
        for path, sentence in _check_group(group, names):
            yield (index, *path), sentence


def _check_group(group: dict[str, Any], names: set[object]) -> Iterator[Finding]:
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


def _check_symbols(symbols: list[Any]) -> Iterator[Finding]:
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


def _check_entry(entry: dict[str, Any]) -> Iterator[Finding]:
    yield from _unknown_fields("symbol", entry, _ENTRY_FIELDS)
    if "symbol" not in entry:
        yield (), f"a symbol is missing; expected {_ENTRY}"
    if "mode" in entry and entry["mode"] not in list(Mode):
        modes = one_of([shown(str(each)) for each in Mode])
        yield ("mode",), expected("mode", entry["mode"], modes)


def _unknown_fields(owner: str, table: Iterable[str], known: tuple[str, ...]) -> Iterator[Finding]:
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
