"""Writing a capture: messages gather, and become a block with each flush, or when they are many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from typing import Final

import numpy as np

from kitetui.feed import RawFrame
from kitetui.record.base import NameOf, OutputWriter
from kitetui.record.capture.layout import (
    FINISHED,
    HEAD,
    BeginNote,
    NamesNote,
    Note,
    Record,
    encode_block,
    encode_record,
    records_of,
)
from kitetui.record.output import Output
from kitetui.record.rows import TickRows, frames_of
from kitetui.wire import RequestError, Subscribe, decode_frames, parse_request
from kitetui.wire.layout import TOKEN

_BLOCK_BYTES: Final = 1_000_000
"""How long the content of a block grows before it is written."""

_NAMES_A_NOTE: Final = 3_000


class CaptureWriter(OutputWriter):
    """Writes messages as they were on the wire, on an output that is empty or ends with a whole block.

    name_of: names the instruments, so that a capture can be read by itself. now: the time in UTC. rows: the
    ticks that its blocks have, of those that it was told of.
    """

    def __init__(
        self,
        output: Output,
        *,
        name_of: NameOf,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(output, name_of)
        self._unwritten_rows = 0
        self._named: set[int] = set()
        self._parts: list[bytes] = []
        self._bytes = 0
        self._first = self._last = 0
        if not output.size:
            output.write(HEAD)
        begun = now()
        at = round(begun.timestamp() * 1_000_000) * 1_000
        self.note(0, at, BeginNote(version("kitetui"), begun.isoformat(timespec="seconds")))
        self._write_block()

    def rename(self, name_of: NameOf) -> None:
        """Name by this the messages to come: a note of a name holds for what comes after it."""
        super().rename(name_of)
        self._named.clear()

    def write(self, rows: TickRows) -> None:
        """Add the messages that bring these rows. Raises RecordingError."""
        self.frames(list(frames_of(rows)), len(rows))

    def frames(self, frames: Sequence[RawFrame], rows: int = 0) -> None:
        """Add messages, which have so many ticks. Raises RecordingError."""
        self._unwritten_rows += rows
        if not frames:
            return
        self._name(frames)
        for frame in frames:
            self._add(records_of(frame))
        if self._bytes >= _BLOCK_BYTES:
            self._write_block()

    def note(self, connection: int, at: int, note: Note) -> None:
        """Add what else is known of a connection at a moment, UTC nanoseconds. Raises RecordingError."""
        self._add([Record.of_note(connection, at, note)])

    def flush(self, *, sync: bool) -> None:
        """Write what has gathered, as a block. Raises RecordingError."""
        self._write_block()
        super().flush(sync=sync)

    def close(self) -> None:
        """Mark the capture as finished, and close its file. Raises RecordingError."""
        try:
            self._write_block()
            self._output.write(encode_block([], 0, self._last, self._last, flags=FINISHED))
        finally:
            super().close()

    def _add(self, records: Iterable[Record]) -> None:
        """Add records that belong together, so that no block ends between them."""
        for each in records:
            self._first = min(self._first, each.at) if self._parts else each.at
            self._last = max(self._last, each.at) if self._parts else each.at
            part = encode_record(each.kind, each.connection, each.at, each.sequence, each.data)
            self._parts.append(part)
            self._bytes += len(part)

    def _write_block(self) -> None:
        if not self._parts:
            return
        parts, self._parts, self._bytes = self._parts, [], 0
        # In one piece, so that a block is there or is not.
        rows, self._unwritten_rows = self._unwritten_rows, 0
        self._output.write(encode_block(parts, len(parts), self._first, self._last))
        self.rows += rows

    def _name(self, frames: Sequence[RawFrame]) -> None:
        """Note the names of tokens that come for the first time."""
        new = iter(sorted(_tokens(frames) - self._named))
        while tokens := list(islice(new, _NAMES_A_NOTE)):
            names = {token: name for token in tokens if (name := self._name_of(token)) is not None}
            if names:
                self._named.update(names)
                self.note(frames[0].connection, frames[0].received_at, NamesNote(names))


def _tokens(frames: Iterable[RawFrame]) -> set[int]:
    """Return the tokens that messages bring or ask for."""
    data: list[bytes] = []
    tokens: set[int] = set()
    for frame in frames:
        if isinstance(frame.data, bytes):
            data.append(frame.data)
        elif frame.sent:
            try:
                request = parse_request(frame.data)
            except RequestError:
                continue
            if isinstance(request, Subscribe):
                tokens.update(request.tokens)
    if data:
        tokens.update(np.unique(decode_frames(data).words[:, TOKEN].view(np.uint32)).tolist())
    return tokens
