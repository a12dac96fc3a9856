"""What a recorder gathers goes into files, and into the next ones when it is time; plain blocking work."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

from kitetui.errors import RecordingError
from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Gap,
    Lagged,
    RawFrame,
    SymbolsWanted,
    TickerMessage,
    Ticks,
)
from kitetui.record.base import NameOf
from kitetui.record.capture import CaptureWriter
from kitetui.record.capture.layout import GapNote, LostNote, Note, StateNote
from kitetui.record.destinations import Destination
from kitetui.record.gapledger import GapLedger
from kitetui.record.gaplog import GapEntry
from kitetui.record.ledgerfile import LedgerState, Moment
from kitetui.record.rows import TickRows
from kitetui.times import boot, stopwatch
from kitetui.wire import TickBatch

Message = TickerMessage | RawFrame

UNWRITTEN: Final = "could not be written"


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


@dataclass(frozen=True, slots=True)
class _Renaming:
    """Other names from a moment on; see `Files.rename`."""

    at: int
    name_of: NameOf
    in_new_files: bool


class Files:
    """The files of a recording, opened at once; not for two threads at a time.

    now: the clock, UTC nanoseconds. stopwatch: the clock of durations, in seconds.
    Raises UserError where the files cannot be opened.
    """

    def __init__(
        self,
        destination: Destination,
        name_of: NameOf,
        now: Callable[[], int] = time.time_ns,
        *,
        stopwatch: Callable[[], float] = stopwatch,
    ) -> None:
        self.totals = Totals()
        self._destination = destination
        self._name_of = name_of
        self.now = now
        self._stopwatch = stopwatch
        self._renamings: deque[_Renaming] = deque()
        self._history = destination.history()
        self._open = destination.open(now(), name_of)
        self._gap_ledger = GapLedger(self._history)
        self._closed_bytes = self._closed_rows = 0
        self.totals.bytes = self._open.size
        self._ends_at: int | None = None
        self._is_full = False
        self._kept_until: int | None = None
        self._written: deque[tuple[int, int]] = deque()
        self._flushed_until: int | None = None
        self._unnoted: list[GapEntry] = []
        self._has_failed = False

    @property
    def name(self) -> str:
        """What people call the files of now."""
        return self._open.name

    @property
    def wants_wire(self) -> bool:
        """Whether raw frames are recorded."""
        return self._open.capture is not None

    def rename(self, name_of: NameOf, *, in_new_files: bool) -> None:
        """Name by this what is received from now on; may be called while another thread writes.

        in_new_files: whether it goes into the next files, so that none has two names of a token. In one that
        goes on, each row of CSV, JSON lines and Parquet has the name of its time, a capture notes the new one
        before what comes under it, and SQLite has the last alone.
        """
        self._renamings.append(_Renaming(self.now(), name_of, in_new_files))

    def write(self, messages: Sequence[Message]) -> None:
        """Write what was received. Raises RecordingError."""
        self._flushed_until = None
        with self._counted():
            while self._renamings:
                renaming = self._renamings[0]
                before, messages = _split(messages, renaming.at)
                self._write(before)
                if not messages:
                    return
                self._renamings.popleft()
                self._name_of = renaming.name_of
                if renaming.in_new_files:
                    self._go_on(renaming.at)
                else:
                    self._open.rename(renaming.name_of)
            self._write(messages)

    def _write(self, messages: Sequence[Message]) -> None:
        while messages:
            if self._ends_at is None and (first := _first_time(messages)) is not None:
                self._ends_at = self._destination.rotation.ends_at(first)
            now, later = _split(messages, self._ends_at)
            self._put(now)
            if later:
                self._go_on(_first_time(later) or self.now())
            messages = later

    def moment(self, by: float | None = None) -> Moment:
        """Return what time it is, or was when the stopwatch read `by`, by the clock of what was written.

        That it was set since then is not known yet.
        """
        now = self._stopwatch()
        by = now if by is None else by
        return self._gap_ledger.ledger.moment_of(by) or Moment(self.now() - round((now - by) * 1e9), by)

    def flush(self, until: int, *, sync: bool) -> None:
        """Have readers, and a start after a crash, find all that was written. Raises RecordingError.

        until: up to when all that was received has been written, UTC nanoseconds; see `moment`.
        """
        with self._counted():
            now = self.moment()
            self._log(self._gap_ledger.pass_time(Moment(until, now.by - (now.at - until) / 1e9)))
            self._note_gaps()
            self._open.flush(sync=sync)
            self._kept_until = self._flushed_until = until
            self._written.clear()
            self._keep(until)

    def close(self) -> None:
        """Finish the files, as of the last flush if nothing was written since. Raises RecordingError."""
        now = self._flushed_until or self.now()
        try:
            if self._has_failed:
                with suppress(RecordingError):  # the disk may have no room for a row either, and it was said
                    if self._kept_until is not None and self._open.gaps is not None:
                        self._log([GapEntry(self._kept_until, now, UNWRITTEN)])
                    self._log(self._gap_ledger.unfinished(now))
            else:
                with self._counted():
                    self._log(self._gap_ledger.unfinished(now))
                    self._note_gaps()
                    self._keep(now)
        finally:
            with self._counted(is_closing=True):
                self._open.close()
            self.totals.bytes = self._closed_bytes + self._open.size
        if not self._open.is_followed:
            self._open.forget()

    def _put(self, messages: Sequence[Message]) -> None:
        ticks = [each for each in messages if isinstance(each, Ticks)]
        rows = TickRows.of([each for each in ticks if len(each.batch)])
        if self._is_full and len(rows):
            self._go_on(int(rows.received_at[0]))
        for message in messages:
            self._log(self._gap_ledger.hear(message))
        self._log(self._gap_ledger.pass_time())
        self.totals.lost += sum(each.ticks for each in messages if isinstance(each, Lagged))
        self.totals.rejected += sum(len(each.batch.errors) for each in ticks)
        if len(rows):
            if not self.totals.rows:
                first = int(rows.received_at.min())
                self._kept_until = min(self._kept_until or first, first)
            self._open.write(rows)
        if self._open.capture is not None:
            _capture(self._open.capture, messages, self.now)
        self._note_gaps()
        totals = self.totals
        totals.rows += len(rows)
        totals.bytes = self._closed_bytes + self._open.size
        totals.written_at = stopwatch()
        if len(rows):
            self._written.append((totals.rows, int(rows.received_at.max())))
        if wanted := [each for each in messages if isinstance(each, SymbolsWanted)]:
            # Known at once: a crash before the next flush is to lose no symbol.
            self._keep(self._kept_until or wanted[0].at)
        self._is_full = self._destination.rotation.is_full(self._open.largest)

    def _go_on(self, at: int) -> None:
        """Finish the files of now, and open the next ones."""
        self._log(self._gap_ledger.unfinished(at))
        self._note_gaps()
        before = self._open
        before.close()
        self._closed_bytes += before.size
        self._closed_rows = self.totals.rows
        self._written.clear()
        self._open = self._destination.open(at, self._name_of)
        self._keep(at)
        before.forget()
        self._kept_until = at
        self._ends_at = self._destination.rotation.ends_at(at)
        self._is_full = False

    def _keep(self, until: int) -> None:
        """Put the ledger beside the files; what was known before stands until it says as much."""
        if self._gap_ledger.has_begun and until > 0:
            ledger = self._gap_ledger.ledger
            known = ledger.wanted, ledger.missing, until, ledger.read or self.moment(), boot()
            self._open.put(LedgerState(*known, dict(ledger.joined), dict(ledger.heard), dict(ledger.dropped)))
            if self._open.ledger is not None:
                wanted = (token for tokens in ledger.wanted.values() for token in tokens)
                self._log(self._history.take_over(wanted, self._open.ledger.path))

    def _log(self, entries: Iterable[GapEntry]) -> None:
        for entry in entries:
            self.totals.gaps += 1
            self._open.log_gap(entry)
            self._unnoted.append(entry)

    def _note_gaps(self) -> None:
        """Have a capture note the gaps, behind the messages that told of it."""
        unnoted, self._unnoted = self._unnoted, []
        capture = self._open.capture
        if capture is None:
            return
        for entry in unnoted:
            if entry.connection is not None and entry.symbols is not None:
                note = GapNote(entry.start, entry.end, entry.symbols, entry.reason, entry.tokens)
                capture.note(entry.connection, entry.end, note)

    @contextmanager
    def _counted(self, *, is_closing: bool = False) -> Iterator[None]:
        """Where something cannot be written, count what the files have, and until when they are whole."""
        try:
            yield
        except RecordingError:
            if not self._has_failed or is_closing:
                self._has_failed = True
                self.totals.rows = self._closed_rows + self._open.rows
                while self._written and self._written[0][0] <= self.totals.rows:
                    _, self._kept_until = self._written.popleft()
            raise


def _capture(capture: CaptureWriter, messages: Iterable[Message], now: Callable[[], int]) -> None:
    """Write raw frames, and what else is known of the connections in its place among them."""
    frames: list[RawFrame] = []
    rows = 0
    for message in messages:
        if isinstance(message, RawFrame):
            frames.append(message)
        elif isinstance(message, Ticks):
            rows += len(message.batch)
        elif (noted := _noted(message, now)) is not None:
            capture.frames(frames, rows)
            frames, rows = [], 0
            capture.note(*noted)
    capture.frames(frames, rows)


def _noted(message: Message, now: Callable[[], int]) -> tuple[int, int, Note] | None:
    """Return the connection, the time and the note that a capture has of a message, None for none."""
    match message:
        case ConnectionChanged(state=ConnectionState.UNUSED):
            return None  # it is nobody's: all is unsubscribed, or this recorder itself has ended the feed
        case ConnectionChanged(connection, state, reason, at):
            return connection, at, StateNote(state, reason)
        case Lagged(count, ticks):
            return 0, now(), LostNote(count, ticks)
    return None


def _split(messages: Sequence[Message], moment: int | None) -> tuple[Sequence[Message], Sequence[Message]]:
    """Return what was received before a moment, and what follows."""
    if moment is None:
        return messages, []
    for place, message in enumerate(messages):
        if (last_time_of(message) or 0) >= moment:
            before, after = list(messages[:place]), list(messages[place + 1 :])
            if not isinstance(message, Ticks):
                return before, [message, *after]
            earlier = int((message.received_at < moment).argmin())
            first, rest = _cut(message, 0, earlier), _cut(message, earlier, len(message.batch))
            return [*before, *first], [*rest, *after]
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
    return last_time_of(message)


def last_time_of(message: Message) -> int | None:
    """Return when the last of a message was received, UTC nanoseconds, None where it does not say."""
    match message:
        case Ticks():
            return int(message.received_at[-1]) if len(message.batch) else None
        case Gap():
            return message.end
        case ConnectionChanged() | SymbolsWanted():
            return message.at
        case RawFrame():
            return message.received_at
        case _:
            return None
