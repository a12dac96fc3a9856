"""What can be played back: a recording as the messages and notes of its connections, begun anew at will.

A capture has them as they were on the wire. The other formats have rows, which are encoded back here.

It is read ahead in a thread, so that the loop never waits for the disk: while some records are played the
next are read, and no more, so that memory does not grow with the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from kitetui.record.base import Reader
from kitetui.record.capture import CaptureReader
from kitetui.record.capture.layout import BeginNote, Record, records_of
from kitetui.record.formats import Format, open_reader
from kitetui.record.rows import TickRows, frames_of

_RECORDS: Final = 1_000
_BYTES: Final = 1_000_000


async def read_ahead(records: Iterator[Record]) -> AsyncGenerator[Record, None]:
    """Yield what an iterator that blocks yields, and raise what it raises.

    Close this one, and the iterator is closed too, when the thread has done what it has begun.
    """
    loop = asyncio.get_running_loop()
    ahead = loop.run_in_executor(None, _take, records)
    try:
        while True:
            # Shielded: what a thread has begun goes on, and nobody else may touch the iterator meanwhile.
            chunk, error = await asyncio.shield(ahead)
            if chunk and error is None:
                ahead = loop.run_in_executor(None, _take, records)
            for record in chunk:
                yield record
            if error is not None:
                raise error
            if not chunk:
                return
    finally:
        await asyncio.wait([ahead])
        close = getattr(records, "close", None)
        if close is not None:
            await loop.run_in_executor(None, close)


def _take(records: Iterator[Record]) -> tuple[list[Record], Exception | None]:
    """Return the next records: so many, or so many bytes of them, or what is left before an error."""
    taken: list[Record] = []
    size = 0
    try:
        for record in records:
            taken.append(record)
            size += len(record.data)
            if len(taken) == _RECORDS or size >= _BYTES:
                break
    except Exception as error:
        return taken, error
    return taken, None


_MOST_HELD: Final = 50_000
"""Rows received at the same moment that are held back for more of them: a file of nothing else has to end."""


class Recording(Protocol):
    """A recording to play back.

    span: when its first and its last message were received, UTC nanoseconds.
    names: the exchange and tradingsymbol of its tokens, as far as they are known.
    """

    @property
    def span(self) -> tuple[int, int]: ...

    @property
    def names(self) -> Mapping[int, tuple[str, str]]: ...

    def records(self, since: int | None = None) -> Iterator[Record]:
        """Yield what was recorded, in order, from the beginning or a moment (UTC nanoseconds).

        It blocks, and is called and read in a thread; every call begins anew.
        """


class RowsRecording:
    """A recording of rows as messages: those received at the same moment on a connection came together.

    Where a reader does not know the span and the names before it has read all, whoever does gives them.
    """

    def __init__(
        self, reader: Reader, *, span: tuple[int, int], names: Mapping[int, tuple[str, str]] | None = None
    ) -> None:
        self.span = span
        self._reader = reader
        self._names = names

    @property
    def names(self) -> Mapping[int, tuple[str, str]]:
        """The exchange and tradingsymbol of each token."""
        return self._reader.names if self._names is None else self._names

    def records(self, since: int | None = None) -> Iterator[Record]:
        """Yield the messages that bring the rows, and notes of which of them carry the mark."""
        yield Record.of_note(0, self.span[0], BeginNote(version("kitetui"), ""))
        held = TickRows.none()
        for batch in self._reader:
            rows = batch if since is None else batch[batch.received_at >= since]
            rows = TickRows.joined([held, rows])
            end = _last_message(rows)
            yield from _records(rows[:end])
            held = rows[end:]
        yield from _records(held)


class CaptureRecording:
    """A capture as it is. span: its first and last moment, UTC nanoseconds; names: of its tokens."""

    def __init__(self, path: Path, *, span: tuple[int, int], names: Mapping[int, tuple[str, str]]) -> None:
        self.span = span
        self.names = names
        self._path = path

    def records(self, since: int | None = None) -> Iterator[Record]:
        """Yield what was recorded; every call begins anew."""
        return CaptureReader(self._path).records(since)


def open_recording(path: Path, span: tuple[int, int], names: Mapping[int, tuple[str, str]]) -> Recording:
    """Return what plays a recording whose span and names are known. Raises UserError."""
    if Format.of_file(path) is Format.CAPTURE:
        return CaptureRecording(path, span=span, names=names)
    return RowsRecording(open_reader(path), span=span, names=names)


def _records(rows: TickRows) -> Iterator[Record]:
    for frame in frames_of(rows):
        yield from records_of(frame)


def _last_message(rows: TickRows) -> int:
    """Return where the last message begins: a reader's next batch may go on with it."""
    if not len(rows):
        return 0
    others = (rows.received_at != rows.received_at[-1]) | (rows.connection != rows.connection[-1])
    ends = np.flatnonzero(others)
    start = int(ends[-1]) + 1 if len(ends) else 0
    return start if len(rows) - start < _MOST_HELD else len(rows)
