"""In which order the watchlist is shown, and what of it: sorted and filtered, and yet quiet to read.

A list that re-sorts with every tick cannot be read. So it is arranged anew at most every two seconds, and
not while the cursor is being moved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import numpy as np

from kitetui.instruments import Instrument
from kitetui.market.cache import FloatColumn, Quotes
from kitetui.tui.filter import EVERYTHING, Filter
from kitetui.tui.layout import Column

PAUSE: Final = 2.0
"""Seconds between two arrangements, and after a key that moves the cursor."""


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column, and which end first."""

    column: Column
    descending: bool = True

    @classmethod
    def by(cls, column: Column) -> Sort:
        """Return the usual order of a column: names from A, the youngest or the highest first."""
        return cls(column, descending=column not in (Column.SYMBOL, Column.AGE))

    def reversed(self) -> Sort:
        """Return the same column from its other end."""
        return Sort(self.column, not self.descending)


class Ordering:
    """The sort and the filter, and when they are to be followed again; times are seconds of one clock."""

    def __init__(self) -> None:
        self.sort: Sort | None = None
        self.filter: Filter = EVERYTHING
        self._next = -math.inf

    @property
    def is_plain(self) -> bool:
        """Whether the list is shown whole and as it is."""
        return self.sort is None and self.filter is EVERYTHING

    def hold(self, now: float) -> None:
        """Let the order stand for a while: the cursor is being moved."""
        self._next = max(self._next, now + PAUSE)

    def is_due(self, now: float) -> bool:
        """Whether the list is to be arranged anew."""
        return not self.is_plain and now >= self._next

    def positions(self, instruments: Sequence[Instrument], quotes: Quotes, now: float) -> list[int] | None:
        """Return which instruments are shown and in which order, None for all as they are.

        What has no figure in the sorted column comes last, whichever end is first.
        """
        self._next = now + PAUSE
        if self.is_plain:
            return None
        kept = np.flatnonzero(self.filter.matches(quotes, instruments)).tolist()
        return kept if self.sort is None else _sorted(kept, self.sort, instruments, quotes)


SORTABLE: Final[Mapping[Column, Callable[[Quotes], FloatColumn]]] = {
    Column.LTP: attrgetter("last_price"),
    Column.CHANGE: attrgetter("change"),
    Column.PERCENT: attrgetter("percent"),
    Column.VOLUME: attrgetter("volume"),
    Column.BID: attrgetter("bid"),
    Column.ASK: attrgetter("ask"),
    Column.HIGH: attrgetter("high"),
    Column.LOW: attrgetter("low"),
    Column.OI: attrgetter("oi"),
    Column.AGE: attrgetter("age"),
}
"""The columns with figures to sort by; the symbol sorts by its text."""


def can_sort(column: Column) -> bool:
    """Whether there is an order by this column."""
    return column is Column.SYMBOL or column in SORTABLE


def _sorted(kept: list[int], sort: Sort, instruments: Sequence[Instrument], quotes: Quotes) -> list[int]:
    if sort.column is Column.SYMBOL:
        return sorted(kept, key=lambda at: instruments[at].tradingsymbol, reverse=sort.descending)
    values = SORTABLE[sort.column](quotes)[kept]
    keys = -values if sort.descending else values
    # NumPy puts what is not a number last, and a stable sort leaves equals as they are in the list.
    return [kept[at] for at in np.argsort(keys, kind="stable").tolist()]
