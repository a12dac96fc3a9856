"""Which ticks of a capture carry the mark `snapshot`: as its recorder noted it, and derived where none did.

kitetui 0.1.0 noted no marks, and who records without decoding knows of none. There the mark follows from the
requests and the packets; see `kitetui.feed.freshness`. A capture has no pings, so that nothing is ever proven
for good: a tick may carry the mark though it was news, and no answer to a recorded request lacks it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kitetui.feed import ConnectionState
from kitetui.feed.freshness import Freshness, flags_at
from kitetui.feed.lastpackets import LastPackets
from kitetui.record.capture.notes import BeginNote, Note, SnapshotNote, StateNote
from kitetui.record.capture.records import Record
from kitetui.wire import Request, TickBatch, decode_frame
from kitetui.wire.tokenrows import tokens_of

Places = tuple[int, ...]
"""Places, from 0, among the ticks of a message."""


class Marks:
    """Follows a capture; is told its notes, requests and messages in their order."""

    def __init__(self) -> None:
        self._are_noted = False
        self._next: dict[int, Places] = {}
        self._sessions: defaultdict[int, _Session] = defaultdict(_Session)

    def noted(self, connection: int, note: Note | None) -> None:
        """Follow a note of the recorder, of any kind."""
        match note:
            case BeginNote(marks=are_noted):
                self._are_noted = are_noted
                self._next.clear()
                self._sessions.clear()
            case SnapshotNote(places):
                self._are_noted = True  # even if the block that said so is damaged
                self._next[connection] = places
            case StateNote(state) if state is not ConnectionState.LIVE:
                self._sessions.pop(connection, None)

    def asked(self, connection: int, request: Request) -> None:
        """Follow a request that was sent."""
        self._sessions[connection].freshness.asked(request, 0.0)

    def of(self, record: Record) -> Places:
        """Return which ticks of the next message carry the mark."""
        places = self.take(record)
        if places is not None:
            return places
        flags = self.flags([record], [None], decode_frame(record.data))
        return tuple(np.flatnonzero(flags).tolist())

    def take(self, record: Record) -> Places | None:
        """Take in the next message; return what was noted of it, None where the marks must be derived."""
        is_known = self._are_noted and record.sequence
        return self._next.pop(record.connection, () if is_known else None)

    def flags(
        self, records: Sequence[Record], taken: Sequence[Places | None], batch: TickBatch
    ) -> NDArray[np.bool_]:
        """Return for each tick of some messages whether it carries the mark, shape (n,), bool.

        taken: what `take` gave for each. batch: what they decode to. Nothing was asked between them, and no
        connection lost.
        """
        flags = flags_at({number: places for number, places in enumerate(taken) if places}, batch)
        is_noted = np.array([places is not None for places in taken], dtype=np.bool_)[batch.frames]
        if not is_noted.all():
            connections = np.array([record.connection for record in records], dtype=np.uint8)[batch.frames]
            for connection in np.unique(connections[~is_noted]).tolist():
                mine = np.flatnonzero(~is_noted & (connections == connection))
                flags[mine] = self._derived(connection, batch[mine], records)
        return flags

    def _derived(self, connection: int, batch: TickBatch, records: Sequence[Record]) -> NDArray[np.bool_]:
        at = records[int(batch.frames[-1])].at / 1e9
        return self._sessions[connection].marks(batch, at)


class _Session:
    """A session of a connection whose recorder noted no marks."""

    def __init__(self) -> None:
        self._last = LastPackets()
        self.freshness = Freshness(self._last)

    def marks(self, batch: TickBatch, at: float) -> NDArray[np.bool_]:
        rows = self._last.rows_of(tokens_of(batch))
        marks = self.freshness.marks(rows, batch, at)
        self._last.note(rows, batch, np.zeros(len(batch), dtype=np.int64), marks, at)
        return np.zeros(len(batch), dtype=np.bool_) if marks is None else marks
