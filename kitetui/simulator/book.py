"""The five best bids and offers around a last price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kitetui.simulator.traits import Ints, Traits
from kitetui.wire.layout import DEPTH_LEVELS

_MOST_ORDERS = 40


@dataclass(frozen=True, slots=True)
class Book:
    """Prices in ticks, quantities in lots and numbers of orders: each of shape (n, 10), bids first."""

    prices: Ints
    lots: Ints
    orders: Ints


def draw_book(rng: np.random.Generator, traits: Traits, last: Ints) -> Book:
    """Draw books whose best bid or best offer is at the last price, which the last trade hit or lifted."""
    shape = (len(last), DEPTH_LEVELS)
    gap = traits.gap[:, None]
    bid_gaps, ask_gaps = rng.integers(1, gap, size=(2, *shape), endpoint=True)
    spread = ask_gaps[:, 0]
    bid_gaps[:, 0] = np.where(rng.random(len(last)) < 0.5, 0, spread)
    best_bid = last - bid_gaps[:, 0]
    ask_gaps[:, 0] = spread
    bids = last[:, None] - np.cumsum(bid_gaps, axis=1)
    asks = best_bid[:, None] + np.cumsum(ask_gaps, axis=1)
    lots = 1 + (rng.standard_exponential((len(last), 2 * DEPTH_LEVELS)) * traits.resting[:, None]).astype(
        np.int64
    )
    orders = rng.integers(1, np.minimum(lots, _MOST_ORDERS), endpoint=True)
    return Book(prices=np.concatenate([bids, asks], axis=1), lots=lots, orders=orders)
