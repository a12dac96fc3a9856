"""Ticks as a recording has them: any number, of any connections, each with all that is known of it.

Formats read and write them in large batches, so that a row costs little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from kitetui.feed import RawFrame, Ticks
from kitetui.wire import TickBatch
from kitetui.wire.encode import MAX_PACKETS, encode_frame
from kitetui.wire.layout import DECIMALS, FIELDS, FULL, PACKET_LENGTHS, TOKEN, WORDS

CARRIED: Final = {
    name: np.array([length in field.lengths for length in range(FULL + 1)]) for name, field in FIELDS.items()
}
"""For each field, by its name, whether a packet of this length has it."""


@dataclass(frozen=True, slots=True, eq=False)
class TickRows:
    """Ticks in the order of a recording.

    words: shape (n, 46), int32; see `kitetui.wire.layout`. lengths: the packet length of each, uint8.
    received_at: UTC nanoseconds, int64. connection: counted from 0, uint8. sequence: the number of the tick
    among those of its connection, int64. snapshot: whether it may be the server's answer to a request, which
    can be days old, and not news, bool.
    """

    words: NDArray[np.int32]
    lengths: NDArray[np.uint8]
    received_at: NDArray[np.int64]
    connection: NDArray[np.uint8]
    sequence: NDArray[np.int64]
    snapshot: NDArray[np.bool_]

    @classmethod
    def of(cls, messages: Sequence[Ticks]) -> Self:
        """Return the ticks of these messages."""
        if not messages:
            return cls.none()
        counts = [len(each.batch) for each in messages]
        return cls(
            words=np.concatenate([each.batch.words for each in messages]),
            lengths=np.concatenate([each.batch.lengths for each in messages]),
            received_at=np.concatenate([each.received_at for each in messages]),
            connection=np.repeat(np.array([each.connection for each in messages], np.uint8), counts),
            sequence=np.concatenate(
                [np.arange(each.sequence, each.sequence + len(each.batch)) for each in messages]
            ),
            snapshot=np.concatenate([each.snapshot for each in messages]),
        )

    @classmethod
    def none(cls) -> Self:
        """Return no ticks at all."""
        return cls(
            words=np.empty((0, WORDS), np.int32),
            lengths=np.empty(0, np.uint8),
            received_at=np.empty(0, np.int64),
            connection=np.empty(0, np.uint8),
            sequence=np.empty(0, np.int64),
            snapshot=np.empty(0, np.bool_),
        )

    @classmethod
    def of_columns(
        cls,
        lengths: NDArray[np.int64],
        values: Mapping[str, NDArray[np.int64]],
        *,
        received_at: NDArray[np.int64],
        connection: NDArray[np.int64],
        sequence: NDArray[np.int64],
        snapshot: NDArray[np.int64],
    ) -> Self:
        """Return the rows that a database has as columns, in which connections count from 1.

        values: each field by its name in `FIELDS`; times in UTC seconds. Raises ValueError for a length that
        no packet has.
        """
        if not np.isin(lengths, PACKET_LENGTHS).all():
            raise ValueError("a row has a length that no packet has")
        words = np.zeros((len(lengths), WORDS), np.int32)
        for name, numbers in values.items():
            # Two fields share a word, of which no packet carries both.
            words[:, FIELDS[name].word] |= numbers.astype(np.uint32).view(np.int32) * CARRIED[name][lengths]
        return cls(
            words,
            lengths.astype(np.uint8),
            np.ascontiguousarray(received_at),
            (connection - 1).astype(np.uint8),
            np.ascontiguousarray(sequence),
            snapshot.astype(np.bool_),
        )

    @classmethod
    def joined(cls, parts: Sequence[TickRows]) -> Self:
        """Return several rows as one."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    @property
    def tokens(self) -> NDArray[np.uint32]:
        """The instrument token of each."""
        return self.words[:, TOKEN].view(np.uint32)

    @property
    def divisors(self) -> NDArray[np.int64]:
        """By what to divide the prices of each for rupees."""
        divisors: NDArray[np.int64] = 10 ** DECIMALS[self.tokens & 0xFF]
        return divisors

    @property
    def batch(self) -> TickBatch:
        """The same ticks as a batch, with its columns, objects and tables; all of one message."""
        return TickBatch(self.words, self.lengths, np.zeros(len(self), np.int32))

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.intp]) -> TickRows:
        """Return some of them."""
        return TickRows(*(getattr(self, name)[which] for name in self.__slots__))


def frames_of(rows: TickRows) -> Iterator[RawFrame]:
    """Yield the messages that bring these rows, with the places of those that carry the mark.

    Rows that follow on each other and were received at the same time on the same connection came together.
    """
    if not len(rows):
        return
    changes = (
        (np.diff(rows.received_at) != 0)
        | (np.diff(rows.connection.astype(np.int64)) != 0)
        | (np.diff(rows.sequence) != 1)
    )
    starts = [0, *(np.flatnonzero(changes) + 1).tolist(), len(rows)]
    for start, end in pairwise(starts):
        for first in range(start, end, MAX_PACKETS):
            yield _frame(rows[first : min(first + MAX_PACKETS, end)])


def _frame(rows: TickRows) -> RawFrame:
    return RawFrame(
        int(rows.connection[0]),
        encode_frame(rows.words, rows.lengths.tolist()),
        int(rows.received_at[0]),
        int(rows.sequence[0]),
        snapshot=tuple(np.flatnonzero(rows.snapshot).tolist()),
    )
