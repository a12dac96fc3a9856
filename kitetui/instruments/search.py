"""How instruments are found: what a user typed is taken apart (`bse:tcs`, `nifty 25000 ce`) and looked for.

Made for every key that is pressed: the full-text index gives families in the order in which they are listed,
and no more of them are looked at than are wanted. A name that is not known is told the nearest that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Final

from kitetui.instruments.instrument import Instrument, Kind, in_words, squeezed
from kitetui.instruments.table import InstrumentTable

_KINDS: Final = {kind.value: kind for kind in Kind if kind.value} | {
    "FUTURE": Kind.FUTURE,
    "FUTURES": Kind.FUTURE,
    "CALL": Kind.CALL,
    "PUT": Kind.PUT,
}

_LONGEST: Final = 80
"""Characters that are looked at; no name is longer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in capitals.

    typed: all that may be the beginning of a symbol, without blanks.
    words: what has to be found, each where a word begins.
    kinds: those that are meant, any if empty.
    exchange: the one that is meant, any if empty.
    """

    typed: str
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    exchange: str

    @classmethod
    def parse(cls, text: str) -> Query:
        """Take a text apart. A kind counts as one behind another word only: `fut` alone begins a name."""
        exchange, _, typed = text[:_LONGEST].upper().rpartition(":")
        first, *others = typed.split() or [""]
        kinds = dict.fromkeys(_KINDS[word].value for word in others if word in _KINDS)
        kept = [first, *(word for word in others if word not in _KINDS)]
        return cls("".join(kept), tuple(in_words(" ".join(kept)).split()), tuple(kinds), squeezed(exchange))

    @property
    def symbol(self) -> str:
        """What was typed as one word, as the index has symbols."""
        return squeezed(self.typed)

    def allows(self, instrument: Instrument) -> bool:
        """Whether it is of a kind that is meant."""
        return not self.kinds or instrument.kind in self.kinds

    @property
    def numbers(self) -> tuple[str, ...]:
        """The words that may be a strike."""
        return tuple(word for word in self.words if word.replace(".", "", 1).isdigit())


_LENGTH_SLACK: Final = 2
_LIKENESS: Final = 0.75
_LONGEST_NAME: Final = 40


def nearest(
    symbol: str, beginning_with: Callable[[str], Iterable[Instrument]], count: int = 2
) -> list[Instrument]:
    """Return up to `count` instruments with symbols close to this one, the closest first.

    beginning_with: gives some instruments whose symbols begin so, those that are likely first.

    What shares a longer beginning is looked at first: the comparison is slow, and a list can be long.
    """
    for length in range(min(len(symbol) - 1, _LONGEST_NAME), 0, -1):
        candidates: dict[str, Instrument] = {}
        for each in beginning_with(symbol[:length]):
            if abs(len(each.tradingsymbol) - len(symbol)) <= _LENGTH_SLACK:
                candidates.setdefault(each.tradingsymbol, each)
        if found := get_close_matches(symbol, candidates, n=count, cutoff=_LIKENESS):
            return [candidates[name] for name in found]
    return []


_TOKEN_DIGITS: Final = 10
_SHORTEST_PART: Final = 3


def search(table: InstrumentTable, text: str, limit: int) -> list[Instrument]:
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


def _found(table: InstrumentTable, query: Query) -> Iterator[Instrument]:
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


def _families(
    table: InstrumentTable, query: Query, *matches: str, by_strike: bool = False
) -> Iterator[Instrument]:
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
