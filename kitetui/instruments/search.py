"""What a few letters may mean: `rel`, `hdfc bank`, `nifty 25000 ce`, `reliance fut`, `bse:tcs`, `408065`.

Made for every key that is pressed: the full-text index gives families in the order in which they are listed,
and no more of them are looked at than are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from kitetui.instruments.instrument import Instrument
from kitetui.instruments.query import Query
from kitetui.instruments.table import Table

_TOKEN_DIGITS: Final = 10
_SHORTEST_PART: Final = 3


def search(table: Table, text: str, limit: int) -> list[Instrument]:
    """Return up to `limit` instruments that a text may mean, the likeliest first.

    First come those with this token, symbol or alias; then those whose symbol or alias begins with it; then
    those where each word begins a word of the symbol or the name, the strike, the day or month of expiry, or
    the kind; and at last shares and indices with each word somewhere in their symbol or name. Among equals
    the one that is listed first comes first. A kind after another word (`reliance fut`) excludes all others.
    `NSE:RE` searches one exchange.
    """
    query = Query.parse(text)
    if not query.words and (query.typed or not query.exchange):
        return []
    return list(islice(_unique(_found(table, query)), limit))


def _found(table: Table, query: Query) -> Iterator[Instrument]:
    """Yield what is found, stage by stage; each is begun only where those before it gave too little."""
    if not query.words:
        yield from _families(table, query)
        return
    if query.symbol.isdigit() and len(query.symbol) <= _TOKEN_DIGITS:
        yield from table.select("instrument_token = ?", int(query.symbol))
    yield from _families(table, query, f'symbol : "{query.symbol}"')
    yield from _families(table, query, f'symbol : "{query.symbol}" *')
    if any(map(str.isdigit, query.typed)):
        # The symbols of contracts go on where the beginning that a family shares ends.
        yield from (each for each in table.beginning_with(query.typed, query.exchange) if query.allows(each))
    words = [f'words : "{word}" *' for word in query.words]
    yield from _families(table, query, f'symbol : "{query.words[0]}" *', *words, by_strike=True)
    yield from _families(table, query, *words, by_strike=True)
    # Words of two letters are everywhere, and numbers belong to contracts.
    if not query.kinds and not query.numbers and min(map(len, query.words)) >= _SHORTEST_PART:
        for number in table.lasting(query.words, query.exchange):
            yield from table.select("id = ?", number)


def _families(table: Table, query: Query, *matches: str, by_strike: bool = False) -> Iterator[Instrument]:
    """Yield the instruments of the families that fit, or of these those that a number is the strike of."""
    if query.exchange:
        matches = (*matches, f'exchange : "{query.exchange}"')
    if query.kinds:
        matches = (*matches, f"kinds : ({' OR '.join(query.kinds)})")
    for first, last, facts in table.families(" AND ".join(matches)):
        strikes = [each for each in query.numbers if f" {each}" not in facts] if by_strike else []
        found = table.select(
            " AND ".join(["id BETWEEN ? AND ?", *["strike GLOB ?"] * len(strikes)]),
            *(first, last, *(f"{strike}*" for strike in strikes)),
            # A whole strike goes before those that it begins.
            before="".join(f"strike = '{strike}' DESC, " for strike in strikes),
        )
        yield from (each for each in found if query.allows(each))


def _unique(instruments: Iterator[Instrument]) -> Iterator[Instrument]:
    seen: set[int] = set()
    for each in instruments:
        if each.instrument_token not in seen:
            seen.add(each.instrument_token)
            yield each
