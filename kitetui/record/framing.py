"""From the rows of a recording back to messages as they are on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from kitetui.feed import RawFrame
from kitetui.record.rows import Rows
from kitetui.wire.encode import MAX_PACKETS, encode_frame


def frames_of(rows: Rows) -> Iterator[RawFrame]:
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


def _frame(rows: Rows) -> RawFrame:
    return RawFrame(
        int(rows.connection[0]),
        encode_frame(rows.words, rows.lengths.tolist()),
        int(rows.received_at[0]),
        int(rows.sequence[0]),
        snapshot=tuple(np.flatnonzero(rows.snapshot).tolist()),
    )
