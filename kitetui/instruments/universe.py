"""A universe: the instruments one may name, and how a name or token becomes one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, cached_property
from typing import Final

from kitetui.instruments.builtin import DEFAULT_WATCHLIST, builtin_instruments
from kitetui.instruments.instrument import Instrument, Kind
from kitetui.instruments.nearest import nearest
from kitetui.instruments.search import Search
from kitetui.instruments.simulated import simulated_shares
from kitetui.wire import Exchange

EXCHANGES: Final = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX")
"""The exchanges that a key can name, in the order in which a name without one is looked up."""

ALIASES: Final = {
    "NIFTY": "NSE:NIFTY 50",
    "NIFTY50": "NSE:NIFTY 50",
    "BANKNIFTY": "NSE:NIFTY BANK",
    "NIFTYBANK": "NSE:NIFTY BANK",
    "FINNIFTY": "NSE:NIFTY FIN SERVICE",
    "MIDCPNIFTY": "NSE:NIFTY MID SELECT",
    "NIFTYNXT50": "NSE:NIFTY NEXT 50",
    "INDIAVIX": "NSE:INDIA VIX",
    "VIX": "NSE:INDIA VIX",
}
"""What people call an index, and its key."""

_TOKEN_DIGITS: Final = 10


class UnknownSymbol(ValueError):  # noqa: N818 - "unknown symbol" is what every broker calls it
    """A name or token that the universe cannot resolve; its text is one sentence to show."""


class Universe:
    """An immutable collection of instruments, found by key, by token and by what people type."""

    def __init__(self, instruments: Iterable[Instrument], *, excluded: Iterable[Instrument] = ()) -> None:
        """Take instruments in the order in which they are listed.

        excluded: instruments that are known but must not be asked for; naming one says why.

        Raises ValueError where two instruments share a token or a key.
        """
        self._instruments = tuple(instruments)
        self._by_token = {each.instrument_token: each for each in self._instruments}
        self._by_key = {each.key: each for each in self._instruments}
        self._excluded = {each.key: each for each in excluded}
        if not len(self._by_token) == len(self._by_key) == len(self._instruments):
            raise ValueError("two instruments of a universe share a token or a key")

    @classmethod
    def load(cls) -> Universe:
        """Return the universe that ships with the program."""
        return _builtin()

    def __len__(self) -> int:
        return len(self._instruments)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._instruments)

    def by_key(self, key: str) -> Instrument | None:
        """Return the instrument of an exact key such as `NSE:INFY`, or None."""
        return self._by_key.get(key)

    def by_token(self, instrument_token: int) -> Instrument | None:
        """Return the instrument of a token, or None."""
        return self._by_token.get(instrument_token)

    def resolve(self, text: str) -> Instrument:
        """Return what a user means by `NSE:INFY`, `nse:infy`, `INFY`, `NIFTY` or `408065`.

        A name without an exchange is looked up on each of `EXCHANGES` in turn. A token of digits need not
        be in the universe: any token of a known segment may be streamed, under its number as its name.

        Raises UnknownSymbol.
        """
        name = " ".join(text.split()).upper()
        if name.isascii() and name.isdigit():
            return self._resolve_token(name)
        exchange, colon, symbol = (part.strip() for part in name.rpartition(":"))
        if not symbol:
            raise UnknownSymbol("a symbol is needed, such as NSE:INFY or 408065")
        if colon and exchange not in EXCHANGES:
            raise UnknownSymbol(f"no exchange {_shown(exchange)}; the exchanges are {', '.join(EXCHANGES)}")
        keys = [f"{each}:{symbol}" for each in ([exchange] if colon else EXCHANGES)]
        alias = ALIASES.get(symbol)
        if alias is not None and (not colon or alias.startswith(f"{exchange}:")):
            keys.append(alias)
        for key in keys:
            if (found := self._by_key.get(key)) is not None:
                return found
        raise UnknownSymbol(self._why_not(keys, exchange, symbol))

    def search(self, text: str, limit: int = 20) -> list[Instrument]:
        """Return up to `limit` instruments that a text may mean, the likeliest first; see `Search.find`."""
        return self._search.find(text, limit)

    def default_watchlist(self) -> tuple[Instrument, ...]:
        """Return what a monitor opens with: as much of `DEFAULT_WATCHLIST` as this universe holds."""
        return tuple(self._by_key[key] for key in DEFAULT_WATCHLIST if key in self._by_key)

    def tradable_on(self, day: date) -> Universe:
        """Return the universe of what the real exchange can be asked for on a day of Indian time.

        Tokens of derivatives are used again after expiry, and those made up for the simulated exchange
        could be anybody's: asking for either would show another instrument's prices under a false name.
        """
        kept = [each for each in self._instruments if each.tradable_on(day)]
        dropped = [each for each in self._instruments if not each.tradable_on(day)]
        return Universe(kept, excluded=[*self._excluded.values(), *dropped])

    def expanded(self, count: int) -> Universe:
        """Return a universe of `count` instruments: the first of this one, then made-up shares."""
        missing = max(count - len(self), 0)
        return Universe([*self._instruments[:count], *simulated_shares(missing)])

    @cached_property
    def _search(self) -> Search:
        return Search(self._instruments, ALIASES)

    def _resolve_token(self, digits: str) -> Instrument:
        token = int(digits) if len(digits) <= _TOKEN_DIGITS else 0
        if not 0 < token < 2**32:
            raise UnknownSymbol(f"{_shown(digits)} is no instrument token: tokens are numbers of 32 bits")
        segment = Exchange.of(token)
        if segment is Exchange.UNKNOWN:
            raise UnknownSymbol(f"{token} is no instrument token: its segment {token & 0xFF} is not known")
        return self._by_token.get(token) or _unnamed(token, segment)

    def _why_not(self, keys: list[str], exchange: str, symbol: str) -> str:
        for key in keys:
            if (found := self._excluded.get(key)) is not None:
                if found.listed:
                    return f"{key} expired on {found.expiry}; name a later contract or its instrument token"
                return f"{key} is known to the simulated exchange only; give its instrument token instead"
        wanted = f"{exchange}:{symbol}" if exchange else symbol
        close = nearest(symbol, (each for each in self._instruments if exchange in ("", each.exchange)))
        if not close:
            return f"no {_shown(wanted)}; give an instrument token for what is not in the built-in list"
        return f"no {_shown(wanted)}; did you mean {' or '.join(each.key for each in close)}?"


@cache
def _builtin() -> Universe:
    return Universe(builtin_instruments())


def _unnamed(token: int, segment: Exchange) -> Instrument:
    return Instrument(
        instrument_token=token,
        exchange=segment.name,
        tradingsymbol=str(token),
        name="",
        kind=Kind.INDEX if segment is Exchange.INDICES else Kind.UNKNOWN,
        expiry=None,
        strike=None,
        tick_size=1,
        lot_size=1,
        reference_price=0,
        listed=True,
    )


def _shown(text: str) -> str:
    """What a user typed, short and without anything that could move a terminal's cursor."""
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return short if short.isprintable() else ascii(short)
