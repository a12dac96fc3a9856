"""Bounded broadcast: every reader gets every message, and a slow one loses only its own oldest.

Publishing never waits, so that no reader can hold up the socket; what a reader misses is counted and told
to it, as `Lagged`, in the place where it is missing. What a reader was owed adds up at every moment:
published = delivered + lost + waiting. What waits is bounded by messages and by bytes: a message of ticks may
have a few hundred of them, or half a million.

Messages that belong together, such as frames and the ticks that they became, are published together; a reader
loses all of them or none. What tells of connections and symbols is small, and rare, and without it a reader
would take what it lacks for whole: so it is kept, and only ticks, frames and texts are lost.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from kitetui.feed.messages import (
    ClockStepped,
    ConnectionChanged,
    Gap,
    Lagged,
    OrderUpdate,
    RawFrame,
    SymbolsMoved,
    SymbolsWanted,
    Ticks,
)
from kitetui.wire.layout import WORDS

M = TypeVar("M")

DEFAULT_BYTES: Final = 256 * 2**20
"""Bytes that wait for a reader at most."""

_MESSAGE: Final = 1_000
"""Bytes of a message, whatever is in it."""

_TICK: Final = 4 * WORDS + 1 + 4 + 8 + 1
"""Bytes of a tick: its words, length and frame, its time of receipt and its mark."""

_ERROR: Final = 200
"""Bytes of a packet that could not be read: what is told of it."""

_KEPT: Final = (SymbolsWanted, ConnectionChanged, SymbolsMoved, Gap, ClockStepped)
"""What no reader loses."""

_MOST_KEPT: Final = 10_000
"""Messages that are kept for a reader which takes nothing any more."""

_TOKEN: Final = 40
_FIELD: Final = 200


@dataclass(frozen=True, slots=True)
class ReaderStats:
    """What became of the ticks published to one reader: delivered, lost, or waiting for it."""

    published: int
    delivered: int
    lost: int
    waiting: int


class Channel(Generic[M]):
    """One source of messages, any number of readers."""

    def __init__(self, capacity: int, capacity_bytes: int = DEFAULT_BYTES) -> None:
        """Make a channel without readers.

        capacity, capacity_bytes: how many messages wait for each reader at most, and how large they are
        together. The last that were published together wait in any case.
        """
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._receivers: set[Receiver[M]] = set()

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads."""
        return bool(self._receivers)

    def subscribe(
        self, capacity: int | None = None, *, fails: bool = False, first: Iterable[M] = ()
    ) -> Receiver[M]:
        """Return a reader of everything that is published from now on.

        capacity: how many messages wait for it at most, instead of the channel's own number. fails: whether
        `fail` ends it. first: what it is told before all else.
        """
        receiver = Receiver(self, capacity or self._capacity, self._capacity_bytes, fails=fails)
        for message in first:
            receiver._put((message,), *_weight_of(message))
        self._receivers.add(receiver)
        return receiver

    def publish(self, *messages: M) -> None:
        """Hand a message to every reader, or several that belong together."""
        if not self._receivers or not messages:
            return
        ticks, size = _weight_of(messages[-1])
        if len(messages) > 1:
            weights = [_weight_of(message) for message in messages]
            ticks, size = sum(each for each, _ in weights), sum(each for _, each in weights)
        for receiver in self._receivers:
            receiver._put(messages, ticks, size)

    def close(self) -> None:
        """End every reader's stream, once it has read what waits for it."""
        for receiver in self._receivers:
            receiver._end()
        self._receivers.clear()

    def fail(self, make_error: Callable[[], Exception]) -> None:
        """End the streams of readers that asked for it: each raises an error when it has read the rest."""
        for receiver in [each for each in self._receivers if each.fails]:
            self._receivers.discard(receiver)
            receiver._end(make_error())

    def reader_stats(self) -> tuple[ReaderStats, ...]:
        """Return the accounts of all readers."""
        return tuple(receiver.stats() for receiver in self._receivers)

    def _forget(self, receiver: Receiver[M]) -> None:
        self._receivers.discard(receiver)


class Receiver(Generic[M]):
    """One reader of a channel: an asynchronous iterator of messages, for one task at a time.

    delivered: messages handed to the reader.
    lost_messages, lost_ticks: what was dropped because the reader was too slow.
    fails: whether its stream ends with an exception where nothing will come any more.
    """

    def __init__(
        self, channel: Channel[M], capacity: int, capacity_bytes: int = DEFAULT_BYTES, *, fails: bool = False
    ) -> None:
        self.delivered = 0
        self.lost_messages = 0
        self.lost_ticks = 0
        self.fails = fails
        self._published_ticks = 0
        self._delivered_ticks = 0
        self._waiting_ticks = 0
        self._waiting_messages = 0
        self._waiting_bytes = 0
        self._channel = channel
        self._waiting: deque[tuple[tuple[M, ...], int, int]] = deque()
        self._begun: deque[M] = deque()
        self._kept: deque[M] = deque()
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._untold = Lagged(0, 0)
        self._wakeup = asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None

    def __aiter__(self) -> Receiver[M]:
        return self

    async def __anext__(self) -> M | Lagged:
        while True:
            message = self.recv_nowait()
            if message is not None:
                return message
            if self._ended:
                failure, self._failure = self._failure, None
                raise failure or StopAsyncIteration
            self._wakeup.clear()
            await self._wakeup.wait()

    def recv_nowait(self) -> M | Lagged | None:
        """Return the next message if one waits, else None."""
        if self._begun:
            message = self._begun.popleft()
        elif self._untold.messages:
            lagged, self._untold = self._untold, Lagged(0, 0)
            return lagged
        elif self._kept:
            message = self._kept.popleft()
        elif self._waiting:
            message, *others = self._take_first()[0]
            self._begun.extend(others)
        else:
            return None
        ticks = _ticks_in(message)
        self.delivered += 1
        self._delivered_ticks += ticks
        self._waiting_ticks -= ticks
        return message

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self._begun or self._untold.messages or self._kept or self._waiting)

    def stats(self) -> ReaderStats:
        """Return what became of the ticks that were published to this reader."""
        return ReaderStats(
            published=self._published_ticks,
            delivered=self._delivered_ticks,
            lost=self.lost_ticks,
            waiting=self._waiting_ticks,
        )

    def close(self) -> None:
        """Stop reading: the stream ends at once, and the channel forgets this reader."""
        self._channel._forget(self)
        self._waiting.clear()
        self._begun.clear()
        self._kept.clear()
        self._waiting_ticks = self._waiting_messages = self._waiting_bytes = 0
        self._untold = Lagged(0, 0)
        self._failure = None
        self._end()

    def _put(self, messages: tuple[M, ...], ticks: int, size: int) -> None:
        waiting = self._waiting
        self._waiting_messages += len(messages)
        self._waiting_bytes += size
        while self._waiting_messages > self._capacity or self._waiting_bytes > self._capacity_bytes:
            if not waiting:
                break
            self._drop_first()
        waiting.append((messages, ticks, size))
        self._published_ticks += ticks
        self._waiting_ticks += ticks
        self._wakeup.set()

    def _take_first(self) -> tuple[tuple[M, ...], int]:
        messages, ticks, size = self._waiting.popleft()
        self._waiting_messages -= len(messages)
        self._waiting_bytes -= size
        return messages, ticks

    def _drop_first(self) -> None:
        messages, ticks = self._take_first()
        if isinstance(messages[-1], _KEPT) and len(self._kept) < _MOST_KEPT:
            self._kept.extend(messages)
            return
        self._waiting_ticks -= ticks
        self.lost_messages += len(messages)
        self.lost_ticks += ticks
        untold, (start, end) = self._untold, _span_of(messages[-1])
        self._untold = Lagged(
            untold.messages + len(messages),
            untold.ticks + ticks,
            min((each for each in (untold.start, start) if each is not None), default=None),
            max((each for each in (untold.end, end) if each is not None), default=None),
        )

    def _end(self, failure: Exception | None = None) -> None:
        self._failure = failure or self._failure
        self._ended = True
        self._wakeup.set()


def _ticks_in(message: object) -> int:
    return len(message.batch) if isinstance(message, Ticks) else 0


def _span_of(message: object) -> tuple[int | None, int | None]:
    """Return when the first and the last of a message's ticks were received, None where it has none."""
    if not isinstance(message, Ticks) or not len(message.batch):
        return None, None
    return int(message.received_at.min()), int(message.received_at.max())


def _weight_of(message: object) -> tuple[int, int]:
    """Return how many ticks a message has, and about how many bytes it takes."""
    if isinstance(message, Ticks):  # first, and without a pattern: most messages are
        ticks = len(message.batch)
        return ticks, _MESSAGE + _TICK * ticks + _ERROR * len(message.batch.errors)
    match message:
        case RawFrame(data=data):
            return 0, _MESSAGE + sys.getsizeof(data)
        case OrderUpdate(order=order):
            return 0, _MESSAGE + sum(_FIELD + sys.getsizeof(value) for value in order.values())
        case SymbolsMoved(tokens=tokens) | SymbolsWanted(modes=tokens):
            return 0, _MESSAGE + _TOKEN * len(tokens)
    return 0, _MESSAGE + sys.getsizeof(getattr(message, "text", ""))
