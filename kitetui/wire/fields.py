"""The fields of a tick by name: where each stands in a row, what it is, and which packets carry it.

One table serves columns, ticks and recorders, so that a field is described in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from kitetui.wire import layout
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE


class Kind(Enum):
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
    kind: Kind
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
                Field(f"{side}_price_{number}", word + layout.ENTRY_PRICE, Kind.PRICE, _FULL),
                Field(f"{side}_quantity_{number}", word + layout.ENTRY_QUANTITY, Kind.COUNT, _FULL),
                Field(f"{side}_orders_{number}", word + layout.ENTRY_ORDERS, Kind.COUNT, _FULL),
            ]
    return fields


FIELDS: Final = {
    field.name: field
    for field in [
        Field("instrument_token", layout.TOKEN, Kind.COUNT, _ALL),
        Field("last_price", layout.LAST_PRICE, Kind.PRICE, _ALL),
        Field("last_traded_quantity", layout.LAST_QUANTITY, Kind.COUNT, _TRADED),
        Field("average_traded_price", layout.AVERAGE_PRICE, Kind.PRICE, _TRADED),
        Field("volume_traded", layout.VOLUME, Kind.COUNT, _TRADED),
        Field("total_buy_quantity", layout.BUY_QUANTITY, Kind.COUNT, _TRADED),
        Field("total_sell_quantity", layout.SELL_QUANTITY, Kind.COUNT, _TRADED),
        Field("open", layout.OPEN, Kind.PRICE, _QUOTED),
        Field("high", layout.HIGH, Kind.PRICE, _QUOTED),
        Field("low", layout.LOW, Kind.PRICE, _QUOTED),
        Field("close", layout.CLOSE, Kind.PRICE, _QUOTED),
        Field("price_change", layout.PRICE_CHANGE, Kind.PRICE, _INDEX),
        Field("last_trade_time", layout.LAST_TRADE_TIME, Kind.TIME, _FULL),
        Field("oi", layout.OI, Kind.COUNT, _FULL),
        Field("oi_day_high", layout.OI_DAY_HIGH, Kind.COUNT, _FULL),
        Field("oi_day_low", layout.OI_DAY_LOW, Kind.COUNT, _FULL),
        Field("exchange_timestamp", layout.EXCHANGE_TIME, Kind.TIME, _FULL | {INDEX_FULL}),
        *_depth_fields(),
    ]
}
"""Every field that stands in a row, by name."""

MODE_OF_LENGTH: Final = {LTP: "ltp", INDEX_QUOTE: "quote", QUOTE: "quote", INDEX_FULL: "full", FULL: "full"}
"""The streaming mode that a packet of this length belongs to."""
