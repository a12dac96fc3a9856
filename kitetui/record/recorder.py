"""From a feed's messages to files: everything that was received, in order, off the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from kitetui.errors import RecordingError
from kitetui.feed import Lagged, RawFrame, Receiver, TickerMessage, Ticks
from kitetui.record.files import Files, Message, Totals
from kitetui.record.output import StalledError

FLUSH: Final = 1.0
"""Seconds within which what was received is in the files, for readers and for a start after a kill."""

_PAUSE: Final = 0.05
"""Seconds in which messages gather: together they are written faster, and nobody waits for them."""

_FEW: Final = 100
"""Messages; more than these need not wait for others."""

_MANY_TICKS: Final = 5_000
"""Ticks that are written together at most, when the market is faster than the disk."""


Stream = Receiver[TickerMessage] | Receiver[TickerMessage | RawFrame]
"""What a recorder reads: a feed's messages, with the raw frames that a capture wants or without."""


@dataclass(frozen=True, slots=True)
class Durability:
    """How soon a recording is safe.

    flush: seconds. sync: whether it is to outlast a power cut, too, which makes a disk work hard.
    """

    flush: float = FLUSH
    sync: bool = False


class Recorder:
    """Writes streams of messages to files.

    heard: is told every message that is neither ticks nor raw. in_hand: ticks that are being written now.
    unwritten: ticks that were received, and could not be written when the output failed.
    """

    def __init__(
        self,
        files: Files,
        heard: Callable[[TickerMessage], None] = lambda message: None,
        *,
        durability: Durability = Durability(),
    ) -> None:
        self.in_hand = 0
        self.unwritten = 0
        self._flushed_rows = 0
        self._files = files
        self._heard = heard
        self._durability = durability
        self._stream: Stream | None = None
        self._rest: deque[Message] = deque()
        self._is_finishing = asyncio.Event()
        self._is_closed = False
        # One thread of its own, so that writes stay in order whatever else is done in threads.
        self._thread = ThreadPoolExecutor(1, "kitetui recorder")

    @property
    def totals(self) -> Totals:
        """What was written so far."""
        return self._files.totals

    @property
    def waiting(self) -> int:
        """Ticks that were received and are not written yet."""
        of_stream = self._stream.stats().waiting if self._stream is not None else 0
        return self.in_hand + sum(map(_ticks_in, self._rest)) + of_stream

    @property
    def wants_wire(self) -> bool:
        """Whether to be given a stream with raw frames, `KiteTickerManager.full_stream`."""
        return self._files.wants_wire

    async def record(self, stream: Stream) -> None:
        """Write all that a stream gives, until it ends or `finish` is called. Raises RecordingError.

        The files stay open, for another stream.
        """
        self._stream = stream
        try:
            await self._record(stream)
        except RecordingError:
            self.unwritten += sum(map(_ticks_in, self._rest))
            while (message := stream.recv_nowait()) is not None:
                self.unwritten += _ticks_in(message)
            stream.close()
            raise

    async def _record(self, stream: Stream) -> None:
        loop = asyncio.get_running_loop()
        unflushed_since: float | None = None
        while (messages := await self._next(stream, unflushed_since)) is not None:
            if messages:
                await self._write(messages)
                unflushed_since = unflushed_since or loop.time()
            if unflushed_since is not None and loop.time() >= unflushed_since + self._durability.flush:
                await self._flush()
                unflushed_since = None
        while messages := self._taken(self._next_of_rest):
            await self._write(messages)
        await self._flush()

    def finish(self, stream: Stream) -> None:
        """Take no more from the stream; `record` writes what waited there, and returns."""
        while (message := stream.recv_nowait()) is not None:
            self._rest.append(message)
        stream.close()
        self._is_finishing.set()

    async def close(self) -> None:
        """Finish the files; does nothing the second time. Raises RecordingError."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._in_thread(self._files.close)
        finally:
            self._thread.shutdown(wait=False)

    async def _next(self, stream: Stream, unflushed_since: float | None) -> list[Message] | None:
        """Wait for what to write next: nothing where it is time for a flush, None where the stream ended."""
        due = None if unflushed_since is None else unflushed_since + self._durability.flush
        try:
            async with asyncio.timeout_at(due):
                first = await anext(stream)
        except TimeoutError:
            return []
        except StopAsyncIteration:
            return None
        messages = self._taken(stream.recv_nowait, first)
        if len(messages) < _FEW:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._is_finishing.wait()
            messages += self._taken(stream.recv_nowait)
        return messages

    def _taken(self, following: Callable[[], Message | None], first: Message | None = None) -> list[Message]:
        """Take what waits, as much as makes a good write."""
        messages: list[Message] = []
        ticks = 0
        message = first if first is not None else following()
        while message is not None:
            messages.append(message)
            if isinstance(message, Ticks):
                ticks += len(message.batch)
            elif not isinstance(message, RawFrame):
                self._heard(message)
            message = following() if ticks < _MANY_TICKS else None
        return messages

    def _next_of_rest(self) -> Message | None:
        return self._rest.popleft() if self._rest else None

    async def _write(self, messages: list[Message]) -> None:
        self.in_hand = sum(len(each.batch) for each in messages if isinstance(each, Ticks))
        written = self.totals.rows
        try:
            await self._in_thread(partial(self._files.write, messages))
        except RecordingError as error:
            if isinstance(error, StalledError) and not self.wants_wire:
                self.totals.rows += error.lines
            self.unwritten += sum(map(_ticks_in, messages)) - (self.totals.rows - written)
            self._take_back(error)
            raise
        finally:
            self.in_hand = 0

    async def _flush(self) -> None:
        try:
            await self._in_thread(partial(self._files.flush, sync=self._durability.sync))
        except RecordingError as error:
            self._take_back(error)
            raise
        self._flushed_rows = self.totals.rows

    def _take_back(self, error: RecordingError) -> None:
        """Count as not written what gathered for a block of a capture that the pipe never took."""
        if isinstance(error, StalledError) and self.wants_wire:
            self.unwritten += self.totals.rows - self._flushed_rows
            self.totals.rows = self._flushed_rows

    async def _in_thread(self, work: Callable[[], None]) -> None:
        # A disk that stalls must not stall the feed: the loop goes on reading while a thread writes.
        await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _ticks_in(message: Message) -> int:
    """Return how many ticks a message has, or says to be lost."""
    match message:
        case Ticks():
            return len(message.batch)
        case Lagged():
            return message.ticks
    return 0
