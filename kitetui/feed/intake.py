"""From what one connection receives to what its readers are told; no socket and no clock of its own.

Frames gather until the loop's next turn, and are decoded together: a batch costs little more than a frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.awaited import Awaited
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
    ) -> None:
        self.last_tick_at: int | None = None
        self._number = number
        self._measures = measures
        self._publish = publish
        self._publish_raw = publish_raw
        self._wants_raw = wants_raw
        self._ticked = ticked
        self._decodes = decodes
        self._awaited = Awaited()
        self._frames: list[bytes] = []
        self._received: list[int] = []
        self._kept: dict[int, frozenset[int]] | None = None
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
        """Note that a session begins; the server of a replay says by itself which ticks were kept ones."""
        self._awaited.forget_all()
        self._kept = {} if replayed else None

    def sent(self, request: Request, now: int) -> None:
        """Note a request that is about to be sent. now: UTC nanoseconds."""
        self._awaited.asked(request)
        if self._wants_raw():
            self.flush()
            text = encode_request(request)
            self._publish_raw(RawFrame(self._number, text, now, self._next_sequence, sent=True))

    def take(self, frame: bytes, now: int, kept: frozenset[int] = frozenset()) -> None:
        """Take in market data, received now; `kept`: tokens whose ticks a replay says were kept ones."""
        if kept and self._kept is not None:
            self._kept[len(self._frames)] = kept
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
            self._pass_on(frames, received, [0] * len(frames))
            return
        started = time.perf_counter()
        batch = decode_frames(frames)
        took = time.perf_counter() - started
        sequence = self._next_sequence
        self._measure(batch, took)
        if self._wants_raw():
            firsts = np.searchsorted(batch.frames, np.arange(len(frames))) + sequence
            self._pass_on(frames, received, firsts.tolist())
        if not len(batch) and not batch.errors:
            return
        tokens = batch.words[:, TOKEN].view(np.uint32).tolist()
        received_at = np.array(received, dtype=np.int64)[batch.frames]
        if len(batch):
            self.last_tick_at = int(received_at[-1])
            self._measures.last_tick_of.update(zip(tokens, received_at.tolist(), strict=True))
            self._ticked()
        self._publish(Ticks(self._number, batch, received_at, sequence, self._snapshot(batch, tokens)))

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

    def _pass_on(self, frames: list[bytes], received: list[int], sequences: list[int]) -> None:
        if self._wants_raw():
            for frame, at, sequence in zip(frames, received, sequences, strict=True):
                self._publish_raw(RawFrame(self._number, frame, at, sequence))

    def _snapshot(self, batch: TickBatch, tokens: Sequence[int]) -> NDArray[np.bool_]:
        if self._kept is None:
            return self._awaited.flags(tokens)
        flags = np.zeros(len(batch), dtype=np.bool_)
        for frame, kept in self._kept.items():
            rows = np.flatnonzero(batch.frames == frame).tolist()
            awaited = Awaited()
            awaited.asked(Subscribe(tuple(kept)))
            flags[rows] = awaited.flags([tokens[row] for row in rows])
        self._kept.clear()
        return flags


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
