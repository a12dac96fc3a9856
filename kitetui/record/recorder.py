"""From a feed's messages to a file: everything that was received, in order, off the event loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kitetui.feed import Lagged, Receiver, TickerMessage, Ticks
from kitetui.record.csv import HEADER, CsvEncoder, NameOf
from kitetui.record.output import Output

_WRITE_BYTES: Final = 1_000_000
"""How much text is gathered for one write, at most, when the market is faster than the disk."""


@dataclass(slots=True)
class Totals:
    """What a recording holds so far.

    rows and bytes are written, the last of them at `written_at`, UTC seconds; `lost` ticks were received
    and could not be kept, `rejected` packets could not be read.
    """

    rows: int = 0
    bytes: int = 0
    lost: int = 0
    rejected: int = 0
    written_at: float | None = None


class Recorder:
    """Writes a stream of messages to an output as CSV; `heard` is told every message that is not ticks."""

    def __init__(
        self,
        output: Output,
        name_of: NameOf,
        heard: Callable[[TickerMessage], None] = lambda message: None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.totals = Totals()
        self._output = output
        self._encoder = CsvEncoder(name_of)
        self._heard = heard
        self._now = now
        self._rest: deque[TickerMessage] = deque()

    async def record(self, stream: Receiver[TickerMessage]) -> None:
        """Write all that the stream gives, until it ends or `finish` is called. Raises RecordingError."""
        await self._write(HEADER)
        async for message in stream:
            await self._write_all(message, stream.recv_nowait)
        while self._rest:
            await self._write_all(self._rest.popleft(), self._next_of_rest)

    def finish(self, stream: Receiver[TickerMessage]) -> None:
        """Take no more from the stream; `record` writes what waited there, and returns."""
        while (message := stream.recv_nowait()) is not None:
            self._rest.append(message)
        stream.close()

    def _next_of_rest(self) -> TickerMessage | None:
        return self._rest.popleft() if self._rest else None

    async def _write_all(self, first: TickerMessage, following: Callable[[], TickerMessage | None]) -> None:
        """Write a message and those that follow it at once, as many as make a good write."""
        rows, size, texts = 0, 0, []
        message: TickerMessage | None = first
        while message is not None:
            text = self._text(message)
            texts.append(text)
            size += len(text)
            rows += len(message.batch) if isinstance(message, Ticks) else 0
            message = following() if size < _WRITE_BYTES else None
        await self._write("".join(texts))
        self.totals.rows += rows

    def _text(self, message: TickerMessage) -> str:
        match message:
            case Ticks():
                self.totals.rejected += len(message.batch.errors)
                return self._encoder.rows(message)
            case Lagged():
                self.totals.lost += message.ticks
        self._heard(message)
        return ""

    async def _write(self, text: str) -> None:
        if not text:
            return
        data = text.encode()
        # A disk that stalls must not stall the feed: the loop goes on reading while a thread writes.
        await asyncio.to_thread(self._output.write, data)
        self.totals.bytes += len(data)
        self.totals.written_at = self._now()
