"""Bounded broadcast: every reader gets every message, and a slow one loses only its own oldest.

Publishing never waits, so that no reader can hold up the socket; what a reader misses is counted and told
to it, as `Lagged`, in the place where it is missing.
"""

from __future__ import annotations

import asyncio
from collections import deque

from kitetui.feed.messages import Lagged, TickerMessage, Ticks


class Channel:
    """One source of messages, any number of readers."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._receivers: set[Receiver] = set()

    def subscribe(self) -> Receiver:
        """Return a reader of everything that is published from now on."""
        receiver = Receiver(self, self._capacity)
        self._receivers.add(receiver)
        return receiver

    def publish(self, message: TickerMessage) -> None:
        """Hand a message to every reader."""
        for receiver in self._receivers:
            receiver._put(message)

    def close(self) -> None:
        """End every reader's stream, once it has read what waits for it."""
        for receiver in self._receivers:
            receiver._end()
        self._receivers.clear()

    def _forget(self, receiver: Receiver) -> None:
        self._receivers.discard(receiver)


class Receiver:
    """One reader of a channel: an asynchronous iterator of messages, for one task at a time.

    delivered: messages handed to the reader.
    lost_messages, lost_ticks: what was dropped because the reader was too slow.
    """

    def __init__(self, channel: Channel, capacity: int) -> None:
        self.delivered = 0
        self.lost_messages = 0
        self.lost_ticks = 0
        self._channel = channel
        self._waiting: deque[TickerMessage] = deque()
        self._capacity = capacity
        self._untold = Lagged(0, 0)
        self._wakeup = asyncio.Event()
        self._ended = False

    def __aiter__(self) -> Receiver:
        return self

    async def __anext__(self) -> TickerMessage:
        while True:
            message = self.recv_nowait()
            if message is not None:
                return message
            if self._ended:
                raise StopAsyncIteration
            self._wakeup.clear()
            await self._wakeup.wait()

    def recv_nowait(self) -> TickerMessage | None:
        """Return the next message if one waits, else None."""
        if self._untold.messages:
            lagged, self._untold = self._untold, Lagged(0, 0)
            return lagged
        if not self._waiting:
            return None
        self.delivered += 1
        return self._waiting.popleft()

    def close(self) -> None:
        """Stop reading: the stream ends at once, and the channel forgets this reader."""
        self._channel._forget(self)
        self._waiting.clear()
        self._untold = Lagged(0, 0)
        self._end()

    def _put(self, message: TickerMessage) -> None:
        if len(self._waiting) == self._capacity:
            self._drop(self._waiting.popleft())
        self._waiting.append(message)
        self._wakeup.set()

    def _drop(self, message: TickerMessage) -> None:
        ticks = len(message.batch) if isinstance(message, Ticks) else 0
        self.lost_messages += 1
        self.lost_ticks += ticks
        self._untold = Lagged(self._untold.messages + 1, self._untold.ticks + ticks)

    def _end(self) -> None:
        self._ended = True
        self._wakeup.set()
