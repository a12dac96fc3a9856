"""Binary messages of a market that moves, made before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.instruments import Instrument
from kitetui.instruments.builtin import simulated_shares
from kitetui.simulator.market import Market
from kitetui.wire import Exchange, encode_frame
from kitetui.wire.layout import FULL, INDEX_FULL, LAST_QUANTITY, LTP, QUOTE, TOKEN

KINDS: Final = ("full", "quote", "ltp", "mixed")

_OPENED: Final = 1_795_000_000
_INDEX_OF: Final = 0xFF
_MIX: Final = ((FULL, 0.60), (QUOTE, 0.20), (LTP, 0.15), (INDEX_FULL, 0.05))
"""Shares of the packets of a mixed message."""


def frames_of_kind(kind: str, packets: int, messages: int, *, symbols: int = 3000) -> list[bytes]:
    """Return messages of so many packets, all full, all quote, all ltp, or mixed with indices."""
    rng = np.random.default_rng(1)
    words = _rows(Market(tuple(simulated_shares(symbols)), seed=1, now=_OPENED), packets * messages, rng)
    lengths = _lengths(kind, len(words), rng)
    indices = lengths == INDEX_FULL
    tokens = words[:, TOKEN].view(np.uint32)
    tokens[indices] = tokens[indices] & ~np.uint32(_INDEX_OF) | np.uint32(Exchange.INDICES)
    return _cut(words, lengths, packets)


def frames_of_shares(shares: Sequence[Instrument], packets: int, *, ticks: int) -> list[bytes]:
    """Return messages of full packets, in which these tick in no order, about so many ticks together.

    None of them says a last traded quantity, where the server puts a time.
    """
    market = Market(shares, seed=1, now=_OPENED)
    words = _rows(market, max(ticks // packets, 1) * packets, np.random.default_rng(1))
    words[:, LAST_QUANTITY] = 0
    return _cut(words, np.full(len(words), FULL, np.uint8), packets)


def _rows(market: Market, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    parts: list[NDArray[np.int32]] = []
    made = 0
    while made < count:
        rows = rng.permutation(market.step(min(len(market), count - made), _OPENED))
        parts.append(market.words[rows])
        made += len(rows)
    return np.concatenate(parts)


def _lengths(kind: str, count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    if kind == "mixed":
        lengths, shares = zip(*_MIX, strict=True)
        return rng.choice(np.array(lengths, np.uint8), size=count, p=shares)
    return np.full(count, {"full": FULL, "quote": QUOTE, "ltp": LTP}[kind], np.uint8)


def _cut(words: NDArray[np.int32], lengths: NDArray[np.uint8], packets: int) -> list[bytes]:
    starts = range(0, len(words), packets)
    return [encode_frame(words[at : at + packets], lengths[at : at + packets].tolist()) for at in starts]
