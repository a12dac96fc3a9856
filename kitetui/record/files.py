"""What a recorder gathers goes into files, and into the next ones when it is time; plain blocking work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from kitetui.feed import ConnectionChanged, ConnectionState, Gap, Lagged, RawFrame, TickerMessage, Ticks
from kitetui.record.capture import CaptureWriter, GapNote, LostNote, Note, StateNote
from kitetui.record.gaplog import Lack
from kitetui.record.lacks import Lacks
from kitetui.record.names import NameOf
from kitetui.record.places import Place
from kitetui.record.rows import Rows
from kitetui.times import stopwatch
from kitetui.wire import TickBatch

Message = TickerMessage | RawFrame


@dataclass(slots=True)
class Totals:
    """What a recording holds so far.

    rows and bytes are written, the last of them at `written_at`, seconds of `kitetui.times.stopwatch`;
    `lost` ticks were received and could not be kept, `rejected` packets could not be read; `gaps` is how
    much the gap log has, or would have.
    """

    rows: int = 0
    bytes: int = 0
    lost: int = 0
    rejected: int = 0
    gaps: int = 0
    written_at: float | None = None


class Files:
    """The files of a recording, opened at once; not for two threads at a time.

    now: the clock, UTC nanoseconds. Raises UserError where the files cannot be opened.
    """

    def __init__(self, place: Place, name_of: NameOf, now: Callable[[], int] = time.time_ns) -> None:
        self.totals = Totals()
        self._place = place
        self._name_of = name_of
        self._now = now
        self._open = place.open(now(), name_of)
        self._lacks = Lacks(self._open.stopped_at)
        self._closed_bytes = 0
        self.totals.bytes = self._open.size
        self._ends_at: int | None = None
        self._is_full = False

    @property
    def name(self) -> str:
        """What people call the files of now."""
        return self._open.name

    @property
    def wants_wire(self) -> bool:
        """Whether raw frames are recorded."""
        return self._open.capture is not None

    def write(self, messages: Sequence[Message]) -> None:
        """Write what was received. Raises RecordingError."""
        while messages:
            if self._ends_at is None and (first := _first_time(messages)) is not None:
                self._ends_at = self._place.rotation.ends_at(first)
            now, later = _split(messages, self._ends_at)
            self._put(now)
            if later:
                self._go_on(_first_time(later) or self._now())
            messages = later

    def flush(self, *, sync: bool) -> None:
        """Have readers, and a start after a kill, find all that was written. Raises RecordingError."""
        self._open.flush(sync=sync)

    def close(self) -> None:
        """Finish the files. Raises RecordingError."""
        try:
            self._log(self._lacks.unfinished(self._now()))
        finally:
            self._open.close()
            self.totals.bytes = self._closed_bytes + self._open.size

    def _put(self, messages: Sequence[Message]) -> None:
        ticks = [each for each in messages if isinstance(each, Ticks)]
        rows = Rows.of([each for each in ticks if len(each.batch)])
        if self._is_full and len(rows):
            self._go_on(int(rows.received_at[0]))
        for message in messages:
            self._log(self._lacks.hear(message))
        if len(rows):
            for writer in self._open.writers:
                writer.write(rows)
        if self._open.capture is not None:
            _capture(self._open.capture, messages, self._now)
        totals = self.totals
        totals.rows += len(rows)
        totals.lost += sum(each.ticks for each in messages if isinstance(each, Lagged))
        totals.rejected += sum(len(each.batch.errors) for each in ticks)
        totals.bytes = self._closed_bytes + self._open.size
        totals.written_at = stopwatch()
        self._is_full = self._place.rotation.is_full(self._open.largest)

    def _go_on(self, at: int) -> None:
        """Finish the files of now, and open the next ones."""
        self._log(self._lacks.unfinished(at))
        self._open.close()
        self._closed_bytes += self._open.size
        self._open = self._place.open(at, self._name_of)
        self._ends_at = self._place.rotation.ends_at(at)
        self._is_full = False

    def _log(self, lacks: Iterable[Lack]) -> None:
        for lack in lacks:
            self.totals.gaps += 1
            self._open.lacks(lack)


def _capture(capture: CaptureWriter, messages: Iterable[Message], now: Callable[[], int]) -> None:
    """Write raw frames, and what else is known of the connections in its place among them."""
    frames: list[RawFrame] = []
    for message in messages:
        if isinstance(message, RawFrame):
            frames.append(message)
        elif (noted := _noted(message, now)) is not None:
            capture.frames(frames)
            frames = []
            capture.note(*noted)
    capture.frames(frames)


def _noted(message: Message, now: Callable[[], int]) -> tuple[int, int, Note] | None:
    """Return the connection, the time and the note that a capture has of a message, None for none."""
    match message:
        case ConnectionChanged(state=ConnectionState.UNUSED):
            return None  # it is nobody's: all is unsubscribed, or this recorder itself has ended the feed
        case ConnectionChanged(connection, state, reason, at):
            return connection, at, StateNote(state, reason)
        case Gap(connection, start, end, symbols, reason):
            return connection, end, GapNote(start, end, symbols, reason)
        case Lagged(count, ticks):
            return 0, now(), LostNote(count, ticks)
    return None


def _split(messages: Sequence[Message], moment: int | None) -> tuple[Sequence[Message], Sequence[Message]]:
    """Return what was received before a moment, and what follows."""
    if moment is None:
        return messages, []
    for place, message in enumerate(messages):
        if (_last_time(message) or 0) >= moment:
            before, after = list(messages[:place]), list(messages[place + 1 :])
            if not isinstance(message, Ticks):
                return before, [message, *after]
            earlier = int((message.received_at < moment).argmin())
            return [*before, *_cut(message, 0, earlier)], [
                *_cut(message, earlier, len(message.batch)),
                *after,
            ]
    return messages, []


def _cut(ticks: Ticks, start: int, end: int) -> list[Ticks]:
    if start == end:
        return []
    batch, part = ticks.batch, slice(start, end)
    # What could not be read belongs to the first part.
    rest = TickBatch(
        batch.words[part], batch.lengths[part], batch.frames[part], () if start else batch.errors
    )
    return [
        replace(
            ticks,
            batch=rest,
            received_at=ticks.received_at[part],
            sequence=ticks.sequence + start,
            snapshot=ticks.snapshot[part],
        )
    ]


def _first_time(messages: Sequence[Message]) -> int | None:
    return next((at for each in messages if (at := _first_of(each)) is not None), None)


def _first_of(message: Message) -> int | None:
    if isinstance(message, Ticks):
        return int(message.received_at[0]) if len(message.batch) else None
    return _last_time(message)


def _last_time(message: Message) -> int | None:
    """Return when the last of a message was received, None where it does not say."""
    match message:
        case Ticks():
            return int(message.received_at[-1]) if len(message.batch) else None
        case Gap():
            return message.end
        case Lagged():
            return None
        case ConnectionChanged():
            return message.at
        case RawFrame():
            return message.received_at
        case _:
            return None
