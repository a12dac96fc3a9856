"""One instrument, as data, and what the names of contracts say: what expires when, and at which strike.

The contracts of a month are written `NIFTY26DECFUT` and `NIFTY26DEC25000CE`; those that end within a month
have the day instead, `NIFTY26D0825000CE`, where O, N and D stand for the last three months. So contracts that
no list has any more are known too.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from kitetui.wire import Exchange

ListRow = tuple[int, str, str, str, str, str | None, str | None, int, int, int, int]
"""The fields of an instrument in their order as plain values: days, strikes and kinds are texts.

Long lists are read, put in order and written in this form; an instrument is made of what is asked for.
"""


class Kind(StrEnum):
    """What an instrument is; `UNKNOWN` for a bare token of which nothing else is known."""

    EQUITY = "EQ"
    INDEX = "INDEX"
    FUTURE = "FUT"
    CALL = "CE"
    PUT = "PE"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument under the name that users write, `NSE:INFY`.

    `exchange` is what stands before the colon: an index belongs to its exchange (`NSE:NIFTY 50`), though
    its token is one of the segment INDICES. `tick_size` and `reference_price` are integers of the
    segment's smallest unit, as prices are on the wire; a reference price is where a simulated market
    starts, no quotation. `listed` says that the token is one the exchange publishes: any other token is
    made up for the simulated exchange, and on the real one could be somebody else's price.
    """

    instrument_token: int
    exchange: str
    tradingsymbol: str
    name: str
    kind: Kind
    expiry: date | None
    strike: Decimal | None
    tick_size: int
    lot_size: int
    reference_price: int
    listed: bool

    @property
    def key(self) -> str:
        """The name to show and to store by, `EXCHANGE:TRADINGSYMBOL`."""
        return f"{self.exchange}:{self.tradingsymbol}"

    @property
    def segment(self) -> Exchange:
        """The segment that the token says."""
        return Exchange.of(self.instrument_token)

    def tradable_on(self, day: date) -> bool:
        """Whether the real exchange can be asked for it on a day of Indian time: listed and not expired."""
        return self.listed and (self.expiry is None or self.expiry >= day)


EXCHANGES: Final = ("NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "NCO")
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

MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
"""How the months are written in symbols."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9.]+")


def squeezed(name: str) -> str:
    """Return a name as one word: `NIFTY 50` as `NIFTY50`, `M&M` as `MM`."""
    return name if name.isascii() and name.isalnum() else _SIGNS.sub("", name)


def in_words(name: str) -> str:
    """Return a name in words of letters and digits alone, one blank between them: `M&M` as `M M`."""
    return _SIGNS.sub(" ", name).strip()


def shown(text: str) -> str:
    """Return what a user typed, short and without anything that could move a terminal's cursor."""
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return short if short.isprintable() else ascii(short)


_LETTERS: Final = "123456789OND"
_END: Final = r"(?P<strike>\d+(?:\.\d+)?)?(?P<kind>FUT|CE|PE)"
_OF_A_MONTH: Final = re.compile(rf"(?P<name>.+?)(?P<year>\d\d)(?P<month>{'|'.join(MONTHS)}){_END}")
_OF_A_DAY: Final = re.compile(rf"(?P<name>.+?)(?P<year>\d\d)(?P<month>[{_LETTERS}])(?P<day>[0-3]\d){_END}")


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its symbol has it.

    name: the underlying's.
    strike: None for a future.
    ended_by: the day of expiry, or the last of its month, as a symbol of that form does not have the day.
    """

    name: str
    kind: Kind
    strike: Decimal | None
    ended_by: date

    @classmethod
    def parse(cls, symbol: str) -> Contract | None:
        """Return the contract of a symbol, None where the symbol is no contract's."""
        found = _OF_A_MONTH.fullmatch(symbol) or _OF_A_DAY.fullmatch(symbol)
        if found is None or (found["kind"] == Kind.FUTURE) != (found["strike"] is None):
            return None
        year, month = 2000 + int(found["year"]), _month(found["month"])
        day = found.groupdict().get("day") or monthrange(year, month)[1]
        try:
            ended_by = date(year, month, int(day))
        except ValueError:
            return None
        strike = None if found["strike"] is None else Decimal(found["strike"])
        return cls(found["name"], Kind(found["kind"]), strike, ended_by)


def _month(text: str) -> int:
    return (MONTHS.index(text) if text in MONTHS else _LETTERS.index(text)) + 1
