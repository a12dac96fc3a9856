"""A calendar in its file: TOML, of the same shape for the one that ships and for what a user adds.

What is wrong with a file is said, in one sentence, and the file is not used: a calendar that is half read
shows a broken feed as a closed market.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, time
from difflib import get_close_matches
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeGuard

from kitetui.errors import UserError
from kitetui.formatting import plain
from kitetui.market.calendar import FOLLOWERS, Calendar, Closure, Hours, Known, Special
from kitetui.wire import Exchange

_LONGEST: Final = 40
"""Characters of a wrong name that are repeated to the user."""


def load_calendar(file: Path | None = None) -> Calendar:
    """Return the shipped calendar with what a user's file adds to it; the file need not be there.

    Raises UserError for a file that cannot be used.
    """
    return _shipped() if file is None else _shipped() + read_calendar(file)


@cache
def _shipped() -> Calendar:
    shipped = resources.files("kitetui.market") / "sessions.toml"
    return parse_calendar(shipped.read_text(encoding="utf-8"), shipped.name)


def read_calendar(path: Path) -> Calendar:
    """Return what a file holds, an empty calendar where there is none. Raises UserError."""
    try:
        if path.exists() and not path.is_file():
            raise UserError(plain(f"{path} is not a file"), "move it away")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Calendar()
    except UnicodeDecodeError:
        raise UserError(plain(f"{path} is not UTF-8"), "save the file as UTF-8") from None
    except OSError as error:
        raise UserError(plain(f"cannot read {path}: {error.strerror}"), "make it readable") from None
    return parse_calendar(text, str(path))


def parse_calendar(text: str, name: str) -> Calendar:
    """Return the calendar in the text of a file of this name. Raises UserError."""
    try:
        return _calendar(tomllib.loads(text))
    except ValueError as error:  # the reader's own, and that of a number beyond all size
        wrong: UserError = UserError(str(error), "expected lines of TOML like opens = 09:15:00")
    except RecursionError:
        wrong = UserError("lists are too deep in each other", "a calendar needs none")
    except _ProblemError as error:
        wrong = error
    raise UserError(plain(f"{name}: {wrong.problem}"), plain(wrong.remedy))


class _ProblemError(UserError):
    """What is wrong with a document, and what was expected."""


_Reader = Callable[[str, Any], Any]
"""Returns the value of a field of this name. Raises _ProblemError."""


def _calendar(document: Mapping[str, Any]) -> Calendar:
    _check_names(document, ("holidays", *_FIELDS))
    holidays = _days("holidays", document.get("holidays", []))
    hours = [
        Hours(since=day, **fields)
        for fields in _tables(document, "hours")
        for day in fields.pop("since", [date.min])
    ]
    return Calendar(
        hours=tuple(sorted(hours, key=lambda each: each.since)),
        closures=(
            Closure(holidays, frozenset(_SEGMENTS.values())),
            *(Closure(**fields) for fields in _tables(document, "closed")),
        ),
        specials=tuple(Special(**fields) for fields in _tables(document, "special")),
        known=tuple(Known(**fields) for fields in _tables(document, "known")),
    )


def _tables(document: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the fields of each table of a kind."""
    tables = document.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise _ProblemError(f"{kind} must be written as [[{kind}]], with a line for each field below it")
    found = []
    for number, table in enumerate(tables, start=1):
        try:
            found.append(_fields(table, kind))
        except _ProblemError as problem:
            raise _ProblemError(f"[[{kind}]] number {number}: {problem.problem}", problem.remedy) from None
    return found


def _fields(table: Mapping[str, Any], kind: str) -> dict[str, Any]:
    readers = _FIELDS[kind]
    _check_names(table, readers)
    for name in _NEEDED[kind]:
        if name not in table:
            raise _ProblemError(f"there is no {name}", "add it")
    fields = {name: read(name, table[name]) for name, read in readers.items() if name in table}
    times = [(name, value) for name, value in fields.items() if isinstance(value, time)]
    for (early, start), (late, end) in pairwise(times):
        if start >= end:
            raise _ProblemError(f"{late} must be later than {early}, on the same day")
    return fields


def _days(name: str, value: object) -> frozenset[date]:
    if not isinstance(value, list) or not all(map(_is_day, value)):
        raise _ProblemError(f"{name} must be a list of days like [2026-12-25]")
    return frozenset(value)


def _day(name: str, value: object) -> date:
    if not _is_day(value):
        raise _ProblemError(f"{name} must be a day like 2026-12-31")
    return value


def _is_day(value: object) -> TypeGuard[date]:
    # A time with a date is a date too, to Python.
    return type(value) is date


def _time(name: str, value: object) -> time:
    if not isinstance(value, time):
        raise _ProblemError(f"{name} must be a time like 09:15:00")
    return value


def _segments(name: str, value: object) -> frozenset[Exchange]:
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        raise _ProblemError(f'{name} must be a list of segments like ["NSE", "NFO"]')
    for each in value:
        if each not in _SEGMENTS:
            raise _ProblemError(f"no segment {_quoted(each)}", _nearest(each.upper(), _SEGMENTS))
    return frozenset(_SEGMENTS[each] for each in value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _ProblemError(f'{name} must be a text like "Muhurat trading"')
    return plain(value)


def _check_names(table: Iterable[str], known: Collection[str]) -> None:
    for name in table:
        if name not in known:
            raise _ProblemError(f"no field {_quoted(name)}", _nearest(name, known))


def _nearest(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"


def _quoted(name: str) -> str:
    return json.dumps(name[:_LONGEST], ensure_ascii=False)


_SEGMENTS: Final = {each.name: each for each in Exchange if each not in FOLLOWERS}

_FIELDS: Final[Mapping[str, Mapping[str, _Reader]]] = {
    "hours": {
        "segments": _segments,
        "since": _days,
        "pre_open": _time,
        "opens": _time,
        "auction": _time,
        "closes": _time,
    },
    "closed": {"days": _days, "segments": _segments, "after": _time, "until": _time},
    "special": {"days": _days, "segments": _segments, "opens": _time, "closes": _time, "name": _text},
    "known": {"segments": _segments, "until": _day},
}
"""The fields of each kind of table; times in the order in which they must be."""

_NEEDED: Final = {
    "hours": ("segments", "opens", "closes"),
    "closed": ("days", "segments"),
    "special": ("days", "segments", "opens", "closes"),
    "known": ("segments", "until"),
}
