"""What a misspelt symbol may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kitetui.instruments.instrument import Instrument

_LENGTH_SLACK = 2


def nearest(symbol: str, instruments: Iterable[Instrument], count: int = 2) -> list[Instrument]:
    """Return up to `count` instruments with symbols close to this one, the closest first.

    Only symbols of about its length that begin as it does are compared: the comparison is slow, and a
    universe can be large.
    """
    candidates: dict[str, Instrument] = {}
    for each in instruments:
        name = each.tradingsymbol
        if name[:1] == symbol[:1] and abs(len(name) - len(symbol)) <= _LENGTH_SLACK:
            candidates.setdefault(name, each)
    return [candidates[name] for name in get_close_matches(symbol, candidates, n=count, cutoff=0.75)]
