"""From the text of a configuration to its values, or to everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from kitetui.account import ENDPOINTS
from kitetui.config.fields import FIELDS, ConfigField
from kitetui.config.kinds import Problem
from kitetui.config.model import Config, FeedSettings, Vocabulary
from kitetui.config.outline import Outline, Path
from kitetui.config.problems import ConfigError, expected, unknown

_SECRETS: Final = ("api_key", "access_token", "api_secret", "request_token")
_WHERE_SECRETS_BELONG: Final = "take it out, and run kitetui login, which keeps it for your eyes only"

_OF_THE_FEED: Final = ("feed", "endpoints")

_DIGITS: Final = re.compile(r"(?<![\w.\"'])[0-9][0-9_]{600,}")
"""A whole number that may have more digits than Python reads; 640 is the least that it can be told to."""

_PLACE: Final = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
"""How the TOML reader says where a text is broken."""


def read_config(text: str, name: str, vocabulary: Vocabulary) -> Config:
    """Read the text of a file of this name. Raises ConfigError with every problem in it."""
    return _checked(_document(text, name), text, name, vocabulary)


def read_feed_config(text: str, name: str) -> Config:
    """Read what a run without a screen follows: from where and how much; all else has its default.

    Raises ConfigError for a text that is no TOML, and for every problem in the part that is read.
    """
    document = {key: value for key, value in _document(text, name).items() if key in _OF_THE_FEED}
    return _checked(document, text, name, Vocabulary((), ()))


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(str(error), text, name)]) from None
    except ValueError:  # Python makes no number of thousands of digits
        raise ConfigError([_number_problem(text, name)]) from None
    except RecursionError:
        raise _too_deep(name) from None


def _checked(document: dict[str, Any], text: str, name: str, vocabulary: Vocabulary) -> Config:
    try:
        problems = list(_problems(document, text, name, vocabulary))
    except RecursionError:
        raise _too_deep(name) from None
    if problems:
        raise ConfigError(problems)
    return _config(document)


def _problems(document: dict[str, Any], text: str, name: str, vocabulary: Vocabulary) -> Iterator[str]:
    if found := _findings(document, vocabulary):
        outline = Outline.of(text)
        for line, sentence in sorted((outline.line(path), sentence) for path, sentence in found.items()):
            yield f"{name}:{line}: {sentence}"


def _findings(document: dict[str, Any], vocabulary: Vocabulary) -> dict[Path, str]:
    """Return what is wrong by its place; of several sentences for one place the first."""
    found: dict[Path, str] = {}
    for path, sentence in chain(
        _secrets(document, ()),
        _misplaced(document),
        _wrong_values(document, vocabulary),
        _unknown_endpoint(document),
    ):
        found.setdefault(path, sentence)
    return found


def _secrets(value: object, path: Path) -> Iterator[Problem]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if any(secret in str(name).lower() for secret in _SECRETS):
            yield (*path, name), f"{name} is a secret and has no place in a file; {_WHERE_SECRETS_BELONG}"
        else:
            yield from _secrets(part, (*path, name))


def _misplaced(document: dict[str, Any]) -> Iterator[Problem]:
    fields = {field.path for field in FIELDS}
    tables = {path[0] for path in fields if len(path) > 1}
    for name, value in document.items():
        if name in tables:
            inside = [path[1] for path in fields if path[0] == name and len(path) > 1]
            if not isinstance(value, dict):
                yield (name,), expected(name, value, "a table")
                continue
            for each in value:
                if each not in inside:
                    yield (name, each), unknown(f"field of {name}", each, sorted(inside))
        elif (name,) not in fields:
            yield (name,), unknown("field", name, sorted({path[0] for path in fields}))


def _wrong_values(document: dict[str, Any], vocabulary: Vocabulary) -> Iterator[Problem]:
    for field in FIELDS:
        value = _value(document, field)
        if value is not None:
            for path, sentence in field.kind.check(field.name, value, vocabulary):
                yield (*field.path, *path), sentence


def _unknown_endpoint(document: dict[str, Any]) -> Iterator[Problem]:
    feed, own = document.get("feed"), document.get("endpoints")
    name = feed.get("endpoint") if isinstance(feed, dict) else None
    known = [*(each.name for each in ENDPOINTS), *(own if isinstance(own, dict) else ())]
    if isinstance(name, str) and name and name not in known:
        yield ("feed", "endpoint"), f"feed.endpoint: {unknown('endpoint', name, known)}"


def _config(document: dict[str, Any]) -> Config:
    tables: dict[tuple[str, ...], dict[str, Any]] = {(): {}, ("feed",): {}}
    for field in FIELDS:
        value = _value(document, field)
        if value is not None:
            tables[field.path[:-1]][field.path[-1]] = field.kind.make(value)
    return Config(feed=FeedSettings(**tables["feed",]), **tables[()])


def _value(document: dict[str, Any], field: ConfigField) -> Any:
    """Return a field's value, or None where it is not set."""
    value: Any = document
    for name in field.path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _too_deep(name: str) -> ConfigError:
    return ConfigError([f"{name}: lists or tables are too deep in each other; the configuration has none"])


def _number_problem(text: str, name: str) -> str:
    found = max(_DIGITS.finditer(text), key=lambda each: len(each[0]), default=None)
    line = text.count("\n", 0, found.start() if found else None) + 1
    return f"{name}:{line}: a number of so many digits cannot be read; expected one like connections = 3"


def _syntax_problem(complaint: str, text: str, name: str) -> str:
    place = _PLACE.search(complaint)
    line = int(place["line"]) if place and place["line"] else text.count("\n") + 1
    return f'{name}:{line}: {_PLACE.sub("", complaint)}; expected a line of TOML like units = "indian"'
