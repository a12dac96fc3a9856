"""What a misspelt symbol may have been meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

from kitetui.instruments.instrument import Instrument

_LENGTH_SLACK: Final = 2
_LIKENESS: Final = 0.75
_LONGEST: Final = 40


def nearest(
    symbol: str, beginning_with: Callable[[str], Iterable[Instrument]], count: int = 2
) -> list[Instrument]:
    """Return up to `count` instruments with symbols close to this one, the closest first.

    beginning_with: gives some instruments whose symbols begin so, those that are likely first.

    What shares a longer beginning is looked at first: the comparison is slow, and a list can be long.
    """
    for length in range(min(len(symbol) - 1, _LONGEST), 0, -1):
        candidates: dict[str, Instrument] = {}
        for each in beginning_with(symbol[:length]):
            if abs(len(each.tradingsymbol) - len(symbol)) <= _LENGTH_SLACK:
                candidates.setdefault(each.tradingsymbol, each)
        if found := get_close_matches(symbol, candidates, n=count, cutoff=_LIKENESS):
            return [candidates[name] for name in found]
    return []
