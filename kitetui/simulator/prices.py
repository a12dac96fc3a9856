"""How prices move: a random walk in whole ticks that is pulled back and stays inside the day's band."""

from __future__ import annotations

import numpy as np

from kitetui.simulator.traits import Ints, Traits

_PULL = 1e-4
"""The share of its distance from the open that a step takes back: strays of some 70 typical steps."""

_OPENING_GAP = 20.0
_OPENING_RANGE = 40.0


def opening(rng: np.random.Generator, traits: Traits) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw a session some hours old: open, high, low and last price of each instrument, in ticks."""
    count = len(traits.close)
    gap = np.rint(rng.normal(size=count) * traits.move * _OPENING_GAP).astype(np.int64)
    first = np.clip(traits.close + gap, traits.low, traits.high)
    above, below = np.abs(rng.normal(size=(2, count)) * traits.move * _OPENING_RANGE).astype(np.int64)
    high = np.minimum(first + above, traits.high)
    low = np.maximum(first - below, traits.low)
    last = rng.integers(low, high, endpoint=True)
    return first, high, low, last


def next_prices(rng: np.random.Generator, traits: Traits, last: Ints, first: Ints) -> Ints:
    """Draw the prices that follow `last` on a day that opened at `first`, in ticks; some stay as they are."""
    step = rng.normal(size=len(last)) * traits.move + (first - last) * _PULL
    return np.clip(last + np.rint(step).astype(np.int64), traits.low, traits.high)
