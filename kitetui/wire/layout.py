"""The shape of Kite's packets, and the one row layout into which all of them decode.

A packet's length is its type. Every kind is decoded into one row of `WORDS` native 32-bit integers,
so that a batch of mixed kinds is one matrix. The words of a row are the 4-byte fields of the full
packet in the order of the wire, and the other kinds fill what they carry:

- `ltp` and `quote` packets are prefixes of the full packet;
- an index packet has its fields in an order of its own (high, low, open, close), so they are moved
  to where the full packet has them; its price change takes the place of the first bid's quantity,
  which no index has.

Prices are integers to be divided by the divisor of the token's segment. Energy has traded below zero, so
they are signed; but in segments of four decimals and more, 32 signed bits end at 2,14,748.3647, beyond
which silver trades: there a word below -50,000,000 (-5,000.0000) is an unsigned price. `prices_of` and
`priced` say what a word means. Tokens, quantities, open interest and times are unsigned 32-bit numbers in
signed words: view them as unsigned, or mask them, before use. What a packet does not carry is 0 in its
row, and the lengths of each of `FIELDS` say so.

The fields of a tick by name serve columns, ticks and recorders, so that each is described in one place. The
low byte of a token is its segment, which says what its integer prices are worth. Segments 1 to 9 are those of
Kite's documents, 12 (NCO, commodity derivatives of the NSE) that of the official Python client 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout


class Mode(StrEnum):
    """How much of an instrument is streamed: the last price, the quote, or the quote with depth."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


RANK: Final = {Mode.LTP: 0, Mode.QUOTE: 1, Mode.FULL: 2}
"""The modes, the poorest first."""


@dataclass(frozen=True, slots=True)
class PacketError:
    """Bytes that could not be read as market data.

    `offset` is where they begin in the message (at the length prefix, where there is one), `length` how
    many bytes the packet says it has, `frame` the message's index in the batch.
    """

    offset: int
    length: int
    reason: str
    frame: int = 0


LTP: Final = 8
INDEX_QUOTE: Final = 28
INDEX_FULL: Final = 32
QUOTE: Final = 44
FULL: Final = 184

PACKET_LENGTHS: Final = (LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL)
"""Every length that a packet can have."""

WORDS: Final = FULL // 4

TOKEN: Final = 0
LAST_PRICE: Final = 1
LAST_QUANTITY: Final = 2
AVERAGE_PRICE: Final = 3
VOLUME: Final = 4
BUY_QUANTITY: Final = 5
SELL_QUANTITY: Final = 6
OPEN: Final = 7
HIGH: Final = 8
LOW: Final = 9
CLOSE: Final = 10
LAST_TRADE_TIME: Final = 11
OI: Final = 12
OI_DAY_HIGH: Final = 13
OI_DAY_LOW: Final = 14
EXCHANGE_TIME: Final = 15

DEPTH: Final = 16
"""The first word of the depth: ten entries of three words, five bids and then five offers, best first."""

DEPTH_LEVELS: Final = 5
DEPTH_ENTRY_WORDS: Final = 3
ENTRY_QUANTITY: Final = 0
ENTRY_PRICE: Final = 1
ENTRY_ORDERS: Final = 2

PRICE_CHANGE: Final = DEPTH
"""In an index's row: the price change as sent."""

INDEX_WORDS: Final = (TOKEN, LAST_PRICE, HIGH, LOW, OPEN, CLOSE, PRICE_CHANGE, EXCHANGE_TIME)
"""For each 4-byte field of an index packet, in the order of the wire, its word in a row."""


class Exchange(IntEnum):
    """A segment of a token, numbered as on the wire; `UNKNOWN` stands for every number not known."""

    UNKNOWN = 0
    NSE = 1
    NFO = 2
    CDS = 3
    BSE = 4
    BFO = 5
    BCD = 6
    MCX = 7
    MCXSX = 8
    INDICES = 9
    NCO = 12

    @classmethod
    def of(cls, instrument_token: int) -> Exchange:
        """Return the segment of a token."""
        return _BY_NUMBER.get(instrument_token & 0xFF, cls.UNKNOWN)


_BY_NUMBER: Final = {int(exchange): exchange for exchange in Exchange}

_DECIMALS: Final = {Exchange.CDS: 7, Exchange.BCD: 4, Exchange.NCO: 4}
_DEFAULT_DECIMALS: Final = 2

DECIMALS: Final[NDArray[np.int64]] = np.array(
    [_DECIMALS.get(_BY_NUMBER.get(number, Exchange.UNKNOWN), _DEFAULT_DECIMALS) for number in range(256)]
)
"""Decimal places of a price as sent, by segment number: shape (256,), int64."""

DIVISORS: Final[NDArray[np.float64]] = np.float_power(10.0, DECIMALS)
"""What an integer price is divided by, by segment number: shape (256,), float64."""

_DIVISORS: Final[tuple[int, ...]] = tuple(10**decimals for decimals in DECIMALS.tolist())


def decimals_of(instrument_token: int) -> int:
    """Return the decimal places of this token's prices as sent: 7 on CDS, 4 on BCD and NCO, else 2."""
    return int(DECIMALS[instrument_token & 0xFF])


def divisor_of(instrument_token: int) -> int:
    """Return what this token's integer prices are divided by: 10,000,000, 10,000 or 100."""
    return _DIVISORS[instrument_token & 0xFF]


_LEAST_WORD: Final = -(2**31)
_LEAST_FINE_PRICE: Final = -50_000_000
_WORD_RANGE: Final = 2**32

SIGNED_FROM: Final[NDArray[np.int64]] = np.where(DECIMALS > _DEFAULT_DECIMALS, _LEAST_FINE_PRICE, _LEAST_WORD)
"""The least word that is a price below zero, by segment number: shape (256,), int64. Below it a
word is unsigned. -50,000,000 is -5,000.0000 in BCD and NCO, and -5.0000000 in CDS.
"""

_FINE: Final = frozenset(np.flatnonzero(DECIMALS > _DEFAULT_DECIMALS).tolist())


def prices_of(words: NDArray[np.int32], tokens: NDArray[Any]) -> NDArray[np.int64]:
    """Return words of prices as the integers that they mean, shape (..., n), int64.

    words: shape (..., n), int32. tokens: the instrument token of each of the n.
    """
    prices = words.astype(np.int64)
    if prices.min(initial=0) < _LEAST_FINE_PRICE:  # hardly ever
        prices += (prices < SIGNED_FROM.take(tokens & 0xFF)) * _WORD_RANGE
    return prices


def priced(words: Sequence[int]) -> Sequence[int]:
    """Return a row, or its first words, with every price as the integer that it means."""
    if words[TOKEN] & 0xFF not in _FINE:
        return words
    return [
        word + _WORD_RANGE if place in _PRICE_WORDS and word < _LEAST_FINE_PRICE else word
        for place, word in enumerate(words)
    ]


_PRICE_WORDS: Final = frozenset(
    [LAST_PRICE, AVERAGE_PRICE, OPEN, HIGH, LOW, CLOSE]
    + [DEPTH + DEPTH_ENTRY_WORDS * entry + ENTRY_PRICE for entry in range(2 * DEPTH_LEVELS)]
)


def token_list(tokens: int | Iterable[int]) -> list[int]:
    """Return one instrument token or several as a list. Raises TypeError for a symbol or the like."""
    wanted = [tokens] if isinstance(tokens, str | int | np.integer) else list(tokens)
    for token in wanted:
        if isinstance(token, bool) or not isinstance(token, int | np.integer):
            raise TypeError(f"{token!r} is no instrument token: `Universe.resolve` has that of a symbol")
    return list(map(int, wanted))


class FieldKind(Enum):
    """What the integer in a word means."""

    PRICE = auto()
    """Signed, in the segment's smallest unit."""
    COUNT = auto()
    """Unsigned: a token, a quantity, a volume, open interest or a number of orders."""
    TIME = auto()
    """Unsigned: UNIX seconds in UTC; 0 means none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a tick.

    `word` is its place in a row, `lengths` the packet lengths that carry it.
    """

    name: str
    word: int
    kind: FieldKind
    lengths: frozenset[int]


_ALL = frozenset(layout.PACKET_LENGTHS)
_TRADED = frozenset({QUOTE, FULL})
_INDEX = frozenset({INDEX_QUOTE, INDEX_FULL})
_QUOTED = _TRADED | _INDEX
_FULL = frozenset({FULL})


def _depth_fields() -> list[Field]:
    fields = []
    for side, first in (("bid", 0), ("ask", layout.DEPTH_LEVELS)):
        for level in range(layout.DEPTH_LEVELS):
            word = layout.DEPTH + layout.DEPTH_ENTRY_WORDS * (first + level)
            number = level + 1
            fields += [
                Field(f"{side}_price_{number}", word + layout.ENTRY_PRICE, FieldKind.PRICE, _FULL),
                Field(f"{side}_quantity_{number}", word + layout.ENTRY_QUANTITY, FieldKind.COUNT, _FULL),
                Field(f"{side}_orders_{number}", word + layout.ENTRY_ORDERS, FieldKind.COUNT, _FULL),
            ]
    return fields


FIELDS: Final = {
    field.name: field
    for field in [
        Field("instrument_token", layout.TOKEN, FieldKind.COUNT, _ALL),
        Field("last_price", layout.LAST_PRICE, FieldKind.PRICE, _ALL),
        Field("last_traded_quantity", layout.LAST_QUANTITY, FieldKind.COUNT, _TRADED),
        Field("average_traded_price", layout.AVERAGE_PRICE, FieldKind.PRICE, _TRADED),
        Field("volume_traded", layout.VOLUME, FieldKind.COUNT, _TRADED),
        Field("total_buy_quantity", layout.BUY_QUANTITY, FieldKind.COUNT, _TRADED),
        Field("total_sell_quantity", layout.SELL_QUANTITY, FieldKind.COUNT, _TRADED),
        Field("open", layout.OPEN, FieldKind.PRICE, _QUOTED),
        Field("high", layout.HIGH, FieldKind.PRICE, _QUOTED),
        Field("low", layout.LOW, FieldKind.PRICE, _QUOTED),
        Field("close", layout.CLOSE, FieldKind.PRICE, _QUOTED),
        Field("price_change", layout.PRICE_CHANGE, FieldKind.PRICE, _INDEX),
        Field("last_trade_time", layout.LAST_TRADE_TIME, FieldKind.TIME, _FULL),
        Field("oi", layout.OI, FieldKind.COUNT, _FULL),
        Field("oi_day_high", layout.OI_DAY_HIGH, FieldKind.COUNT, _FULL),
        Field("oi_day_low", layout.OI_DAY_LOW, FieldKind.COUNT, _FULL),
        Field("exchange_timestamp", layout.EXCHANGE_TIME, FieldKind.TIME, _FULL | {INDEX_FULL}),
        *_depth_fields(),
    ]
}
"""Every field that stands in a row, by name."""

MODE_OF_LENGTH: Final = {LTP: "ltp", INDEX_QUOTE: "quote", QUOTE: "quote", INDEX_FULL: "full", FULL: "full"}
"""The streaming mode that a packet of this length belongs to."""
