"""The shape of Kite's packets, and the one row layout into which all of them decode.

A packet's length is its type. Every kind is decoded into one row of `WORDS` native 32-bit integers,
so that a batch of mixed kinds is one matrix. The words of a row are the 4-byte fields of the full
packet in the order of the wire, and the other kinds fill what they carry:

- `ltp` and `quote` packets are prefixes of the full packet;
- an index packet has its fields in an order of its own (high, low, open, close), so they are moved
  to where the full packet has them; its price change takes the place of the first bid's quantity,
  which no index has.

Prices are signed integers, to be divided by the divisor of the token's segment. Tokens, quantities,
open interest and times are unsigned 32-bit numbers in signed words: view them as unsigned, or mask
them, before use. What a packet does not carry is 0 in its row, and `PRESENT` says so.
"""

from __future__ import annotations

from typing import Final

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
