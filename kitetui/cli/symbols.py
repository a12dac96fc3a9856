"""From what stands behind `-s` to instruments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kitetui.errors import UserError
from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION
from kitetui.formatting import group
from kitetui.instruments import Choice, Universe, UnknownSymbol, choose

_MOST: Final = MAX_CONNECTIONS * MAX_SYMBOLS_PER_CONNECTION
"""Symbols that an API key can be asked for."""


def choose_instruments(names: Iterable[str], universe: Universe, capacity: int) -> Choice:
    """Return the instruments named, each once, in order; without names the default watchlist.

    Raises UserError for names that are not known, or more instruments than the connections carry.
    """
    wanted = [name.strip() for argument in names for name in argument.split(",") if name.strip()]
    if not wanted:
        return Choice(list(universe.default_watchlist()))
    chosen = Choice()
    unknown: dict[str, UnknownSymbol] = {}
    largest, size = "", 0
    for name in wanted:
        try:
            found = choose(universe, name)
        except UnknownSymbol as error:
            unknown[name] = error
            continue
        chosen.instruments += found.instruments
        chosen.left_out += found.left_out
        if len(found.instruments) > size:
            largest, size = name, len(found.instruments)
    if unknown:
        raise UserError(_unknown(unknown))
    chosen.instruments = list({each.instrument_token: each for each in chosen.instruments}.values())
    if (count := len(chosen.instruments)) > capacity:
        most = f", {group(size)} of them {largest}," if 1 < size < count else ""
        more = ", or allow more with --connections" if capacity < _MOST else ""
        raise UserError(
            f"{group(count)} symbols{most} are more than the {group(capacity)} that the connections carry; "
            f"name fewer{more}"
        )
    return chosen


def _unknown(unknown: dict[str, UnknownSymbol]) -> str:
    first, *others = unknown
    said = str(unknown[first])
    if not others:
        return said
    named = ", ".join(map(ascii, others[:3])) + (" and more" if len(others) > 3 else "")
    return f"{said} Nor are these known: {named}" if said.endswith("?") else f"{said}; nor are {named} known"
