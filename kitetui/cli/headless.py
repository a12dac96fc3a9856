"""`kitetui --headless`: the same feed as the screen's, written down."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from kitetui.cli.progress import Progress
from kitetui.cli.recording import RecordingOptions
from kitetui.cli.renewal import LOOK, follow_lists
from kitetui.cli.run import Run
from kitetui.cli.source import Source
from kitetui.cli.terminal import ended_by_signals
from kitetui.cli.wanted import Wanted
from kitetui.errors import LoginError, RecordingError, UserError
from kitetui.feed import ConnectionChanged, FeedState, KiteTickerManager, TickerMessage
from kitetui.formatting import weekday_clock
from kitetui.instruments import Universe
from kitetui.instruments.archive import list_day
from kitetui.market.calendar import Phase
from kitetui.record import Destination, File, Files, Folder, NameOf, Recorder
from kitetui.record.destinations import StandardOutput
from kitetui.record.formats import repair_folder, repair_gap_log, repair_recording
from kitetui.record.gaplog import gap_log_of
from kitetui.record.output import GRACE_PERIOD
from kitetui.times import IST

_QUEUE: Final = 65_536
"""Messages that wait for the disk at most; a stall of seconds must not cost a tick."""

_LOOK: Final = 0.5
"""Seconds between two looks at the market's hours."""

_MOST: Final = 1.2
"""Seconds after a signal until a recording is left whose write to standard output does not return."""


async def record_headless(run: Run, options: RecordingOptions, *, look: float = LOOK) -> None:
    """Record until the time is over or a signal comes. Raises UserError.

    A login that is refused before anything was received ends the run too, unless it is to wait for another.
    look: seconds between two looks whether there is a new list of instruments.
    """
    destination = options.destination()
    limits = [run.duration, options.seconds_left(datetime.now(IST))]
    duration = min((limit for limit in limits if limit is not None), default=None)
    repaired = list(_repaired(destination))
    ended, signalled = asyncio.Event(), asyncio.Event()

    def end() -> None:
        GRACE_PERIOD.begin()
        signalled.set()

    with ended_by_signals(ended, end):
        async with run.source.opened() as source:
            headless = _Headless(run, source, options, ended, look)
            leaving = asyncio.create_task(headless.leave_if_stuck(destination, signalled))
            try:
                await headless.record(destination, repaired, duration)
            finally:
                leaving.cancel()


class _Headless:
    """One recording, from its beginning to its end."""

    def __init__(
        self, run: Run, source: Source, options: RecordingOptions, ended: asyncio.Event, look: float
    ) -> None:
        self._run = run
        self._source = source
        self._look_at_lists = look
        self._options = options
        self._ended = ended
        self._wanted = Wanted(run.symbols, run.instruments, run.remarks)
        self._manager = source.manager(run.connections, run.calendar, queue=_QUEUE)
        self._refusals = _Refusals(self._manager, source, wait=run.wait)
        self._last_words: Callable[[], None] = lambda: None

    async def record(self, destination: Destination, repaired: list[str], duration: float | None) -> None:
        run = self._run
        # In a thread, for the head of the data goes to standard output at once, and that may be full already.
        files = await asyncio.to_thread(Files, destination, self._wanted.name_of)
        recorder = Recorder(files, self._heard, durability=self._options.durability)
        self._progress = Progress(self._manager, files, recorder)
        self._last_words = lambda: self._progress.say(self._progress.summary(stuck=True))
        for each in repaired:
            self._progress.say(each)
        self._progress.say(f"recording {len(run.instruments):,} symbols to {files.name}; Ctrl-C ends it")
        await self._manager.subscribe_symbols(self._wanted.tokens, run.mode)
        timer = asyncio.get_running_loop().call_later(duration, self._ended.set) if duration else None
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(self._progress.show()),
                    tasks.create_task(self._follow_lists(files, destination, tasks)),
                ]
                await self._sessions(recorder)
                for task in beside:
                    task.cancel()
            await recorder.close()
        except* UserError as errors:
            raise _first(errors) from None
        finally:
            if timer is not None:
                timer.cancel()
            with suppress(RecordingError):  # it has been said, or there is a better reason to end
                await recorder.close()
            self._progress.say(self._progress.summary())
        if self._refusals.fatal:
            raise LoginError(self._refusals.fatal)

    async def leave_if_stuck(self, destination: Destination, signalled: asyncio.Event) -> None:
        """End the program, if standard output does not let it end by itself soon after a signal.

        A terminal or a socket may say that it has room, and then take less than it is given.
        """
        await signalled.wait()
        if isinstance(destination, StandardOutput):
            await asyncio.sleep(_MOST)
            self._last_words()
            os._exit(RecordingError.exit_code)

    async def _follow_lists(self, files: Files, destination: Destination, tasks: asyncio.TaskGroup) -> None:
        """Record what the user asked for as each day's list has it."""

        def rename(name_of: NameOf, *, renamed: bool) -> None:
            files.rename(name_of, in_new_files=renamed and isinstance(destination, Folder))

        async def follow(universe: Universe) -> None:
            day = list_day(time.time())
            for each in await self._wanted.follow(universe, self._manager, self._run.mode, rename):
                self._progress.say(f"instruments of {day:%d %b}: {each}")

        def use(universe: Universe) -> None:
            tasks.create_task(follow(universe))

        await follow_lists(self._source, use, self._progress.say, look=self._look_at_lists)

    async def _sessions(self, recorder: Recorder) -> None:
        """Record all the time, or whenever the market is open."""
        if not self._options.market_hours:
            await self._session(recorder, self._ended.is_set)
            return
        while not self._ended.is_set():
            if not self._is_closed():
                await self._session(recorder, self._is_closed)
                continue
            opening = self._run.calendar.next_opening(self._wanted.segments, time.time())
            if opening is not None:
                self._progress.say(f"the market is closed, and trades from {weekday_clock(opening)}")
            await self._until(lambda: not self._is_closed())

    async def _session(self, recorder: Recorder, is_over: Callable[[], bool]) -> None:
        stream = self._manager.full_stream() if recorder.wants_wire else self._manager.stream(lossless=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.record(stream))
            async with self._manager:
                await self._until(is_over)

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is so, or the run is to end."""
        while not (self._ended.is_set() or reached()):
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._ended.wait()

    def _is_closed(self) -> bool:
        return self._run.calendar.phase(self._wanted.segments, time.time()) is Phase.CLOSED

    def _heard(self, message: TickerMessage) -> None:
        self._progress.heard(message)
        if isinstance(message, ConnectionChanged) and (refused := self._refusals.new()):
            self._progress.say(refused)
        if self._refusals.fatal:
            self._ended.set()


def _first(errors: BaseExceptionGroup[UserError]) -> UserError:
    """Return what ended a group of tasks, however deep inside it was."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _repaired(destination: Destination) -> Iterator[str]:
    """Make good what a recording before this one left, if it was killed; yield what was done."""
    match destination:
        case Folder(is_series=True):
            yield from repair_folder(destination.path)
        case File():
            yield from repair_gap_log(gap_log_of(destination.path))
            yield from repair_recording(destination.path, destination.kind)


class _Refusals:
    """What a refused login does: it ends a recording that has not begun, and is one line in any other.

    fatal: the sentence to end with, empty while there is none.
    """

    def __init__(self, manager: KiteTickerManager, source: Source, *, wait: bool) -> None:
        self.fatal = ""
        self._manager, self._source, self._wait = manager, source, wait
        self._is_down = False

    def new(self) -> str:
        """Return what there is to say of a login that was refused just now, empty where there is nothing."""
        was_down, self._is_down = self._is_down, self._manager.get_status().state is FeedState.DOWN
        if was_down or not self._is_down:
            return ""
        connections = self._manager.get_stats().connections
        has_begun = any(each.frames for each in connections)
        refused = f"{connections[0].reason}; {self._source.renewal}"
        if not has_begun:
            refused = self._source.ended or refused
            self.fatal = "" if self._wait else refused
        return "" if self.fatal else refused
