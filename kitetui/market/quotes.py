"""Quotes in columns: many instruments at once, for lists that are sorted or filtered by a figure.

A screen shows a few dozen ticks as objects; putting thousands in order needs columns. What is a blank on
the screen is NaN here, so that nothing compares with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.market.cache import LastValueCache
from kitetui.wire import TickBatch

Figures = NDArray[np.float64]
"""A column: one figure an instrument, NaN for none."""

_PRICE_DECIMALS: Final = 7
"""The finest price there is; rounded to it, the difference of 100.05 and 100.00 is the float 0.05."""


def quotes(cache: LastValueCache, tokens: Sequence[int], now: float, timed_now: float) -> Quotes:
    """Return the last values of these instruments, in this order.

    Args:
        cache: Where the last values are.
        tokens: Of the instruments.
        now: UTC seconds.
        timed_now: The moment by the clock of `cache.timed_at`, seconds.
    """
    rows = cache.rows_of(tokens)
    return Quotes(cache.latest(rows), timed_now - cache.timed_at[rows], cache.snapshot[rows], now)


class Quotes:
    """Columns over many instruments as they were at one moment, each made when it is first asked for.

    A figure is NaN where the packet carries none, and where the exchange sent none. Prices are in rupees,
    of an index in points.

    batch: the last tick of each; a row of length 0 stands for one that never ticked.
    elapsed: seconds since each was received. is_snapshot: whether the tick may be an answer, and no news.
    """

    def __init__(
        self, batch: TickBatch, elapsed: Figures, is_snapshot: NDArray[np.bool_], now: float
    ) -> None:
        self._batch = batch
        self._elapsed = elapsed
        self._is_snapshot = is_snapshot
        self._now = now

    def __len__(self) -> int:
        return len(self._batch)

    @cached_property
    def last_price(self) -> Figures:
        """The last price."""
        return self._figures("last_price")

    @cached_property
    def change(self) -> Figures:
        """The change from the previous close; an index sends its own, and needs no close for it."""
        is_known = ~np.isnan(self.close) | self._batch.present("price_change")
        return np.where(is_known, self._figures("net_change"), np.nan)

    @cached_property
    def percent(self) -> Figures:
        """The change from the previous close, in percent of that."""
        return (self.last_price - self.close) * 100 / self.close

    @cached_property
    def volume(self) -> Figures:
        """The day's volume."""
        return np.where(self._batch.present("volume_traded"), self._figures("volume_traded"), np.nan)

    @cached_property
    def bid(self) -> Figures:
        """The best bid."""
        return self._best("bid")

    @cached_property
    def ask(self) -> Figures:
        """The best offer."""
        return self._best("ask")

    @cached_property
    def spread(self) -> Figures:
        """The best offer less the best bid."""
        return np.round(self.ask - self.bid, _PRICE_DECIMALS)

    @cached_property
    def high(self) -> Figures:
        """The day's highest price."""
        return self._sent("high")

    @cached_property
    def low(self) -> Figures:
        """The day's lowest price."""
        return self._sent("low")

    @cached_property
    def open(self) -> Figures:
        """The day's first price."""
        return self._sent("open")

    @cached_property
    def close(self) -> Figures:
        """The previous session's close."""
        return self._sent("close")

    @cached_property
    def oi(self) -> Figures:
        """The open interest, which only derivatives have."""
        return self._sent("oi")

    @cached_property
    def age(self) -> Figures:
        """Seconds since the tick was received; of one that may be an answer, since the exchange's time."""
        kept = self._now - self._sent("exchange_timestamp")
        seconds = np.where(self._is_snapshot, kept, self._elapsed)
        return np.where(self._batch.lengths > 0, np.maximum(seconds, 0.0), np.nan)

    def _figures(self, name: str) -> Figures:
        return self._batch[name].astype(np.float64, copy=False)

    def _sent(self, name: str) -> Figures:
        """A column in which 0 is no figure: the exchange sends it for what it does not have."""
        figures = self._figures(name)
        return np.where(figures == 0, np.nan, figures)

    def _best(self, side: str) -> Figures:
        """The best price of a side; a level without a quantity is none, whatever its price."""
        has_any = self._batch[f"{side}_quantity_1"] > 0
        return np.where(has_any, self._figures(f"{side}_price_1"), np.nan)
