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
from kitetui.record.files import Files, Message, Totals, last_time_of

FLUSH: Final = 1.0
"""Seconds within which what was received is in the files, for readers and for a start after a crash."""

_PAUSE: Final = 0.05
"""Seconds in which messages gather: together they are written faster, and nobody waits for them."""

_FEW: Final = 100
"""Messages; more than these need not wait for others."""

_ON_ITS_WAY: Final = 50_000_000
"""Nanoseconds from the receipt of a frame until its message waits for the recorder, at most."""

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
        self._taken_rows = self._written_until = 0
        self._finished_by: float | None = None
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
            self.unwritten += self._taken_rows - self.totals.rows + sum(map(_ticks_in, self._rest))
            while (message := stream.recv_nowait()) is not None:
                self.unwritten += _ticks_in(message)
            stream.close()
            raise

    async def _record(self, stream: Stream) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._durability.flush
        while (messages := await self._next(stream, due)) is not None:
            if messages:
                await self._write(messages)
            if loop.time() >= due:
                await self._flush(self._until(stream))
                due = loop.time() + self._durability.flush
        while messages := self._taken(self._next_of_rest):
            await self._write(messages)
        if self._finished_by is not None:
            await self._flush(self._files.moment(self._finished_by).at)
        else:
            await self._flush(self._written_until or self._until(stream))

    def finish(self, stream: Stream) -> None:
        """Take no more from the stream; `record` writes what waited there, and returns."""
        while (message := stream.recv_nowait()) is not None:
            self._rest.append(message)
        stream.close()
        # By the stopwatch: what waits to be written may tell that the clock was set.
        self._finished_by = self._files.moment().by
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

    async def _next(self, stream: Stream, due: float) -> list[Message] | None:
        """Wait for what to write next: nothing where a flush is due before, None where the stream ended."""
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
        self._taken_rows += self.in_hand
        times = (at for each in messages if (at := last_time_of(each)) is not None)
        self._written_until = max(times, default=self._written_until)
        try:
            await self._in_thread(partial(self._files.write, messages))
        finally:
            self.in_hand = 0

    def _until(self, stream: Stream) -> int:
        """Return up to when all that was received has been written, UTC nanoseconds."""
        if self._finished_by is not None:
            return self._written_until
        # What was read in this turn of the loop is not here yet.
        return (self._files.moment().at if stream.is_empty else self._written_until) - _ON_ITS_WAY

    async def _flush(self, until: int) -> None:
        await self._in_thread(partial(self._files.flush, until, sync=self._durability.sync))

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
