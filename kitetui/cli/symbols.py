"""From what stands behind `-s` to instruments."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from kitetui.errors import UserError
from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION
from kitetui.formatting import group
from kitetui.instruments import Choice, Instrument, Universe, UnknownSymbol, choose

_MOST: Final = MAX_CONNECTIONS * MAX_SYMBOLS_PER_CONNECTION
"""Symbols that an API key can be asked for."""


def choose_instruments(names: Iterable[str], universe: Universe, capacity: int) -> Choice:
    """Return the instruments named, each once, in order; without names the default watchlist.

    Raises UserError for names that are not known, or more instruments than the connections carry.
    """
    found = _Found(names, universe)
    if found.unknown:
        raise UserError(_unknown(found.unknown))
    chosen = found.choice
    if (count := len(chosen.instruments)) > capacity:
        largest, size = found.largest
        most = f", {group(size)} of them {largest}," if 1 < size < count else ""
        more = ", or allow more with --connections" if capacity < _MOST else ""
        raise UserError(
            f"{group(count)} symbols{most} are more than the {group(capacity)} that the connections carry",
            f"name fewer{more}",
        )
    return chosen


def choose_known(names: Iterable[str], universe: Universe) -> Choice:
    """Return the instruments named, as `choose_instruments` does; names that are not known are left out."""
    found = _Found(names, universe)
    if found.unknown:
        found.choice.left_out.append(_unknown(found.unknown))
    return found.choice


class _Found:
    """What names stand for: the instruments, the name with the most of them, and names that are not known."""

    def __init__(self, names: Iterable[str], universe: Universe) -> None:
        self.choice = Choice()
        self.unknown: dict[str, UnknownSymbol] = {}
        self.largest = "", 0
        wanted = [name.strip() for argument in names for name in argument.split(",") if name.strip()]
        if not wanted:
            self.choice.instruments += universe.default_watchlist()
            return
        chosen: dict[int, Instrument] = {}
        for name in wanted:
            try:
                found = choose(universe, name)
            except UnknownSymbol as error:
                self.unknown[name] = error
                continue
            chosen.update((each.instrument_token, each) for each in found.instruments)
            self.choice.left_out += found.left_out
            self.largest = max(self.largest, (name, len(found.instruments)), key=itemgetter(1))
        self.choice.instruments += chosen.values()


def _unknown(unknown: dict[str, UnknownSymbol]) -> str:
    first, *others = unknown
    said = str(unknown[first])
    if not others:
        return said
    named = ", ".join(map(ascii, others[:3])) + (" and more" if len(others) > 3 else "")
    return f"{said} Nor are these known: {named}" if said.endswith("?") else f"{said}; nor are {named} known"
