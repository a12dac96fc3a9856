"""Ticks as a recording has them: any number, of any connections, each with all that is known of it.

The formats write and read these, in batches: large ones, so that a row costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kitetui.feed import Ticks
from kitetui.wire import TickBatch
from kitetui.wire.layout import WORDS


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
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

    @property
    def batch(self) -> TickBatch:
        """The same ticks as a batch, with its columns, objects and tables; all of one message."""
        return TickBatch(self.words, self.lengths, np.zeros(len(self), np.int32))

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Rows:
        """Return some of them."""
        return Rows(
            self.words[which],
            self.lengths[which],
            self.received_at[which],
            self.connection[which],
            self.sequence[which],
            self.snapshot[which],
        )
