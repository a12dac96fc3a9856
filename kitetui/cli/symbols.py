"""From what stands behind `-s` to instruments."""

from __future__ import annotations

from collections.abc import Iterable

from kitetui.errors import UserError
from kitetui.instruments import Instrument, Universe, UnknownSymbol


def choose_instruments(names: Iterable[str], universe: Universe, capacity: int) -> list[Instrument]:
    """Return the instruments named, each once, in order; without names the default watchlist.

    Raises UserError for a name that is not known, or more instruments than the connections carry.
    """
    wanted = [name.strip() for argument in names for name in argument.split(",") if name.strip()]
    if not wanted:
        return list(universe.default_watchlist())
    try:
        found = {each.instrument_token: each for each in map(universe.resolve, wanted)}
    except UnknownSymbol as error:
        raise UserError(str(error)) from None
    if len(found) > capacity:
        raise UserError(
            f"{len(found):,} symbols are more than the {capacity:,} that these connections carry; "
            "name fewer, or allow more with --connections"
        )
    return list(found.values())
