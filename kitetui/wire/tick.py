"""One tick as an object: a view of one row, made when somebody asks for it.

Names are those of the official Python client's tick dictionary. Prices are divided by the divisor of
their segment only here, by true division, so that 157315 is exactly the float 1573.15.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kitetui.wire import layout
from kitetui.wire.layout import (
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LTP,
    MODE_OF_LENGTH,
    QUOTE,
    Exchange,
    Mode,
    divisor_of,
    priced,
)
from kitetui.wire.tables import dict_of, time_of

_UNSIGNED = 0xFFFFFFFF
_PAISE = 100
"""The divisor of most; those prices are signed."""


@dataclass(frozen=True, slots=True)
class OHLC:
    """Prices of the day; `close` is that of the previous session."""

    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class DepthEntry:
    """One level of the order book."""

    quantity: int
    price: float
    orders: int


@dataclass(frozen=True, slots=True)
class Depth:
    """The order book, best level first: five bids in `buy`, five offers in `sell`."""

    buy: tuple[DepthEntry, ...]
    sell: tuple[DepthEntry, ...]


class Tick:
    """One packet of market data; what the packet does not carry is None.

    `words` are the 46 integers of a row (see `kitetui.wire.layout`), its prices as `priced` gives them;
    `length` is that of the packet.
    """

    __slots__ = ("_divisor", "length", "words")

    def __init__(self, words: Sequence[int], length: int) -> None:
        self._divisor = divisor_of(words[layout.TOKEN])
        self.words = words if self._divisor == _PAISE else priced(words)
        self.length = length

    @property
    def instrument_token(self) -> int:
        """The token: exchange token << 8 | segment."""
        return self.words[layout.TOKEN] & _UNSIGNED

    @property
    def exchange(self) -> Exchange:
        """The segment that the token belongs to."""
        return Exchange.of(self.words[layout.TOKEN])

    @property
    def tradable(self) -> bool:
        """False for an index."""
        return self.exchange is not Exchange.INDICES

    @property
    def mode(self) -> Mode:
        """The streaming mode that this packet belongs to."""
        return Mode(MODE_OF_LENGTH[self.length])

    @property
    def last_price(self) -> float:
        """The last price, in rupees (or points)."""
        return self.words[layout.LAST_PRICE] / self._divisor

    @property
    def last_traded_quantity(self) -> int | None:
        """Quantity of the last trade."""
        return self._count(layout.LAST_QUANTITY) if self._is_traded else None

    @property
    def average_traded_price(self) -> float | None:
        """Average price of the day's trades."""
        return self._price(layout.AVERAGE_PRICE) if self._is_traded else None

    @property
    def volume_traded(self) -> int | None:
        """Volume traded today."""
        return self._count(layout.VOLUME) if self._is_traded else None

    @property
    def total_buy_quantity(self) -> int | None:
        """Quantity of all open buy orders."""
        return self._count(layout.BUY_QUANTITY) if self._is_traded else None

    @property
    def total_sell_quantity(self) -> int | None:
        """Quantity of all open sell orders."""
        return self._count(layout.SELL_QUANTITY) if self._is_traded else None

    @property
    def ohlc(self) -> OHLC | None:
        """Open, high, low of the day and close of the previous session."""
        if self.length == LTP:
            return None
        return OHLC(*(self._price(word) for word in (layout.OPEN, layout.HIGH, layout.LOW, layout.CLOSE)))

    @property
    def change(self) -> float | None:
        """Change from the previous close in percent, 0 where there is no close (as the official client)."""
        if self.length == LTP:
            return None
        close = self._price(layout.CLOSE)
        return (self.last_price - close) * 100 / close if close else 0.0

    @property
    def net_change(self) -> float | None:
        """Change from the previous close in rupees (or points), that of `change`; an index without a close
        has what it sent.
        """
        if self.length == LTP:
            return None
        if self._is_index and not self.words[layout.CLOSE]:
            return self._price(layout.PRICE_CHANGE)
        return (self.words[layout.LAST_PRICE] - self.words[layout.CLOSE]) / self._divisor

    @property
    def last_trade_time(self) -> datetime | None:
        """Time of the last trade, in UTC, to the second."""
        return self._time(layout.LAST_TRADE_TIME) if self.length == FULL else None

    @property
    def exchange_timestamp(self) -> datetime | None:
        """The exchange's time of this tick, in UTC, to the second."""
        return self._time(layout.EXCHANGE_TIME) if self.length in (FULL, INDEX_FULL) else None

    @property
    def oi(self) -> int | None:
        """Open interest."""
        return self._count(layout.OI) if self.length == FULL else None

    @property
    def oi_day_high(self) -> int | None:
        """The day's highest open interest."""
        return self._count(layout.OI_DAY_HIGH) if self.length == FULL else None

    @property
    def oi_day_low(self) -> int | None:
        """The day's lowest open interest."""
        return self._count(layout.OI_DAY_LOW) if self.length == FULL else None

    @property
    def depth(self) -> Depth | None:
        """The five best bids and offers."""
        if self.length != FULL:
            return None
        entries = tuple(self._depth_entry(index) for index in range(2 * layout.DEPTH_LEVELS))
        return Depth(buy=entries[: layout.DEPTH_LEVELS], sell=entries[layout.DEPTH_LEVELS :])

    def to_dict(self) -> dict[str, Any]:
        """Return the official Python client's tick dictionary.

        Its keys and values, but for two things: times carry their zone (UTC) and are None where Kite
        sent none, and prices below zero stay below zero.
        """
        return dict_of(self.words, self.length)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tick):
            return NotImplemented
        return self.length == other.length and tuple(self.words) == tuple(other.words)

    def __hash__(self) -> int:
        return hash((self.length, tuple(self.words)))

    def __repr__(self) -> str:
        return f"Tick({self.instrument_token}, {self.mode}, last_price={self.last_price})"

    @property
    def _is_traded(self) -> bool:
        return self.length in (QUOTE, FULL)

    @property
    def _is_index(self) -> bool:
        return self.length in (INDEX_QUOTE, INDEX_FULL)

    def _price(self, word: int) -> float:
        return self.words[word] / self._divisor

    def _count(self, word: int) -> int:
        return self.words[word] & _UNSIGNED

    def _time(self, word: int) -> datetime | None:
        return time_of(self.words[word])

    def _depth_entry(self, index: int) -> DepthEntry:
        quantity, price, orders = self._depth_words(index)
        return DepthEntry(quantity & _UNSIGNED, price / self._divisor, orders)

    def _depth_words(self, index: int) -> Sequence[int]:
        first = layout.DEPTH + layout.DEPTH_ENTRY_WORDS * index
        return self.words[first : first + layout.DEPTH_ENTRY_WORDS]
