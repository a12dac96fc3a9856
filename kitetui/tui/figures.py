"""One tick as the figures that are shown, with the three blanks that mean three different things."""

from __future__ import annotations

from typing import Final, NamedTuple

from kitetui.formatting import arrow, percent, percent_of, rounded
from kitetui.tui.numerals import change_within, price_within, quantity_within, short
from kitetui.wire import Exchange, Mode, Tick, decimals_of, layout
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE

NOT_APPLICABLE: Final = "·"
"""The instrument or the mode has no such figure: an index has no bid."""

WAITING: Final = "…"
"""The figure has not come yet."""

UNKNOWN: Final = "-"
"""The exchange sent none: no previous close, an empty side of the book."""

PRICE_WIDTH: Final = 11
"""Cells of the widest price met in practice, `1,36,450.00`; what is wider is shown shorter, never cut."""

_CURRENCIES: Final = (Exchange.CDS, Exchange.BCD)
_INDEX: Final = (INDEX_QUOTE, INDEX_FULL)
_UNSIGNED: Final = 0xFFFFFFFF


class Level(NamedTuple):
    """One level of the order book; the price is an integer as sent."""

    price: int
    quantity: int
    orders: int


class Figures:
    """What a tick says, as text; `mode` is the mode that the instrument is wanted in."""

    __slots__ = ("_decimals", "_length", "_mode", "_scale", "_words")

    def __init__(self, tick: Tick, mode: Mode | None) -> None:
        self._words = tick.words
        self._length = tick.length
        self._mode = mode
        sent = decimals_of(tick.instrument_token)
        self._decimals = 4 if tick.exchange in _CURRENCIES else 2
        self._scale = 10 ** (sent - self._decimals)

    @property
    def is_index(self) -> bool:
        """Whether this is an index, which has neither book nor volume."""
        return Exchange.of(self._words[layout.TOKEN]) is Exchange.INDICES

    @property
    def ltp(self) -> int:
        """The last price as sent."""
        return self._words[layout.LAST_PRICE]

    @property
    def percent_change(self) -> int | None:
        """Change from the previous close in hundredths of a percent, None where it is not known."""
        close = self._words[layout.CLOSE]
        if self._length == LTP or not close:
            return None
        return percent_of(self.ltp - close, close)

    @property
    def exchange_time(self) -> int | None:
        """The exchange's time of the tick in UTC seconds, None where it was not sent."""
        if self._length not in (FULL, INDEX_FULL):
            return None
        return self._words[layout.EXCHANGE_TIME] & _UNSIGNED or None

    @property
    def last_trade_time(self) -> int | None:
        """When the last trade was, in UTC seconds, None where it was not sent."""
        return self._words[layout.LAST_TRADE_TIME] & _UNSIGNED or None if self._length == FULL else None

    def price(self, value: int, width: int = PRICE_WIDTH) -> str:
        """Return a price as sent, as text."""
        return price_within(rounded(value, self._scale), self._decimals, width)

    def last(self, width: int = PRICE_WIDTH) -> str:
        """Return the last price."""
        return self.price(self.ltp, width)

    def change(self, width: int = PRICE_WIDTH - 1) -> str:
        """Return the change from the previous close, in rupees or points."""
        if self._length == LTP:
            return NOT_APPLICABLE
        value = self.net_change
        return UNKNOWN if value is None else change_within(rounded(value, self._scale), self._decimals, width)

    @property
    def net_change(self) -> int | None:
        """Change from the previous close as sent, that of the percentage; an index without a close sends its
        own.
        """
        if self._length == LTP:
            return None
        if close := self._words[layout.CLOSE]:
            return self.ltp - close
        return self._words[layout.PRICE_CHANGE] if self._length in _INDEX else None

    def percent(self) -> str:
        """Return the change in percent with its arrow, in at most nine cells."""
        if self._length == LTP:
            return NOT_APPLICABLE
        value = self.percent_change
        return UNKNOWN if value is None else f"{arrow(value)} {percent(value)}".lstrip()

    def volume(self) -> str:
        """Return the volume of the day, short."""
        return short(self._count(layout.VOLUME)) if self._is_traded else NOT_APPLICABLE

    def full_volume(self, width: int) -> str:
        """Return the volume of the day, in full where it fits."""
        return quantity_within(self._count(layout.VOLUME), width) if self._is_traded else NOT_APPLICABLE

    def open_interest(self) -> str:
        """Return the open interest, short; only derivatives have any."""
        interest = self._count(layout.OI) if self._length == FULL else 0
        return short(interest) if interest else NOT_APPLICABLE

    def bid(self) -> str:
        """Return the best bid."""
        return self._best(0)

    def ask(self) -> str:
        """Return the best offer."""
        return self._best(layout.DEPTH_LEVELS)

    def open(self) -> str:
        """Return the day's first price."""
        return self._of_the_day(layout.OPEN)

    def high(self) -> str:
        """Return the day's highest price."""
        return self._of_the_day(layout.HIGH)

    def low(self) -> str:
        """Return the day's lowest price."""
        return self._of_the_day(layout.LOW)

    def close(self) -> str:
        """Return the previous session's close."""
        return self._of_the_day(layout.CLOSE)

    def average(self) -> str:
        """Return the average price of the day's trades."""
        return self._of_the_day(layout.AVERAGE_PRICE) if self._is_traded else NOT_APPLICABLE

    def last_quantity(self, width: int) -> str:
        """Return the quantity of the last trade, in full where it fits."""
        return (
            quantity_within(self._count(layout.LAST_QUANTITY), width) if self._is_traded else NOT_APPLICABLE
        )

    def day_position(self) -> float | None:
        """Return where the last price stands in the day's range, 0 to 1, None without a range."""
        high, low = self._words[layout.HIGH], self._words[layout.LOW]
        if self._length == LTP or high <= low:
            return None
        return min(max((self.ltp - low) / (high - low), 0.0), 1.0)

    def bids(self) -> list[Level]:
        """Return the bids, best first; none where there is no depth."""
        return self._levels(0)

    def asks(self) -> list[Level]:
        """Return the offers, best first; none where there is no depth."""
        return self._levels(layout.DEPTH_LEVELS)

    def totals(self) -> tuple[int, int]:
        """Return the quantities of all open buy and sell orders."""
        return self._count(layout.BUY_QUANTITY), self._count(layout.SELL_QUANTITY)

    @property
    def has_depth(self) -> bool:
        """Whether the tick carries a book."""
        return self._length == FULL

    @property
    def _is_traded(self) -> bool:
        return self._length in (QUOTE, FULL)

    def _of_the_day(self, word: int) -> str:
        if self._length == LTP:
            return NOT_APPLICABLE
        return self.price(self._words[word]) if self._words[word] else UNKNOWN

    def _best(self, entry: int) -> str:
        if self.is_index or self._mode is not Mode.FULL:
            return NOT_APPLICABLE
        if not self.has_depth:
            return WAITING
        level = self._level(entry)
        return self.price(level.price) if level.quantity else UNKNOWN

    def _levels(self, first: int) -> list[Level]:
        if not self.has_depth:
            return []
        return [self._level(first + level) for level in range(layout.DEPTH_LEVELS)]

    def _level(self, entry: int) -> Level:
        word = layout.DEPTH + layout.DEPTH_ENTRY_WORDS * entry
        quantity, price, orders = self._words[word : word + layout.DEPTH_ENTRY_WORDS]
        return Level(price, quantity & _UNSIGNED, orders)

    def _count(self, word: int) -> int:
        return self._words[word] & _UNSIGNED
