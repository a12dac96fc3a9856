"""From what one connection receives to what its readers are told; no socket and no clock of its own.

Frames gather until the loop's next turn, and are decoded together: a batch costs little more than a frame.

Nothing is handed on before all of a batch is known, so a bug on the way leaves no half of it behind. Then the
batcher is broken for the rest of its session: `failure` says why, `handed_on_at` since when something lacks.

No text is so long that showing it would hold up a screen: what is cut says so, and the raw frame stays whole.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.freshness import Freshness
from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.messages import (
    BrokerMessage,
    FeedMessage,
    Heartbeat,
    Order,
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
from kitetui.wire.tokenrows import tokens_of

LONGEST: Final = 4_096
"""Characters of one text, before the mark that it was cut."""

_FIELDS: Final = 256
"""Fields of an order; Kite's have about forty."""


def message_of(connection: int, text: str, now: int) -> FeedMessage:
    """Return the message that a text message is read as; never raises."""
    match parse_text(text):
        case OrderText(order) if len(order) <= _FIELDS:
            try:
                return OrderUpdate(connection, cast(Order, shortened(order)), now)
            except RecursionError:
                return UnknownMessage(connection, cut(text), now)
        case ErrorText(said):
            return ServerError(connection, cut(said), now)
        case MessageText(said):
            return BrokerMessage(connection, cut(said), now)
    return UnknownMessage(connection, cut(text), now)


def cut(text: str) -> str:
    """Return a text, or its beginning with the mark that it was cut."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… [cut, {len(text):,} characters]"


def shortened(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an order whose texts are cut; lists and objects that are too long become their cut text."""
    return {cut(name): _shortened(value) for name, value in order.items()}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, list | dict) and value:
        written = json.dumps(value, ensure_ascii=False)
        return value if len(written) <= LONGEST else cut(written)
    return value


_FULL_BYTES: Final = 100_000
"""Larger batches leave the processor's caches and decode several times slower."""


class Batcher:
    """What a connection has received and not yet handed on.

    wanted: the tokens that are to be subscribed.
    publish: is given frames as they were, and the message that they became; either may be missing. Frames
    are given only while `wants_raw`.
    measures: are kept up to date. ticked: is called after each batch of ticks.
    strayed: is called with a token that nobody subscribed. decodes: whether market data is decoded at all.
    stopwatch: the clock of ages, in seconds. last: the last packets of all tokens.
    handed_on_at: when the last frame was received that readers were told of, UTC nanoseconds. failure: what
    it failed of in this session, None where it is well; lost_frames: the frames that this has cost.
    """

    def __init__(
        self,
        number: int,
        measures: Measures,
        wanted: Container[int],
        *,
        publish: Callable[[Sequence[RawFrame], FeedMessage | None], None],
        wants_raw: Callable[[], bool],
        ticked: Callable[[], None],
        strayed: Callable[[int], None],
        decodes: bool,
        stopwatch: Callable[[], float],
    ) -> None:
        self.last_tick_at: int | None = None
        self.last_timed_at: float | None = None
        self.handed_on_at = 0
        self.failure: Exception | None = None
        self.lost_frames = 0
        self._number = number
        self._measures = measures
        self._wanted = wanted
        self._publish = publish
        self._wants_raw = wants_raw
        self._ticked = ticked
        self._strayed = strayed
        self._decodes = decodes
        self._stopwatch = stopwatch
        self.last = LastPackets()
        self._freshness = Freshness(self.last)
        self._frames: list[bytes] = []
        self._received: list[int] = []
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether to flush at once."""
        return self._bytes >= _FULL_BYTES

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for a flush."""
        return not self._frames

    def began(self, now: int) -> None:
        """Note that a session begins. now: UTC nanoseconds."""
        self.handed_on_at = now
        self.failure = None
        self.lost_frames = 0
        self.last.began()
        self._freshness = Freshness(self.last)

    def sent(self, request: Request, now: int) -> None:
        """Note a request that is about to be sent. now: UTC nanoseconds."""
        self.flush()
        self._freshness.asked(request, self._stopwatch())
        if isinstance(request, Subscribe):
            self.last.subscribed(request.tokens, self._next_sequence)
        if self._wants_raw():
            text = encode_request(request)
            self._publish([RawFrame(self._number, text, now, self._next_sequence, sent=True)], None)

    def pinged(self) -> None:
        """Note that a ping was answered, and that what came before the answer has been taken in."""
        self.flush()
        self._freshness.pinged(self._stopwatch())

    def take(self, frame: bytes, now: int) -> None:
        """Take in market data, received now."""
        self._frames.append(frame)
        self._received.append(now)
        self._bytes += len(frame)

    def take_text(self, text: str, now: int) -> None:
        """Take in a text message, and hand it on, with all that came before it."""
        try:
            self.flush()
        finally:  # an order is told whatever became of the ticks before it
            self._measures.texts += 1
            frame = RawFrame(self._number, text, now, self._next_sequence)
            self._publish([frame] if self._wants_raw() else [], message_of(self._number, text, now))
        if self.failure is None:
            self.handed_on_at = now

    def flush(self) -> None:
        """Decode and hand on what has gathered, if anything has.

        Raises whatever goes wrong; what comes after that in this session is lost too, so that the gap is one.
        """
        if not self._frames:
            return
        frames, received = self._frames, self._received
        self._frames, self._received, self._bytes = [], [], 0
        if self.failure is not None:
            self.lost_frames += len(frames)
            return
        try:
            self._hand_on(frames, received)
        except Exception as error:
            self.failure = error
            self.lost_frames = len(frames)
            raise
        self.handed_on_at = received[-1]

    def _hand_on(self, frames: list[bytes], received: list[int]) -> None:
        if not self._decodes:
            if self._wants_raw():
                pairs = zip(frames, received, strict=True)
                self._publish([RawFrame(self._number, frame, at, 0) for frame, at in pairs], None)
            return
        started = time.perf_counter()
        whole = decode_frames(frames)
        took = time.perf_counter() - started
        batch = whole
        rows, is_asked = self.last.asked_rows(tokens_of(whole), self._wanted)
        if is_asked is not None:
            batch, rows = _part_of(whole, is_asked), rows[is_asked]
        timed_at = self._timed_at(received[-1])
        marks = self._marks(rows, batch, timed_at)
        raw = self._raw(frames, received, whole, is_asked, marks) if self._wants_raw() else []
        message: FeedMessage | None = None
        if len(batch) or batch.errors:
            received_at = np.array(received, dtype=np.int64)[batch.frames]
            snapshot = np.zeros(len(batch), dtype=np.bool_) if marks is None else marks
            errors_at = tuple(received[each.frame] for each in batch.errors)
            message = Ticks(
                self._number, batch, received_at, self._next_sequence, snapshot, timed_at, errors_at
            )
            if len(batch):
                self.last.note(rows, batch, received_at, marks, timed_at)
                self.last_tick_at, self.last_timed_at = int(received_at[-1]), timed_at
        elif batch.heartbeats:
            message = Heartbeat(self._number, received[-1], timed_at)
        self._measure(batch, took)
        if is_asked is not None:
            self._measures.strays += len(whole) - len(batch)
            self._strayed(int(tokens_of(whole)[~is_asked][0]))
        if raw or message is not None:
            self._publish(raw, message)
        if len(batch):
            self._ticked()

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

    def _raw(
        self,
        frames: list[bytes],
        received: list[int],
        whole: TickBatch,
        is_asked: NDArray[np.bool_] | None,
        marks: NDArray[np.bool_] | None,
    ) -> list[RawFrame]:
        """Return the frames as they were; places count all their packets, sequences what is handed on."""
        firsts = np.searchsorted(whole.frames, np.arange(len(frames) + 1))
        before = firsts if is_asked is None else np.append(0, is_asked.cumsum())[firsts]
        if marks is not None and is_asked is not None:
            kept, marks = marks, np.zeros(len(whole), dtype=np.bool_)
            marks[is_asked] = kept
        sequence = self._next_sequence
        raw = []
        for place, (frame, at) in enumerate(zip(frames, received, strict=True)):
            marked: tuple[int, ...] = ()
            if marks is not None:
                marked = tuple(np.flatnonzero(marks[firsts[place] : firsts[place + 1]]).tolist())
            raw.append(RawFrame(self._number, frame, at, sequence + int(before[place]), snapshot=marked))
        return raw

    def _timed_at(self, received_at: int) -> float:
        """Return the moment of what was received last by the clock of ages, seconds."""
        return self._stopwatch()

    def _marks(self, rows: NDArray[np.intp], batch: TickBatch, at: float) -> NDArray[np.bool_] | None:
        """Return for each tick whether it carries the mark, shape (n,), None where none does."""
        return self._freshness.marks(rows, batch, at)


def _part_of(batch: TickBatch, chosen: NDArray[np.bool_]) -> TickBatch:
    """Return some ticks of a batch, with all else that is told of its messages."""
    part = batch[chosen]
    return TickBatch(part.words, part.lengths, part.frames, batch.errors, batch.heartbeats)
