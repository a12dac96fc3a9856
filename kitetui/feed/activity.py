"""How the symbols of a connection usually tick, and whether they have all fallen silent.

A connection may be up, send its heartbeats, and bring no market data. No frame tells that from a market that
stands still. What tells is the symbols themselves: those that ticked again and again, and then all stopped.
Only news counts; that the server answers requests says nothing of the market.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import inf
from typing import Final

import numpy as np

from kitetui.feed.lastpackets import LastPackets
from kitetui.wire import Exchange

MUTE_AFTER: Final = 30.0
"""Seconds of silence that no symbol is too slow for to be noticed."""

_TIMES: Final = 10
"""How many times its usual interval a symbol is silent before that is unusual."""

_REMEMBERED: Final = 600.0
"""Seconds within which a symbol must have ticked twice to count as one that ticks."""

_FADING: Final = 0.9
"""What is left of the longest interval with each one after it: bursts do not make a slow symbol fast."""

_FEWEST: Final = 5
"""Intervals without which nobody knows what is usual."""


class Activity:
    """The rhythm of each symbol of a connection, over all of its sessions.

    last: says when each last brought news, in seconds of a clock that never steps.
    """

    def __init__(self, last: LastPackets) -> None:
        self._packets = last
        self._last = np.full(0, -inf)
        self._before = np.full(0, -inf)
        self._usual = np.zeros(0)
        self._intervals = np.zeros(0, dtype=np.int64)

    def look(self) -> None:
        """Bring the rhythms up to date; to be called about once a second."""
        if (more := len(self._packets.news_at) - len(self._last)) > 0:
            self._last = np.pad(self._last, (0, more), constant_values=-inf)
            self._before = np.pad(self._before, (0, more), constant_values=-inf)
            self._usual = np.pad(self._usual, (0, more))
            self._intervals = np.pad(self._intervals, (0, more))
        rows = np.flatnonzero(self._packets.news_at > self._last)
        now, last, before = self._packets.news_at[rows], self._last[rows], self._before[rows]
        interval = now - last
        usual = np.where(before == -inf, interval, np.maximum(interval, _FADING * self._usual[rows]))
        # A night says nothing of the day.
        is_anew = interval > _REMEMBERED
        self._usual[rows] = np.where(is_anew, 0.0, usual)
        self._intervals[rows] = np.where(is_anew, 0, self._intervals[rows] + 1)
        self._before[rows] = np.where(is_anew, -inf, last)
        self._last[rows] = now

    def is_mute(
        self,
        wanted: Collection[int],
        now: float,
        came_up_at: float,
        is_open: Callable[[Collection[Exchange], float], bool],
    ) -> bool | None:
        """Return whether all symbols that tick, of segments that trade, are silent for unusually long.

        None where nobody knows: few symbols, all of which trade rarely, may rightly be still.
        wanted: the symbols of now. came_up_at: what was silent before that was an outage. is_open: see
        `KiteManagerConfig.market_is_open`.
        """
        last_news = self._packets.last_news
        if last_news is None:
            return None
        if now - max(last_news, came_up_at) < MUTE_AFTER:
            return False
        tokens = np.fromiter(wanted, dtype=np.uint32, count=len(wanted))
        rows = self._packets.rows_of(tokens)
        is_known = rows < len(self._last)
        tokens, rows = tokens[is_known], rows[is_known]
        ticks = (self._before[rows] >= last_news - _REMEMBERED) & (self._intervals[rows] >= _FEWEST)
        tokens, rows = tokens[ticks], rows[ticks]
        if not len(rows):
            return None
        limits = np.maximum(MUTE_AFTER, _TIMES * self._usual[rows])
        is_silent = now - np.maximum(self._last[rows], came_up_at) >= limits
        is_any_mute = False
        for number in np.unique(tokens & 0xFF).tolist():
            mine = (tokens & 0xFF) == number
            segment = Exchange.of(number)
            if not is_open([segment], 0.0):
                continue
            # One that has just opened must have had the time to tick.
            if not is_silent[mine].all() or not is_open([segment], float(limits[mine].max())):
                return False
            is_any_mute = True
        return is_any_mute
