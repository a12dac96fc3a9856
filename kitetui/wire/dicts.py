"""Ticks as the official Python client has them: a dictionary each, with its keys, their order and its values.

But for two things: times carry their zone (UTC) and are None where Kite sent none, and prices below zero
stay below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from kitetui.wire import layout
from kitetui.wire.fields import MODE_OF_LENGTH
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP
from kitetui.wire.segments import Exchange, divisor_of

_UNSIGNED: Final = 0xFFFFFFFF


_LTP_WORDS: Final = layout.LAST_PRICE + 1
_QUOTE_WORDS: Final = layout.CLOSE + 1
_INDEX: Final = (INDEX_QUOTE, INDEX_FULL)


def words_needed(longest: int) -> int:
    """Return how many words of each row dictionaries need, if no packet is longer than this one."""
    if longest == LTP:
        return _LTP_WORDS
    return layout.WORDS if longest == FULL else layout.DEPTH


@lru_cache(maxsize=1024)  # ticks of the same second follow one another
def time_of(seconds: int) -> datetime | None:
    """Return a time in UTC from a row's word, None for 0."""
    return datetime.fromtimestamp(seconds & _UNSIGNED, UTC) if seconds else None


def dict_of(words: Sequence[int], length: int) -> dict[str, Any]:
    """Return the dictionary of a row, given its words, as many as it needs, and the length of its packet."""
    token, last = words[:_LTP_WORDS]
    divisor = divisor_of(token)
    last_price = last / divisor
    tick: dict[str, Any] = {
        "tradable": token & 0xFF != Exchange.INDICES,
        "mode": MODE_OF_LENGTH[length],
        "instrument_token": token & _UNSIGNED,
        "last_price": last_price,
    }
    if length == LTP:
        return tick
    quantity, average, volume, buying, selling, open_, high, low, close = words[_LTP_WORDS:_QUOTE_WORDS]
    opened, highest = open_ / divisor, high / divisor
    lowest, closed = low / divisor, close / divisor
    change = (last_price - closed) * 100 / closed if closed else 0.0
    if length in _INDEX:
        tick["ohlc"] = {"high": highest, "low": lowest, "open": opened, "close": closed}
        tick["change"] = change
        if length == INDEX_FULL:
            tick["exchange_timestamp"] = time_of(words[layout.EXCHANGE_TIME])
        return tick
    tick["last_traded_quantity"] = quantity & _UNSIGNED
    tick["average_traded_price"] = average / divisor
    tick["volume_traded"] = volume & _UNSIGNED
    tick["total_buy_quantity"] = buying & _UNSIGNED
    tick["total_sell_quantity"] = selling & _UNSIGNED
    tick["ohlc"] = {"open": opened, "high": highest, "low": lowest, "close": closed}
    tick["change"] = change
    if length == FULL:
        traded_at, oi, oi_high, oi_low, sent_at = words[_QUOTE_WORDS : layout.DEPTH]
        tick["last_trade_time"] = time_of(traded_at)
        tick["oi"] = oi & _UNSIGNED
        tick["oi_day_high"] = oi_high & _UNSIGNED
        tick["oi_day_low"] = oi_low & _UNSIGNED
        tick["exchange_timestamp"] = time_of(sent_at)
        tick["depth"] = _depth_of(words, divisor)
    return tick


def _depth_of(words: Sequence[int], divisor: int) -> dict[str, list[dict[str, float]]]:
    rest = iter(words[layout.DEPTH :])
    entries = [
        {"quantity": quantity & _UNSIGNED, "price": price / divisor, "orders": orders}
        for quantity, price, orders in zip(rest, rest, rest, strict=True)
    ]
    return {"buy": entries[: layout.DEPTH_LEVELS], "sell": entries[layout.DEPTH_LEVELS :]}
