"""What is wrong with a configuration, each in one sentence with the file and the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from kitetui.errors import UserError
from kitetui.formatting import plain

_LONGEST: Final = 40
"""Characters of a wrong value that are repeated to the user."""

_MOST: Final = 10**_LONGEST


class ConfigError(UserError):
    """A configuration that cannot be used; its text is the first problem, `problems` are all of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(plain(problem) for problem in problems)
        more = len(self.problems) - 1
        super().__init__(self.problems[0] + (f" (and {more} more)" if more else ""))


def expected(name: str, value: object, wanted: str) -> str:
    """Return the sentence for a value that is none of those wanted."""
    return f"{name} is {shown(value)}; expected {wanted}"


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that does not exist, with the nearest that does."""
    names = list(known)
    by_folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    hint = f"did you mean {by_folded[near[0]]}?" if near else f"expected {one_of(names)}"
    return f"no {what} {shown(name)}; {hint}"


def one_of(names: Sequence[str], last: str = "or") -> str:
    """Return names as a choice: `a, b or c`."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def shown(value: object) -> str:
    """Return a value as the file would have it, shortened."""
    match value:
        case str():
            return json.dumps(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…", ensure_ascii=False)
        case bool():
            return str(value).lower()
        case int() if abs(value) >= _MOST:
            return "a number of many digits"  # as 0x1F it can be one that Python does not write
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return str(value)[:_LONGEST]
