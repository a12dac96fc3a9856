"""The kinds of values that say from where: the name of an account, of a service, and services themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any, Final

from kitetui.account import EndpointProfile
from kitetui.account.profiles import ADDRESSES, what_is_wrong
from kitetui.account.vault import is_account_name
from kitetui.config.kinds import Finding, Kind, is_text
from kitetui.config.model import Vocabulary
from kitetui.config.problems import expected, shown, unknown

_FIELDS: Final = tuple(each.name for each in fields(EndpointProfile) if each.name != "name")


def account() -> Kind:
    """The name of an account."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if not isinstance(value, str) or not is_account_name(value):
            yield (), expected(name, value, "a name of a-z, 0-9, - and _")

    return Kind(check)


def endpoint() -> Kind:
    """The name of a service, or empty. That there is one of this name is not checked here."""

    def check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
        if value != "" and not is_text(value):
            yield (), expected(name, value, "the name of an endpoint")

    return Kind(check)


def endpoints() -> Kind:
    """Services of the user's own, by their names."""
    return Kind(_check, _made, lambda value: {each.name: _shown(each) for each in value})


def _check(name: str, value: object, _: Vocabulary) -> Iterator[Finding]:
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


def _check_endpoint(name: str, table: dict[str, Any]) -> Iterator[Finding]:
    for field in table:
        if field not in _FIELDS:
            yield (field,), unknown("field of an endpoint", field, _FIELDS)
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


def _shown(endpoint: EndpointProfile) -> dict[str, Any]:
    """The fields of a service that do not have their default."""
    defaults = {each.name: each.default for each in fields(endpoint)}
    return {
        name: value for name, value in asdict(endpoint).items() if name != "name" and value != defaults[name]
    }
