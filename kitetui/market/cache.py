"""The last-value cache: for every instrument the last packet as it came, and when.

A row holds one packet, whole: what a later and shorter packet does not carry is not kept from an earlier
one, so that a book is never shown beside a price that it did not come with. Readers ask for rows and
compare versions; the writer applies a batch in one flush.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import Tick, TickBatch
from kitetui.wire.layout import TOKEN, WORDS

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_FIRST_CAPACITY: Final = 256

_ROW: Final = np.dtype(f"V{4 * WORDS}")
"""A row as one piece: NumPy moves such pieces twice as fast as rows of a matrix."""


class LastValueCache:
    """The last tick of every instrument.

    A row number, once given to a token, stays with it. Arrays below have one entry a row; they are replaced
    when the cache grows, so look them up anew rather than keep them.

    versions: int64, the number of the flush that last wrote the row, 0 before the first.
    received_at: int64, when its frame was read, UTC nanoseconds.
    ticks: int64, how many came since the instrument was last asked for (see `mark_subscribed`).
    """

    def __init__(self) -> None:
        self.version = 0
        self._row_of: dict[int, int] = {}
        self._sorted_tokens = np.empty(0, dtype=np.uint32)
        self._sorted_rows = np.empty(0, dtype=np.intp)
        self._words = np.zeros((_FIRST_CAPACITY, WORDS), dtype=np.int32)
        self._lengths = np.zeros(_FIRST_CAPACITY, dtype=np.uint8)
        self.versions = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.received_at = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.ticks = np.zeros(_FIRST_CAPACITY, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._row_of)

    def add(self, tokens: Iterable[int]) -> None:
        """Give each of these tokens a row, if it has none."""
        new = [token for token in dict.fromkeys(tokens) if token not in self._row_of]
        if not new:
            return
        first = len(self._row_of)
        self._row_of.update(zip(new, range(first, first + len(new)), strict=True))
        self._grow(len(self._row_of))
        order = np.argsort(np.fromiter(self._row_of, dtype=np.uint32, count=len(self._row_of)))
        self._sorted_rows = order
        self._sorted_tokens = np.fromiter(self._row_of, dtype=np.uint32, count=len(self._row_of))[order]

    def apply(self, batch: TickBatch, received_at: NDArray[np.int64]) -> None:
        """Write a batch; where an instrument comes twice in it, the last tick stays.

        received_at: for each tick when it was received, shape (n,), int64, UTC nanoseconds.
        """
        if not len(batch):
            return
        rows = self._rows(np.ascontiguousarray(batch.words[:, TOKEN]).view(np.uint32))
        self.version += 1
        self._words.view(_ROW)[rows] = batch.words.view(_ROW)
        self._lengths[rows] = batch.lengths
        self.received_at[rows] = received_at
        self.versions[rows] = self.version
        np.add.at(self.ticks, rows, 1)

    def mark_subscribed(self, tokens: Iterable[int]) -> None:
        """Note that these were just asked for anew: the first tick of each is one that the server kept.

        It may be days old (Kite sends the cached tick on subscribe), so `is_snapshot` is true until the next.
        """
        tokens = list(tokens)
        self.add(tokens)
        for token in tokens:
            self.ticks[self._row_of[token]] = 0

    def clear(self) -> None:
        """Forget all ticks; rows stay, and versions go on, so that none has two meanings."""
        for array in (self._lengths, self.versions, self.received_at, self.ticks):
            array.fill(0)

    def row_of(self, token: int) -> int | None:
        """Return the row of this token, None if it has none."""
        return self._row_of.get(token)

    def rows_of(self, tokens: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of these tokens, shape (n,), -1 for a token that has none."""
        rows = map(self._row_of.get, tokens, repeat(-1))
        return np.fromiter(rows, dtype=np.intp, count=len(tokens))

    def latest(self, rows: NDArray[np.intp]) -> TickBatch:
        """Return the last ticks of these rows as a batch; of -1 and a row without a tick, one of length 0."""
        lengths = np.where(rows < 0, 0, self._lengths.take(rows)).astype(np.uint8)
        return TickBatch(self._words.take(rows, axis=0), lengths, np.zeros(len(rows), dtype=np.int32))

    def tick(self, token: int) -> Tick | None:
        """Return the last tick of this token, None if there was none."""
        row = self._row_of.get(token)
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
        """Whether the last tick is the one that the server kept, and none has come live since."""
        row = self._row_of.get(token)
        return row is not None and bool(self.versions[row] and self.ticks[row] <= 1)

    def _rows(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        known = self._sorted_tokens
        if len(known):
            places = known.searchsorted(tokens)
            if (known.take(places, mode="clip") == tokens).all():
                return self._sorted_rows.take(places)
        self.add(tokens.tolist())
        return self._rows(tokens)

    def _grow(self, rows: int) -> None:
        capacity = len(self._lengths)
        if rows <= capacity:
            return
        more = max(rows, 2 * capacity) - capacity
        self._words = np.concatenate([self._words, np.zeros((more, WORDS), dtype=np.int32)])
        self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.uint8)])
        self.versions = np.concatenate([self.versions, np.zeros(more, dtype=np.int64)])
        self.received_at = np.concatenate([self.received_at, np.zeros(more, dtype=np.int64)])
        self.ticks = np.concatenate([self.ticks, np.zeros(more, dtype=np.int64)])
