"""The rows of a capture: its messages decoded again, as they were when they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kitetui.feed import ConnectionState
from kitetui.feed.freshness import Freshness, flags_at
from kitetui.feed.lastpackets import LastPackets
from kitetui.record.capture.layout import (
    RECORD_HEAD,
    BeginNote,
    Note,
    Record,
    SnapshotNote,
    StateNote,
)
from kitetui.record.rows import TickRows
from kitetui.wire import Request, TickBatch, decode_frame, decode_frames
from kitetui.wire.tokenrows import tokens_of

Positions = tuple[int, ...]
"""Positions, from 0, among the ticks of a message."""


class SnapshotFlags:
    """Which ticks of a capture are snapshots: as its recorder noted it, and derived where none did.

    Is told the notes, requests and messages of a capture in their order. kitetui 0.1.0 noted nothing, and who
    records without decoding knows of no snapshots. There the flag follows from the requests and the packets;
    see `kitetui.feed.freshness`. A capture has no pings, so that nothing is ever proven for good: a tick may
    carry the flag though it was news, and no answer to a recorded request lacks it.
    """

    def __init__(self) -> None:
        self._are_noted = False
        self._next: dict[int, Positions] = {}
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

    def of(self, record: Record) -> Positions:
        """Return which ticks of the next message are snapshots."""
        places = self.take(record)
        if places is not None:
            return places
        flags = self.flags([record], [None], decode_frame(record.data))
        return tuple(np.flatnonzero(flags).tolist())

    def take(self, record: Record) -> Positions | None:
        """Take in the next message; return what was noted of it, None where the flags must be derived."""
        is_known = self._are_noted and record.sequence
        return self._next.pop(record.connection, () if is_known else None)

    def flags(
        self, records: Sequence[Record], taken: Sequence[Positions | None], batch: TickBatch
    ) -> NDArray[np.bool_]:
        """Return for each tick of some messages whether it is a snapshot, shape (n,), bool.

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
    """A session of a connection whose recorder noted no snapshots."""

    def __init__(self) -> None:
        self._last = LastPackets()
        self.freshness = Freshness(self._last)

    def marks(self, batch: TickBatch, at: float) -> NDArray[np.bool_]:
        rows = self._last.rows_of(tokens_of(batch))
        marks = self.freshness.marks(rows, batch, at)
        self._last.note(rows, batch, np.zeros(len(batch), dtype=np.int64), marks, at)
        return np.zeros(len(batch), dtype=np.bool_) if marks is None else marks


class RowDecoder:
    """Messages that wait to be decoded together; `bytes` is how much waits."""

    def __init__(self, marks: SnapshotFlags) -> None:
        self.bytes = 0
        self._marks = marks
        self._records: list[Record] = []
        self._taken: list[Positions | None] = []
        self._next: defaultdict[int, int] = defaultdict(lambda: 1)

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._taken.append(self._marks.take(record))
        self.bytes += RECORD_HEAD + len(record.data)

    def rows(self) -> TickRows:
        """Decode all that waits."""
        records, taken = self._records, self._taken
        self._records, self._taken, self.bytes = [], [], 0
        batch = decode_frames([record.data for record in records])
        return TickRows(
            words=batch.words,
            lengths=batch.lengths,
            received_at=np.array([record.at for record in records], np.int64)[batch.frames],
            connection=np.array([record.connection for record in records], np.uint8)[batch.frames],
            sequence=self._sequence(records, batch.frames),
            snapshot=self._marks.flags(records, taken, batch),
        )

    def _sequence(self, records: Sequence[Record], frames: np.ndarray) -> np.ndarray:
        """Return the number of each tick: its message's, counted on; where that is not known, the next."""
        counts = np.bincount(frames, minlength=len(records))
        firsts = np.empty(len(records), dtype=np.int64)
        for place, (record, count) in enumerate(zip(records, counts.tolist(), strict=True)):
            first = record.sequence or self._next[record.connection]
            firsts[place] = first
            self._next[record.connection] = first + count
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        within = np.arange(len(frames)) - begins[frames]
        sequence: np.ndarray = firsts[frames] + within
        return sequence
