"""Packets of Kite's protocol, packed by hand with `struct`, so that no test trusts our own encoder.

A packet is described by its length and the integers in it, in the order of the wire.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from collections.abc import Mapping

LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL = 8, 28, 32, 44, 184
LENGTHS = (LTP, INDEX_QUOTE, INDEX_FULL, QUOTE, FULL)

INFY = 408065
"""NSE:INFY."""

INFY_QUOTE = b64decode("AAY6AQACZoMAAAABAAJlaQAR8bIAA+n/AAWANwACZPMAAmc8AAJhyQACZGw=")
"""A real quote packet of NSE:INFY, 2021-07-05."""

INFY_FULL = b64decode(
    "AAY6AQACZroAAAAHAAJlbQASMhcAA+m7AAWKAQACZPMAAmc8AAJhyQACZGxg4pR/AAAAAAAAAAAAAAAAYOKUfwAAAAUAAmacAAEAAAAA"
    "AIwAAmZ0AAIAAAAAAAIAAmZvAAEAAAAAANsAAmZqAAcAAAAAADIAAmZlAAEAAAAAAKwAAma6AAMAAAAAACwAAma/AAMAAAAAAS4AAmbJ"
    "AAMAAAAAAI0AAmbOAAIAAAAAAtQAAmbTAAUAAA=="
)
"""A real full packet of NSE:INFY, some seconds later."""

SEGMENTS = {
    "NSE": 1,
    "NFO": 2,
    "CDS": 3,
    "BSE": 4,
    "BFO": 5,
    "BCD": 6,
    "MCX": 7,
    "MCXSX": 8,
    "INDICES": 9,
    "NCO": 12,
}
LEAST_PRICES = dict.fromkeys(SEGMENTS, -(2**31)) | dict.fromkeys(["CDS", "BCD", "NCO"], -50_000_000)
"""The least price, as sent, of each segment: silver on NCO has prices beyond 31 bits."""

DIVISORS = dict.fromkeys(SEGMENTS, 100) | {"CDS": 10_000_000, "BCD": 10_000, "NCO": 10_000}

# Letters are those of `struct`: I an unsigned and i a signed word, H an unsigned half, x padding.
_QUOTE_FIELDS = {
    "instrument_token": "I",
    "last_price": "i",
    "last_traded_quantity": "I",
    "average_traded_price": "i",
    "volume_traded": "I",
    "total_buy_quantity": "I",
    "total_sell_quantity": "I",
    "open": "i",
    "high": "i",
    "low": "i",
    "close": "i",
}
_INDEX_FIELDS = {
    "instrument_token": "I",
    "last_price": "i",
    "high": "i",
    "low": "i",
    "open": "i",
    "close": "i",
    "price_change": "i",
}
_DEPTH_FIELDS = {
    f"{side}_{what}_{level}": letter
    for side in ("bid", "ask")
    for level in range(1, 6)
    for what, letter in (("quantity", "I"), ("price", "i"), ("orders", "Hxx"))
}

FIELDS: Mapping[int, Mapping[str, str]] = {
    LTP: {"instrument_token": "I", "last_price": "i"},
    INDEX_QUOTE: _INDEX_FIELDS,
    INDEX_FULL: _INDEX_FIELDS | {"exchange_timestamp": "I"},
    QUOTE: _QUOTE_FIELDS,
    FULL: _QUOTE_FIELDS
    | {"last_trade_time": "I", "oi": "I", "oi_day_high": "I", "oi_day_low": "I", "exchange_timestamp": "I"}
    | _DEPTH_FIELDS,
}
"""For each packet length its fields in the order of the wire, with their letters for `struct`."""


def packet(length: int, **values: int) -> bytes:
    """Return a packet of this length; fields not named are 0, and the token is INFY's."""
    fields = FIELDS[length]
    values = {"instrument_token": INFY, **values}
    assert values.keys() <= fields.keys(), f"a packet of {length} has no {values.keys() - fields.keys()}"
    sent = (_word(values.get(name, 0), letter) for name, letter in fields.items())
    return struct.pack(">" + "".join(fields.values()), *sent)


def _word(value: int, letter: str) -> int:
    """Return a price beyond 31 bits as the signed word that has its bits."""
    return value - 2**32 if letter == "i" and value >= 2**31 else value


def token(segment: str, exchange_token: int = 1594) -> int:
    """Return an instrument token of this segment."""
    return exchange_token << 8 | SEGMENTS[segment]


def frame(*packets: bytes, count: int | None = None) -> bytes:
    """Return the binary message of these packets; `count` is what it claims, if that is to be a lie."""
    head = struct.pack(">H", len(packets) if count is None else count)
    return head + b"".join(struct.pack(">H", len(data)) + data for data in packets)


def ltp(price: int, of: int = INFY) -> bytes:
    """A packet of the last price alone."""
    return packet(LTP, instrument_token=of, last_price=price)
