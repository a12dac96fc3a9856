"""Short price history: what every instrument has done since the start, in candles of three lengths.

Taking ticks in costs next to nothing: they are only kept until a few thousand have come or someone asks, and
then folded into the candles all at once. Memory is bounded, and laid out so that nothing ever moves: each
instrument has, for each length, so many candles in one common table, and a candle's place follows from its
time. What is written there later overwrites what is older by a whole round. Candles of one time stand beside
each other, so that what has not been yet takes no memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import TickBatch
from kitetui.wire.layout import EXCHANGE_TIME, LAST_PRICE, TOKEN, prices_of

LENGTHS: Final = (1, 5, 60)
"""Seconds of the candles that there are."""

_KEPT: Final = (
    (64, (3600, 2160, 1440)),
    (936, (180, 120, 420)),
    (8_000, (30, 24, 400)),
    (18_000, (30, 24, 60)),
)
"""How many instruments keep how many candles of each length, in the order in which instruments first tick.

A watchlist of usual size keeps an hour of seconds and a day of minutes; the last of 9,000 still keep every
minute of a session in shares. Those 9,000 take 95 MB, and 27,000 take 136 MB; the next keep nothing.
"""

_PENDING: Final = 4096
"""Ticks that are gathered before they are folded."""

_TRUSTED: Final = 60
"""Seconds that the exchange's time may differ from the receipt's; further off, one of the clocks is wrong."""

_SHIFT: Final = np.uint64(32)
_OPEN, _HIGH, _LOW, _CLOSE = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Candles of one instrument, oldest first; where nothing ticked there is none.

    Each array has shape (n,) and is int64. times: when each begins, UTC seconds. Prices are as sent.
    """

    times: NDArray[np.int64]
    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times)

    def until(self, moment: float) -> Candles:
        """Return those that began at or before a moment, UTC seconds."""
        kept = slice(int(np.searchsorted(self.times, moment, side="right")))
        return Candles(self.times[kept], self.open[kept], self.high[kept], self.low[kept], self.close[kept])


class History:
    """The candles of all instruments.

    A tick belongs to the second that the exchange gave it, where it gave one, else to that of its receipt.
    One that comes late goes where it belongs, for as long as that candle is kept. A tick that carries the
    mark `snapshot` is not drawn: the server may have kept it for days.
    A last price of 0 is none: the exchange sends it before the first trade.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew: for a time that has gone back, every candle there is lies ahead."""
        self._tables = [_Table(seconds, number) for number, seconds in enumerate(LENGTHS)]
        self._row_of: dict[int, int] = {}
        self._pending: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
        self._gathered = 0

    def note(self, batch: TickBatch, received_at: NDArray[np.int64], snapshot: NDArray[np.bool_]) -> None:
        """Take in a batch.

        Args:
            batch: The ticks, as in `Ticks.batch`.
            received_at: For each tick when it was received, shape (n,), int64, UTC nanoseconds.
            snapshot: For each tick whether it carries the mark, shape (n,), bool.
        """
        words = batch.words
        if snapshot.any():
            words, received_at = words[~snapshot], received_at[~snapshot]
        self._pending.append((words, received_at))
        self._gathered += len(words)
        if self._gathered >= _PENDING or len(self._pending) >= _PENDING:
            self.fold()

    def fold(self) -> None:
        """Write what has gathered into the candles; reading does so by itself."""
        if not self._gathered:
            self._pending.clear()
            return
        words = np.concatenate([words for words, _ in self._pending])
        received = np.concatenate([received_at for _, received_at in self._pending]) // 1_000_000_000
        self._pending.clear()
        self._gathered = 0
        tokens = words[:, TOKEN].view(np.uint32)
        prices = prices_of(words[:, LAST_PRICE], tokens)
        drawn = prices != 0
        self._write(tokens[drawn], prices[drawn], _seconds(words[:, EXCHANGE_TIME], received)[drawn])

    def candles(self, token: int, seconds: int, last: int) -> Candles:
        """Return an instrument's last candles, at most so many.

        seconds: their length, one of `LENGTHS`; ValueError is raised for any other.
        """
        table, row = self._place(token, seconds)
        buckets, prices = table.latest(row) if row is not None else table.nothing()
        kept = slice(max(len(buckets) - last, 0), None)
        columns = prices[kept].T
        return Candles(
            buckets[kept] * seconds, columns[_OPEN], columns[_HIGH], columns[_LOW], columns[_CLOSE]
        )

    def closes(self, token: int, seconds: int, last: int) -> NDArray[np.float64]:
        """Return an instrument's last closes, shape (last,), float64, as sent, NaN where nothing ticked.

        They end at the newest candle of all instruments, so that what ticks no longer moves away.
        """
        table, row = self._place(token, seconds)
        return table.closes(row, last) if row is not None else np.full(last, np.nan)

    def _place(self, token: int, seconds: int) -> tuple[_Table, int | None]:
        if seconds not in LENGTHS:
            raise ValueError(f"no candles of {seconds} s; choose one of {', '.join(map(str, LENGTHS))} s")
        self.fold()
        return self._tables[LENGTHS.index(seconds)], self._row_of.get(token)

    def _write(self, tokens: NDArray[np.uint32], prices: NDArray[np.int64], times: NDArray[np.int64]) -> None:
        if not len(tokens):
            return
        keys = (tokens.astype(np.uint64) << _SHIFT) | times.astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        tokens, prices, times = tokens[order], prices[order], times[order]
        rows = self._rows(tokens)
        for table in self._tables:
            table.write(rows, prices, times)

    def _rows(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Return the rows of sorted tokens; an instrument never seen gets the next row."""
        firsts = _runs(tokens)
        found = tokens[firsts].tolist()
        rows = list(map(self._row_of.get, found))
        if None in rows:
            rows = [self._row_of.setdefault(token, len(self._row_of)) for token in found]
        return np.repeat(np.array(rows, dtype=np.intp), np.diff(firsts, append=len(tokens)))


class _Table:
    """The candles of one length, of all instruments.

    A bucket is the number of a span of time, counted from 1970. Instruments that keep as many candles
    share a block, with one line for each candle. An instrument's stands in the line of its bucket modulo how
    many it keeps; the bucket beside it tells which one it is.
    """

    def __init__(self, seconds: int, number: int) -> None:
        self._seconds = seconds
        rows, kept = np.array([(rows, counts[number]) for rows, counts in _KEPT]).T
        self._kept, self._widths = np.repeat(kept, rows), np.repeat(rows, rows)
        ends = np.cumsum(rows * kept)
        first_rows = np.repeat(np.cumsum(rows) - rows, rows)
        self._starts = np.repeat(ends - rows * kept, rows) + np.arange(len(first_rows)) - first_rows
        # Zeros are only mapped: a page takes memory when it is first written to.
        self._buckets = np.zeros(ends[-1], dtype=np.uint32)
        self._prices = np.zeros((ends[-1], 4), dtype=np.int64)
        self._newest = 0

    def write(self, rows: NDArray[np.intp], prices: NDArray[np.int64], times: NDArray[np.int64]) -> None:
        """Fold ticks into the candles; they are sorted by row and second, and then as they came."""
        buckets = times // self._seconds
        firsts = _runs(rows, buckets)
        lasts = np.append(firsts[1:], len(rows)) - 1
        fresh = np.empty((len(firsts), 4), dtype=np.int64)
        fresh[:, _OPEN] = prices[firsts]
        fresh[:, _HIGH] = np.maximum.reduceat(prices, firsts)
        fresh[:, _LOW] = np.minimum.reduceat(prices, firsts)
        fresh[:, _CLOSE] = prices[lasts]
        self._newest = max(self._newest, int(buckets.max()))
        self._merge(rows[firsts], buckets[firsts], fresh)

    def _merge(self, rows: NDArray[np.intp], buckets: NDArray[np.int64], fresh: NDArray[np.int64]) -> None:
        has_place = rows < len(self._kept)
        if not has_place.all():
            rows, buckets, fresh = rows[has_place], buckets[has_place], fresh[has_place]
        places = self._places(rows, buckets)
        there = self._buckets[places]
        in_time = there <= buckets
        places, buckets, fresh, there = places[in_time], buckets[in_time], fresh[in_time], there[in_time]
        before, same = self._prices[places], there == buckets
        fresh[same, _OPEN] = before[same, _OPEN]
        fresh[same, _HIGH] = np.maximum(before, fresh)[same, _HIGH]
        fresh[same, _LOW] = np.minimum(before, fresh)[same, _LOW]
        # Where two have one place, the later one comes last, and stays.
        self._buckets[places] = buckets
        self._prices[places] = fresh

    def latest(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the buckets and the prices of an instrument's candles, oldest first."""
        if row >= len(self._kept):
            return self.nothing()
        kept = int(self._kept[row])
        newest = int(self._buckets[self._places(row, np.arange(kept))].max())
        buckets, places, is_there = self._round(row, newest, kept)
        return buckets[is_there], self._prices[places[is_there]]

    def closes(self, row: int, last: int) -> NDArray[np.float64]:
        """Return the closes of the last buckets there are, NaN for a candle that is not."""
        closes = np.full(last, np.nan)
        if row < len(self._kept):
            _, places, is_there = self._round(row, self._newest, last)
            closes[is_there] = self._prices[places[is_there], _CLOSE]
        return closes

    def nothing(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return no candles."""
        return np.empty(0, dtype=np.int64), np.empty((0, 4), dtype=np.int64)

    def _round(
        self, row: int, newest: int, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return the last buckets up to the newest, their places, and whether there is a candle."""
        buckets = np.arange(newest - count + 1, newest + 1, dtype=np.int64)
        places = self._places(row, buckets)
        return buckets, places, self._buckets[places] == buckets

    def _places(self, rows: NDArray[np.intp] | int, buckets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the candles of rows in their buckets stand, or those of one row in several."""
        places: NDArray[np.int64] = self._starts[rows] + buckets % self._kept[rows] * self._widths[rows]
        return places


def _seconds(exchange_words: NDArray[np.int32], received: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the second that each tick belongs to; a packet without the exchange's time has a 0 there."""
    exchange = exchange_words.view(np.uint32).astype(np.int64)
    return np.where(np.abs(exchange - received) <= _TRUSTED, exchange, received)


def _runs(*columns: NDArray[Any]) -> NDArray[np.intp]:
    """Return where in columns that are not empty a run of equal values begins."""
    changes = [column[1:] != column[:-1] for column in columns]
    return np.flatnonzero(np.append(True, np.logical_or.reduce(changes)))
