"""The last-value cache: for every instrument the last packet as it came, and when.

A row holds one packet, whole: what a later and shorter packet does not carry is not kept from an earlier
one, so that a book is never shown beside a price that it did not come with. Readers ask for rows and
compare versions; the writer applies a batch in one flush.

Quotes are the same in columns, for lists that are sorted or filtered by a figure: a screen shows a few dozen
ticks as objects, and putting thousands in order needs columns. What is a blank on the screen is NaN there, so
that nothing compares with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import Tick, TickBatch
from kitetui.wire.layout import WORDS
from kitetui.wire.tokenrows import TokenRows, tokens_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


FloatColumn = NDArray[np.float64]
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
        self, batch: TickBatch, elapsed: FloatColumn, is_snapshot: NDArray[np.bool_], now: float
    ) -> None:
        self._batch = batch
        self._elapsed = elapsed
        self._is_snapshot = is_snapshot
        self._now = now

    def __len__(self) -> int:
        return len(self._batch)

    @cached_property
    def last_price(self) -> FloatColumn:
        """The last price."""
        return self._figures("last_price")

    @cached_property
    def change(self) -> FloatColumn:
        """The change from the previous close; an index without a close sends its own."""
        is_known = ~np.isnan(self.close) | self._batch.present("price_change")
        return np.where(is_known, self._figures("net_change"), np.nan)

    @cached_property
    def percent(self) -> FloatColumn:
        """The change from the previous close, in percent of that."""
        return (self.last_price - self.close) * 100 / self.close

    @cached_property
    def volume(self) -> FloatColumn:
        """The day's volume."""
        return np.where(self._batch.present("volume_traded"), self._figures("volume_traded"), np.nan)

    @cached_property
    def bid(self) -> FloatColumn:
        """The best bid."""
        return self._best("bid")

    @cached_property
    def ask(self) -> FloatColumn:
        """The best offer."""
        return self._best("ask")

    @cached_property
    def spread(self) -> FloatColumn:
        """The best offer less the best bid."""
        return np.round(self.ask - self.bid, _PRICE_DECIMALS)

    @cached_property
    def high(self) -> FloatColumn:
        """The day's highest price."""
        return self._sent("high")

    @cached_property
    def low(self) -> FloatColumn:
        """The day's lowest price."""
        return self._sent("low")

    @cached_property
    def open(self) -> FloatColumn:
        """The day's first price."""
        return self._sent("open")

    @cached_property
    def close(self) -> FloatColumn:
        """The previous session's close."""
        return self._sent("close")

    @cached_property
    def oi(self) -> FloatColumn:
        """The open interest, which only derivatives have."""
        return self._sent("oi")

    @cached_property
    def age(self) -> FloatColumn:
        """Seconds since the tick was received; of one that may be an answer, since the exchange's time."""
        of_snapshot = self._now - self._sent("exchange_timestamp")
        seconds = np.where(self._is_snapshot, of_snapshot, self._elapsed)
        return np.where(self._batch.lengths > 0, np.maximum(seconds, 0.0), np.nan)

    def _figures(self, name: str) -> FloatColumn:
        return self._batch[name].astype(np.float64, copy=False)

    def _sent(self, name: str) -> FloatColumn:
        """A column in which 0 is no figure: the exchange sends it for what it does not have."""
        figures = self._figures(name)
        return np.where(figures == 0, np.nan, figures)

    def _best(self, side: str) -> FloatColumn:
        """The best price of a side; a level without a quantity is none, whatever its price."""
        has_any = self._batch[f"{side}_quantity_1"] > 0
        return np.where(has_any, self._figures(f"{side}_price_1"), np.nan)


_FIRST_CAPACITY: Final = 256

_ROW: Final = np.dtype(f"V{4 * WORDS}")
"""A row as one piece: NumPy moves such pieces twice as fast as rows of a matrix."""


class LastValueCache:
    """The last tick of every instrument.

    A row number, once given to a token, stays with it. Arrays below have one entry a row; they are replaced
    when the cache grows, so look them up anew rather than keep them.

    versions: int64, the number of the flush that last wrote the row, 0 before the first.
    received_at: int64, when its frame was read, UTC nanoseconds.
    timed_at: float64, the same by a clock that never steps, from which ages count; see `Ticks.timed_at`.
    snapshot: bool, whether the tick may be an answer of the server, and no news; see `Ticks.snapshot`.
    connections, sequences: uint8 and int64, the tick's connection and its number among the ticks of that.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows = TokenRows()
        self._words = np.zeros((_FIRST_CAPACITY, WORDS), dtype=np.int32)
        self._lengths = np.zeros(_FIRST_CAPACITY, dtype=np.uint8)
        self.versions = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.received_at = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.timed_at = np.zeros(_FIRST_CAPACITY)
        self.snapshot = np.zeros(_FIRST_CAPACITY, dtype=np.bool_)
        self.connections = np.zeros(_FIRST_CAPACITY, dtype=np.uint8)
        self.sequences = np.zeros(_FIRST_CAPACITY, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, tokens: Iterable[int]) -> None:
        """Give each of these tokens a row, if it has none."""
        self._rows.add(tokens)
        self._grow(len(self._rows))

    def apply(
        self,
        batch: TickBatch,
        received_at: NDArray[np.int64],
        snapshot: NDArray[np.bool_],
        timed_at: float,
        *,
        connection: int = 0,
        sequence: int = 0,
    ) -> None:
        """Write a batch; where an instrument comes twice in it, the last tick stays.

        Args:
            batch: The ticks, as in `Ticks.batch`.
            received_at: For each tick when it was received, shape (n,), int64, UTC nanoseconds.
            snapshot: For each tick whether it carries the mark, shape (n,), bool.
            timed_at: When the last of them was received, in seconds of the clock that ages are read from.
            connection: The number of the connection that they came on.
            sequence: The number of the first of them among the ticks of that.
        """
        if not len(batch):
            return
        rows = self._rows.of(tokens_of(batch))
        self._grow(len(self._rows))
        self.version += 1
        self._words.view(_ROW)[rows] = batch.words.view(_ROW)
        self._lengths[rows] = batch.lengths
        self.received_at[rows] = received_at
        self.timed_at[rows] = timed_at
        self.snapshot[rows] = snapshot
        self.connections[rows] = connection
        self.sequences[rows] = np.arange(sequence, sequence + len(batch))
        self.versions[rows] = self.version

    def clear(self) -> None:
        """Forget all ticks; rows stay, and versions go on, so that none has two meanings."""
        for array in (self._lengths, self.versions, self.received_at, self.timed_at, self.snapshot):
            array.fill(0)

    def row_of(self, token: int) -> int | None:
        """Return the row of this token, None if it has none."""
        return self._rows.get(token)

    def rows_of(self, tokens: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of these tokens, shape (n,), -1 for a token that has none."""
        return self._rows.get_all(tokens)

    def latest(self, rows: NDArray[np.intp]) -> TickBatch:
        """Return the last ticks of these rows as a batch; of -1 and a row without a tick, one of length 0."""
        lengths = np.where(rows < 0, 0, self._lengths.take(rows)).astype(np.uint8)
        return TickBatch(self._words.take(rows, axis=0), lengths, np.zeros(len(rows), dtype=np.int32))

    def tick(self, token: int) -> Tick | None:
        """Return the last tick of this token, None if there was none."""
        row = self._rows.get(token)
        if row is None or not self.versions[row]:
            return None
        return Tick(self._words[row].tolist(), int(self._lengths[row]))

    def ticked(self) -> NDArray[np.intp]:
        """Return the rows that have a tick, shape (n,)."""
        return np.flatnonzero(self.versions)

    def to_batch(self) -> TickBatch:
        """Return the last tick of every instrument that has one, in the order of `ticked`."""
        return self.latest(self.ticked())

    def to_pandas(self, columns: Iterable[str] | None = None) -> pandas.DataFrame:
        """Return the same with `received_at` as a `pandas.DataFrame`; see `TickBatch.to_pandas`."""
        rows = self.ticked()
        return self.latest(rows).to_pandas(columns, received_at=self.received_at[rows])

    def to_polars(self, columns: Iterable[str] | None = None) -> polars.DataFrame:
        """Return the same with `received_at` as a `polars.DataFrame`; see `TickBatch.to_polars`."""
        rows = self.ticked()
        return self.latest(rows).to_polars(columns, received_at=self.received_at[rows])

    def to_arrow(self, columns: Iterable[str] | None = None) -> pyarrow.Table:
        """Return the same with `received_at` as a `pyarrow.Table`; see `TickBatch.to_arrow`."""
        rows = self.ticked()
        return self.latest(rows).to_arrow(columns, received_at=self.received_at[rows])

    def is_snapshot(self, token: int) -> bool:
        """Return whether the last tick of this token may be an answer of the server, and no news."""
        row = self._rows.get(token)
        return row is not None and bool(self.snapshot[row])

    def _grow(self, rows: int) -> None:
        capacity = len(self._lengths)
        if rows <= capacity:
            return
        more = max(rows, 2 * capacity) - capacity
        self._words = np.concatenate([self._words, np.zeros((more, WORDS), dtype=np.int32)])
        self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.uint8)])
        self.versions = np.concatenate([self.versions, np.zeros(more, dtype=np.int64)])
        self.received_at = np.concatenate([self.received_at, np.zeros(more, dtype=np.int64)])
        self.timed_at = np.concatenate([self.timed_at, np.zeros(more)])
        self.snapshot = np.concatenate([self.snapshot, np.zeros(more, dtype=np.bool_)])
        self.connections = np.concatenate([self.connections, np.zeros(more, dtype=np.uint8)])
        self.sequences = np.concatenate([self.sequences, np.zeros(more, dtype=np.int64)])
