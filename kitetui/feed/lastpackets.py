"""The last packet of every token of a connection, when it came, and when the last news of it did.

The market's last values are a reader's affair (`kitetui.market.cache`). These are the feed's own: what an
answer of the server must be compared with, and how the symbols of the connection tick.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import TickBatch
from kitetui.wire.layout import WORDS
from kitetui.wire.tokenrows import FEW, TokenRows

_FIRST_CAPACITY: Final = 64

_ROW: Final = np.dtype(f"V{4 * WORDS}")
"""A row as one piece: NumPy moves such pieces twice as fast as rows of a matrix."""


class LastPackets:
    """Columns with an entry for each token that was ever asked for; they are replaced as they grow.

    words, lengths: of the last packet in this session; a length of 0 stands for none.
    received_at: when the token last ticked in any session, UTC nanoseconds, 0 for never.
    subscribed_from: the number of the next tick when it was last subscribed; see `Ticks.sequence`.
    is_asked: whether the token was subscribed in this session; the last entry is nobody's, and False.
    news_at: when it last brought news in any session, seconds of the stopwatch, -inf for never.
    """

    def __init__(self) -> None:
        self.rows = TokenRows()
        self.words = np.zeros((_FIRST_CAPACITY, WORDS), dtype=np.int32)
        self.lengths = np.zeros(_FIRST_CAPACITY, dtype=np.uint8)
        self.is_asked = np.zeros(_FIRST_CAPACITY + 1, dtype=np.bool_)
        self._asked: set[int] = set()
        self.received_at = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.news_at = np.full(_FIRST_CAPACITY, -inf)
        self.subscribed_from = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self.last_news: float | None = None
        """When the last news of any token came, seconds of the stopwatch."""

    def began(self) -> None:
        """Note that a session begins, in which nothing was asked for and nothing has come."""
        self.lengths.fill(0)
        self.is_asked.fill(False)
        self._asked.clear()

    def rows_of(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        """Return the rows of tokens, shape (n,); one that has none gets the next."""
        rows = self.rows.of(tokens)
        self._grow()
        return rows

    def asked_rows(
        self, tokens: NDArray[np.uint32], wanted: Container[int]
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_] | None]:
        """Return the rows of tokens, shape (n,), and for each whether anybody subscribed it in this session.

        The second is None where all were; the row of one that was not means nothing. A token that was
        unsubscribed again counts as subscribed: what comes of it had been on its way.
        wanted: what is about to be subscribed; a server may know that before it is told.
        """
        if len(tokens) < FEW and self._asked.issuperset(tokens.tolist()):
            return self.rows.of(tokens), None
        rows = self.rows.find(tokens)
        # A row of -1 finds the last entry, which is False.
        if self.is_asked.take(rows).all():
            return rows, None
        about_to_be = [token for token in np.unique(tokens).tolist() if token in wanted]
        self._ask(self.rows_of(np.array(about_to_be, dtype=np.uint32)), about_to_be)
        rows = self.rows.find(tokens)
        is_asked = self.is_asked.take(rows)
        return rows, None if is_asked.all() else is_asked

    def note(
        self,
        rows: NDArray[np.intp],
        batch: TickBatch,
        received_at: NDArray[np.int64],
        marks: NDArray[np.bool_] | None,
        at: float,
    ) -> None:
        """Take in a batch of these rows; where a token comes twice, its last packet stays.

        received_at: see `Ticks`. marks: for each whether it may be an answer, shape (n,), None where none
        may. at: seconds of the stopwatch.
        """
        if len(rows) == 1:  # on a quiet feed nearly every batch, and a row costs less than a column of one
            row = rows[0]
            self.words[row], self.lengths[row] = batch.words[0], batch.lengths[0]
            self.received_at[row] = received_at[0]
            if marks is None or not marks[0]:
                self.news_at[row] = self.last_news = at
            return
        self.words.view(_ROW)[rows] = batch.words.view(_ROW)
        self.lengths[rows] = batch.lengths
        self.received_at[rows] = received_at
        if marks is not None:
            rows = rows[~marks]
        if len(rows):
            self.news_at[rows] = at
            self.last_news = at

    def subscribed(self, tokens: Sequence[int], sequence: int) -> None:
        """Note that tokens are about to be subscribed; sequence: the number of the next tick."""
        rows = self.rows_of(np.array(tokens, dtype=np.uint32))
        self.subscribed_from[rows] = sequence
        self._ask(rows, tokens)

    def is_since_subscribed(self, token: int, sequence: int) -> bool:
        """Return whether the tick of this number came after the token was subscribed the last time."""
        row = self.rows.get(token)
        return row is not None and sequence >= self.subscribed_from[row]

    def ticked_at(self, token: int) -> int | None:
        """Return when this token last ticked, in any session, UTC nanoseconds; None if it never has."""
        row = self.rows.get(token)
        return None if row is None else int(self.received_at[row]) or None

    def answered(self, tokens: Iterable[int]) -> frozenset[int]:
        """Return which of these have had a packet in this session."""
        rows = {token: self.rows.get(token) for token in tokens}
        return frozenset(token for token, row in rows.items() if row is not None and self.lengths[row])

    def have_ticked(self, tokens: Sequence[int]) -> bool:
        """Return whether all of these have ticked, in any session."""
        return bool(self.received_at[self.rows_of(np.array(tokens, dtype=np.uint32))].all())

    def forget_ticks(self, tokens: Iterable[int]) -> None:
        """Let these be as if they had never ticked."""
        for token in tokens:
            if (row := self.rows.get(token)) is not None:
                self.received_at[row] = 0

    def _ask(self, rows: NDArray[np.intp], tokens: Iterable[int]) -> None:
        self.is_asked[rows] = True
        self._asked.update(tokens)

    def _grow(self) -> None:
        if (more := len(self.rows) - len(self.lengths)) > 0:
            more = max(more, len(self.lengths))
            self.words = np.pad(self.words, ((0, more), (0, 0)))
            self.lengths = np.pad(self.lengths, (0, more))
            self.is_asked = np.pad(self.is_asked, (0, more))
            self.received_at = np.pad(self.received_at, (0, more))
            self.news_at = np.pad(self.news_at, (0, more), constant_values=-inf)
            self.subscribed_from = np.pad(self.subscribed_from, (0, more))
