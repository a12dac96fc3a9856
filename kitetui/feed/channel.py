"""Bounded broadcast: every reader gets every message, and a slow one loses only its own oldest.

Publishing never waits, so that no reader can hold up the socket; what a reader misses is counted and told
to it, as `Lagged`, in the place where it is missing. What a reader was owed adds up at every moment:
published = delivered + lost + waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from kitetui.feed.messages import Lagged, Ticks

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class ReaderStats:
    """What became of the ticks published to one reader: delivered, lost, or waiting for it."""

    published: int
    delivered: int
    lost: int
    waiting: int


class Channel(Generic[M]):
    """One source of messages, any number of readers."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._receivers: set[Receiver[M]] = set()

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads."""
        return bool(self._receivers)

    def subscribe(self, capacity: int | None = None) -> Receiver[M]:
        """Return a reader of everything that is published from now on.

        capacity: how many messages wait for it at most, instead of the channel's own number.
        """
        receiver = Receiver(self, capacity or self._capacity)
        self._receivers.add(receiver)
        return receiver

    def publish(self, message: M) -> None:
        """Hand a message to every reader."""
        for receiver in self._receivers:
            receiver._put(message)

    def close(self) -> None:
        """End every reader's stream, once it has read what waits for it."""
        for receiver in self._receivers:
            receiver._end()
        self._receivers.clear()

    def reader_stats(self) -> tuple[ReaderStats, ...]:
        """Return the accounts of all readers."""
        return tuple(receiver.stats() for receiver in self._receivers)

    def _forget(self, receiver: Receiver[M]) -> None:
        self._receivers.discard(receiver)


class Receiver(Generic[M]):
    """One reader of a channel: an asynchronous iterator of messages, for one task at a time.

    delivered: messages handed to the reader.
    lost_messages, lost_ticks: what was dropped because the reader was too slow.
    """

    def __init__(self, channel: Channel[M], capacity: int) -> None:
        self.delivered = 0
        self.lost_messages = 0
        self.lost_ticks = 0
        self._published_ticks = 0
        self._delivered_ticks = 0
        self._waiting_ticks = 0
        self._channel = channel
        self._waiting: deque[M] = deque()
        self._capacity = capacity
        self._untold = Lagged(0, 0)
        self._wakeup = asyncio.Event()
        self._ended = False

    def __aiter__(self) -> Receiver[M]:
        return self

    async def __anext__(self) -> M | Lagged:
        while True:
            message = self.recv_nowait()
            if message is not None:
                return message
            if self._ended:
                raise StopAsyncIteration
            self._wakeup.clear()
            await self._wakeup.wait()

    def recv_nowait(self) -> M | Lagged | None:
        """Return the next message if one waits, else None."""
        if self._untold.messages:
            lagged, self._untold = self._untold, Lagged(0, 0)
            return lagged
        if not self._waiting:
            return None
        message, ticks = self._take_first()
        self.delivered += 1
        self._delivered_ticks += ticks
        return message

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
        self._waiting_ticks = 0
        self._untold = Lagged(0, 0)
        self._end()

    def _put(self, message: M) -> None:
        if len(self._waiting) == self._capacity:
            self._drop_first()
        ticks = _ticks_in(message)
        self._waiting.append(message)
        self._published_ticks += ticks
        self._waiting_ticks += ticks
        self._wakeup.set()

    def _take_first(self) -> tuple[M, int]:
        message = self._waiting.popleft()
        ticks = _ticks_in(message)
        self._waiting_ticks -= ticks
        return message, ticks

    def _drop_first(self) -> None:
        _, ticks = self._take_first()
        self.lost_messages += 1
        self.lost_ticks += ticks
        self._untold = Lagged(self._untold.messages + 1, self._untold.ticks + ticks)

    def _end(self) -> None:
        self._ended = True
        self._wakeup.set()


def _ticks_in(message: object) -> int:
    return len(message.batch) if isinstance(message, Ticks) else 0
