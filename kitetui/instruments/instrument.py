"""One instrument, as data: what its name, token, tick and lot are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kitetui.wire import Exchange

Row = tuple[int, str, str, str, str, str | None, str | None, int, int, int, int]
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
