"""A universe: the instruments one may name, and how a name or token becomes one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, partial
from typing import Final

from kitetui.account.profiles import KITE
from kitetui.errors import UserError
from kitetui.instruments.archive import Archive
from kitetui.instruments.builtin import DEFAULT_WATCHLIST, builtin_instruments
from kitetui.instruments.instrument import ALIASES, Contract, Instrument, Kind, shown
from kitetui.instruments.search import nearest, search
from kitetui.instruments.table import InstrumentTable
from kitetui.wire import Exchange

_LONGEST: Final = 1000
"""Characters of a pattern; SQLite does not take those that are far longer than any symbol."""

_TOKEN_DIGITS: Final = 10


class UnknownSymbol(ValueError):  # noqa: N818 - "unknown symbol" is what every broker calls it
    """A name or token that the universe cannot resolve; its text is one sentence to show.

    successor: what it has become, where it is a contract that has ended or a share in another series.
    """

    def __init__(self, text: str, successor: Instrument | None = None) -> None:
        super().__init__(text)
        self.successor = successor


class Universe:
    """A table of instruments, found by key, by token and by what people type."""

    def __init__(self, table: InstrumentTable, day: date | None = None) -> None:
        """Take all that is known, of which some may not be asked for.

        day: the day of Indian time on which the real exchange is asked; None for a simulated exchange, which
        trades also what has expired, and what is made up.

        Tokens of contracts are used again after expiry, and those made up for the simulated exchange could
        be anybody's: asking for either would show another instrument's prices under a false name.
        """
        self._known = table
        self._day = day
        self._table = table
        if day is not None:
            self._table = table.where(f"listed AND (expiry IS NULL OR expiry >= '{day.isoformat()}')")

    @classmethod
    def of(cls, instruments: Iterable[Instrument]) -> Universe:
        """Return a universe of these instruments. Raises ValueError where two share a token or a key."""
        return cls(InstrumentTable.of(instruments))

    @classmethod
    def load(cls) -> Universe:
        """Return the universe that ships with the program."""
        return _builtin()

    @classmethod
    def on(cls, day: date, endpoint: str = KITE.name) -> Universe:
        """Return what could be asked for on a past day: names and tokens as they were then.

        Args:
            day: A day in India. The list of that day is used, or the last one before it.
            endpoint: The name of the service.

        Raises:
            UserError: No list of that day or before is kept, or it cannot be read.
        """
        kept = Archive.of(endpoint).on(day)
        if kept is None:
            raise UserError(
                f"no instruments of {endpoint} are kept of {day:%d %b %Y} or before",
                "each kitetui instruments sync keeps those of its day",
            )
        return cls(InstrumentTable.of_rows(kept.rows), day)

    def tradable_on(self, day: date) -> Universe:
        """Return the universe of what the real exchange can be asked for on a day of Indian time."""
        return Universe(self._known, day)

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Instrument]:
        """Yield the instruments, those first that come first wherever several fit."""
        return self._table.select()

    def by_key(self, key: str) -> Instrument | None:
        """Return the instrument of an exact key such as `NSE:INFY`, or None."""
        return self._table.by_key(key)

    def by_token(self, instrument_token: int) -> Instrument | None:
        """Return the instrument of a token, or None."""
        return next(self._table.select("instrument_token = ?", instrument_token), None)

    def resolve(self, text: str) -> Instrument:
        """Return what a user means by `NSE:INFY`, `nse:infy`, `INFY`, `NIFTY` or `408065`.

        A name without an exchange is looked up on each exchange in turn. A token of digits need not
        be in the universe: any token of a known segment may be streamed, under its number as its name.

        Raises UnknownSymbol.
        """
        name = " ".join(text.split()).upper()
        if name.isascii() and name.isdigit():
            return self._resolve_token(name)
        if (found := self.by_key(name)) is not None:
            return found
        exchange, symbol = self._taken_apart(name)
        keys = [f"{each}:{symbol}" for each in ([exchange] if exchange else self._table.exchanges)]
        alias = ALIASES.get(symbol, "")
        if alias.startswith(f"{exchange}:" if exchange else ""):
            keys.append(alias)
        for key in keys:
            if (found := self.by_key(key)) is not None:
                return found
        raise self._unknown(keys, exchange, symbol)

    def matching(self, pattern: str) -> list[Instrument]:
        """Return the instruments of a pattern such as `NSE:*BANK*` or `NFO:NIFTY26DEC*`, in any case.

        `*` stands for any letters, `?` for one, and `[..]` for one of several. Raises UnknownSymbol for none.
        """
        exchange, symbol = self._taken_apart(" ".join(pattern.split()).upper())
        where = "tradingsymbol GLOB ?" + (" AND exchange = ?" if exchange else "")
        if len(symbol) <= _LONGEST and (
            found := list(self._table.select(where, *filter(None, (symbol, exchange))))
        ):
            return found
        raise UnknownSymbol(f"no symbol is like {shown(pattern)}; * stands for any letters, as in NSE:*BANK*")

    def search(self, text: str, limit: int = 20) -> list[Instrument]:
        """Return up to `limit` instruments that a text may mean, the likeliest first."""
        return search(self._table, text, limit)

    def default_watchlist(self) -> tuple[Instrument, ...]:
        """Return what a monitor opens with: as much of `DEFAULT_WATCHLIST` as this universe holds."""
        found = map(self.by_key, DEFAULT_WATCHLIST)
        return tuple(each for each in found if each is not None)

    def _taken_apart(self, name: str) -> tuple[str, str]:
        """Return the exchange, empty where none is named, and the symbol. Raises UnknownSymbol."""
        exchange, colon, symbol = (part.strip() for part in name.rpartition(":"))
        if not symbol:
            raise UnknownSymbol("a symbol is needed, such as NSE:INFY or 408065")
        if colon and exchange not in self._table.exchanges:
            known = ", ".join(self._table.exchanges)
            raise UnknownSymbol(f"no exchange {shown(exchange)}; the exchanges are {known}")
        return exchange, symbol

    def _resolve_token(self, digits: str) -> Instrument:
        token = int(digits) if len(digits) <= _TOKEN_DIGITS else 0
        if not 0 < token < 2**32:
            raise UnknownSymbol(f"{shown(digits)} is no instrument token: tokens are numbers of 32 bits")
        segment = Exchange.of(token)
        if segment is Exchange.UNKNOWN:
            raise UnknownSymbol(f"{token} is no instrument token: its segment {token & 0xFF} is not known")
        return self.by_token(token) or _unnamed(token, segment)

    def _unknown(self, keys: list[str], exchange: str, symbol: str) -> UnknownSymbol:
        """Return why none of these keys can be asked for, and what can be instead."""
        if self._day is not None:
            known = [key for key in keys if self._known.by_key(key) is not None]
            gone = [each for key in known or keys if (each := self._gone(key, self._day)) is not None]
            if gone:
                return max(gone, key=lambda each: each.successor is not None)
        wanted = shown(f"{exchange}:{symbol}" if exchange else symbol)
        meant = [
            found for found in map(self.by_key, dict.fromkeys(_of_other_programs(exchange, symbol))) if found
        ]
        close = meant or nearest(symbol, partial(self._table.beginning_with, exchange=exchange))
        if not close:
            return UnknownSymbol(f"no {wanted}; give an instrument token for what is not in the list")
        return UnknownSymbol(f"no {wanted}; did you mean {' or '.join(each.key for each in close)}?")

    def _gone(self, key: str, day: date) -> UnknownSymbol | None:
        """Return what to say of a key that was good once, or is good elsewhere."""
        known = self._known.by_key(key)
        if known is not None and not known.listed:
            return UnknownSymbol(f"{key} is known to the simulated exchange only; name another")
        next_one = successor(self._table, key)
        if end := ended(key, known, day):
            instead = f"the next is {next_one.key}" if next_one else "name a later contract"
            return UnknownSymbol(f"{key} {end}; {instead}", next_one)
        if next_one is not None and next_one.expiry is None:
            return UnknownSymbol(f"no {key}; it is traded as {next_one.key} now", next_one)
        return None


@cache
def _builtin() -> Universe:
    return Universe.of(builtin_instruments())


def _of_other_programs(exchange: str, symbol: str) -> Iterator[str]:
    """Yield what a symbol of a terminal, a chart or a data service may be on Kite.

    `INFY-EQ` has its series behind it, `RELIANCE.NS` its exchange, and `M_M` a sign that stands for another.
    """
    name, _, suffix = symbol.rpartition(".")
    if exchange_of_suffix := _SUFFIXES.get(suffix):
        symbol, exchange = name, exchange_of_suffix
    for each in [exchange] if exchange else _OF_SHARES:
        for sign in ("_", "&", "-"):
            yield f"{each}:{symbol.removesuffix('-EQ').replace('_', sign)}"


_SUFFIXES: Final = {"NS": "NSE", "NSE": "NSE", "BO": "BSE", "BSE": "BSE"}


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


_OF_SHARES: Final = ("NSE", "BSE")
"""The exchanges that have no contracts."""

_SERIES: Final = ("BE", "BZ", "SM", "ST")
"""What stands behind the symbol of a share that is not in the regular series."""


def successor(table: InstrumentTable, key: str) -> Instrument | None:
    """Return what a key may be replaced by: the next contract of its kind, or the share in another series.

    table: what can be asked for.
    """
    exchange, _, symbol = key.partition(":")
    contract = _contract(key)
    if contract is not None:
        of_kind = (
            each
            for each in table.beginning_with(contract.name, exchange)
            if (each.name, each.kind, each.strike) == (contract.name, contract.kind, contract.strike)
        )
        # They come in the order of their expiry, and those that have expired do not come.
        return next(of_kind, None)
    share, _, series = symbol.rpartition("-")
    regular = share if series in _SERIES else symbol
    names = [regular, *(f"{regular}-{each}" for each in _SERIES)]
    marks = ", ".join("?" * len(names))
    return next(table.select(f"exchange = ? AND tradingsymbol IN ({marks})", exchange, *names), None)


def ended(key: str, known: Instrument | None, day: date) -> str | None:
    """Say when a contract ended, None for what is no contract, or has not ended.

    known: what the list has under the key, if anything.
    """
    if known is not None:
        return f"expired on {known.expiry}" if known.expiry is not None and known.expiry < day else None
    contract = _contract(key)
    return "has expired" if contract is not None and contract.ended_by < day else None


def _contract(key: str) -> Contract | None:
    exchange, _, symbol = key.partition(":")
    return None if exchange in _OF_SHARES else Contract.parse(symbol)
