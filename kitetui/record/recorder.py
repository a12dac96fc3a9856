"""From a feed's messages to a file: everything that was received, in order, off the event loop."""

from __future__ import annotations

import asyncio
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

    rows and bytes are written; `lost` ticks were received and could not be kept, `rejected` packets could
    not be read.
    """

    rows: int = 0
    bytes: int = 0
    lost: int = 0
    rejected: int = 0


class Recorder:
    """Writes a stream of messages to an output as CSV; `heard` is told every message that is not ticks."""

    def __init__(
        self, output: Output, name_of: NameOf, heard: Callable[[TickerMessage], None] = lambda message: None
    ) -> None:
        self.totals = Totals()
        self._output = output
        self._encoder = CsvEncoder(name_of)
        self._heard = heard

    async def record(self, stream: Receiver[TickerMessage]) -> None:
        """Write all that the stream gives, until it ends. Raises RecordingError."""
        await self._write(HEADER)
        async for message in stream:
            gathered = [message]
            texts = [self._text(message)]
            size = len(texts[0])
            while size < _WRITE_BYTES and (more := stream.recv_nowait()) is not None:
                gathered.append(more)
                texts.append(self._text(more))
                size += len(texts[-1])
            await self._write("".join(texts))
            self.totals.rows += sum(len(each.batch) for each in gathered if isinstance(each, Ticks))

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
