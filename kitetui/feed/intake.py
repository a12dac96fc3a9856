"""From what one connection receives to what its readers are told; no socket and no clock of its own.

Frames gather until the loop's next turn, and are decoded together: a batch costs little more than a frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.freshness import Freshness
from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.messages import (
    BrokerMessage,
    FeedMessage,
    OrderUpdate,
    RawFrame,
    ServerError,
    Ticks,
    UnknownMessage,
)
from kitetui.feed.stats import Measures
from kitetui.wire import (
    ErrorText,
    MessageText,
    OrderText,
    Request,
    Subscribe,
    TickBatch,
    decode_frames,
    encode_request,
    parse_text,
)
from kitetui.wire.layout import TOKEN

_FULL_BYTES: Final = 100_000
"""Larger batches leave the processor's caches and decode several times slower."""


class Intake:
    """What a connection has received and not yet handed on.

    publish: is given every message; publish_raw: every frame as it was, before the message that it became.
    measures: are kept up to date. ticked: is called after each batch of ticks.
    wants_raw: whether anybody reads raw frames. decodes: whether market data is decoded at all.
    stopwatch: the clock of ages, in seconds. last: the last packets of all tokens.
    """

    def __init__(
        self,
        number: int,
        measures: Measures,
        *,
        publish: Callable[[FeedMessage], None],
        publish_raw: Callable[[RawFrame], None],
        wants_raw: Callable[[], bool],
        ticked: Callable[[], None],
        decodes: bool,
        stopwatch: Callable[[], float],
    ) -> None:
        self.last_tick_at: int | None = None
        self.last_timed_at: float | None = None
        self._number = number
        self._measures = measures
        self._publish = publish
        self._publish_raw = publish_raw
        self._wants_raw = wants_raw
        self._ticked = ticked
        self._decodes = decodes
        self._stopwatch = stopwatch
        self.last = LastPackets()
        self._freshness = Freshness(self.last)
        self._frames: list[bytes] = []
        self._received: list[int] = []
        self._recorded: dict[int, tuple[int, ...]] | None = None
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether to flush at once."""
        return self._bytes >= _FULL_BYTES

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for a flush."""
        return not self._frames

    def began(self, *, replayed: bool) -> None:
        """Note that a session begins; the server of a replay says by itself which ticks carry the mark."""
        self.last.began()
        self._freshness = Freshness(self.last)
        self._recorded = {} if replayed else None

    def sent(self, request: Request, now: int) -> None:
        """Note a request that is about to be sent. now: UTC nanoseconds."""
        self.flush()
        self._freshness.asked(request)
        if isinstance(request, Subscribe):
            self.last.subscribed(request.tokens, self._next_sequence)
        if self._wants_raw():
            text = encode_request(request)
            self._publish_raw(RawFrame(self._number, text, now, self._next_sequence, sent=True))

    def pinged(self) -> None:
        """Note that a ping was answered, and that what came before the answer has been taken in."""
        self.flush()
        self._freshness.pinged(self._stopwatch())

    def take(self, frame: bytes, now: int, snapshot: tuple[int, ...] = ()) -> None:
        """Take in market data, received now; `snapshot`: the places of ticks that a replay marks."""
        if snapshot and self._recorded is not None:
            self._recorded[len(self._frames)] = snapshot
        self._frames.append(frame)
        self._received.append(now)
        self._bytes += len(frame)

    def take_text(self, text: str, now: int) -> None:
        """Take in a text message, and hand it on, with all that came before it."""
        self.flush()
        self._measures.texts += 1
        if self._wants_raw():
            self._publish_raw(RawFrame(self._number, text, now, self._next_sequence))
        self._publish(_read(self._number, text, now))

    def flush(self) -> None:
        """Decode and hand on what has gathered, if anything has."""
        if not self._frames:
            return
        frames, received = self._frames, self._received
        self._frames, self._received, self._bytes = [], [], 0
        if not self._decodes:
            for frame, at in zip(frames, received, strict=True) if self._wants_raw() else ():
                self._publish_raw(RawFrame(self._number, frame, at, 0))
            return
        started = time.perf_counter()
        batch = decode_frames(frames)
        took = time.perf_counter() - started
        sequence = self._next_sequence
        self._measure(batch, took)
        # A replay's own clock may be ahead of what is on its way from it.
        timed_at = self._stopwatch() if self._recorded is None else received[-1] / 1e9
        rows = self.last.rows_of(np.ascontiguousarray(batch.words[:, TOKEN]).view(np.uint32))
        marks = self._marks(rows, batch, timed_at)
        if self._wants_raw():
            self._pass_on(frames, received, batch, sequence, marks)
        if not len(batch) and not batch.errors:
            return
        received_at = np.array(received, dtype=np.int64)[batch.frames]
        if len(batch):
            self.last_tick_at, self.last_timed_at = int(received_at[-1]), timed_at
            self.last.note(rows, batch, received_at, marks, timed_at)
            self._ticked()
        snapshot = np.zeros(len(batch), dtype=np.bool_) if marks is None else marks
        self._publish(Ticks(self._number, batch, received_at, sequence, snapshot, timed_at))

    @property
    def _next_sequence(self) -> int:
        return self._measures.ticks + 1 if self._decodes else 0

    def _measure(self, batch: TickBatch, took: float) -> None:
        measures = self._measures
        measures.heartbeats += batch.heartbeats
        measures.ticks += len(batch)
        measures.rejected += len(batch.errors)
        if len(batch):
            measures.decode_times.append(took / len(batch))

    def _pass_on(
        self,
        frames: list[bytes],
        received: list[int],
        batch: TickBatch,
        sequence: int,
        marks: NDArray[np.bool_] | None,
    ) -> None:
        firsts = np.searchsorted(batch.frames, np.arange(len(frames) + 1)).tolist()
        for place, (frame, at) in enumerate(zip(frames, received, strict=True)):
            first, last = firsts[place], firsts[place + 1]
            marked = () if marks is None else tuple(np.flatnonzero(marks[first:last]).tolist())
            self._publish_raw(RawFrame(self._number, frame, at, sequence + first, snapshot=marked))

    def _marks(self, rows: NDArray[np.intp], batch: TickBatch, at: float) -> NDArray[np.bool_] | None:
        """Return for each tick whether it carries the mark, shape (n,), None where none does."""
        if self._recorded is None:
            return self._freshness.marks(rows, batch, at)
        if not self._recorded:
            return None
        marks = np.zeros(len(batch), dtype=np.bool_)
        for frame, places in self._recorded.items():
            first, last = np.searchsorted(batch.frames, (frame, frame + 1)).tolist()
            marks[[first + place for place in places if first + place < last]] = True
        self._recorded.clear()
        return marks


def _read(connection: int, text: str, now: int) -> FeedMessage:
    match parse_text(text):
        case OrderText(order):
            return OrderUpdate(connection, order, now)
        case ErrorText(said):
            return ServerError(connection, said, now)
        case MessageText(said):
            return BrokerMessage(connection, said, now)
        case _:
            return UnknownMessage(connection, text, now)
