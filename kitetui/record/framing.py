"""From the rows of a recording back to messages as they are on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from kitetui.feed import RawFrame
from kitetui.record.rows import Rows
from kitetui.wire import Subscribe, encode_request
from kitetui.wire.encode import MAX_PACKETS, encode_frame
from kitetui.wire.layout import TOKEN


def frames_of(rows: Rows) -> Iterator[RawFrame]:
    """Yield the messages that bring these rows, and the requests that brought those which were kept ones.

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
            yield from _frame(rows, slice(first, min(first + MAX_PACKETS, end)))


def _frame(rows: Rows, part: slice) -> Iterator[RawFrame]:
    connection, received_at = int(rows.connection[part.start]), int(rows.received_at[part.start])
    sequence = int(rows.sequence[part.start])
    if rows.snapshot[part].any():
        kept = rows.words[part, TOKEN].view(np.uint32)[rows.snapshot[part]]
        request = encode_request(Subscribe(tuple(kept.tolist())))
        yield RawFrame(connection, request, received_at, sequence, sent=True)
    data = encode_frame(rows.words[part], rows.lengths[part].tolist())
    yield RawFrame(connection, data, received_at, sequence)
