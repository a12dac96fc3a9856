"""`kitetui --headless --csv`: the same feed as the screen's, written down."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path

from kitetui.cli.progress import Progress
from kitetui.cli.run import Run
from kitetui.cli.signals import ended_by_signals
from kitetui.cli.source import Source
from kitetui.errors import LoginError, UserError
from kitetui.feed import ConnectionChanged, FeedState, KiteTickerManager, TickerMessage
from kitetui.instruments import Instrument
from kitetui.record import NameOf, Output, Recorder, dated_file, named_file, standard_output
from kitetui.times import IST


async def record_headless(run: Run, output_path: str | None) -> None:
    """Record until the time is over or a signal comes. Raises UserError.

    A login that is refused before anything was received ends the run too, unless it is to wait for another.
    """
    ended = asyncio.Event()
    with ended_by_signals(ended):
        async with run.source.opened() as source:
            with choose_output(output_path) as output:
                await _record(run, source, output, ended)


def choose_output(path: str | None) -> AbstractContextManager[Output]:
    """Open where `-o` says: `-` or a pipe is standard output, else a file; without it a new, dated file."""
    if path == "-" or (path is None and not sys.stdout.isatty()):
        return standard_output()
    if path is not None:
        return named_file(Path(path))
    return dated_file(Path.cwd(), datetime.now(IST))


async def _record(run: Run, source: Source, output: Output, ended: asyncio.Event) -> None:
    segments = {each.segment for each in run.instruments}
    manager = source.manager(run.connections, lambda: segments)
    refusals = _Refusals(manager, source, wait=run.wait)

    def heard(message: TickerMessage) -> None:
        progress.heard(message)
        if isinstance(message, ConnectionChanged) and (refused := refusals.new()):
            progress.say(refused)
        if refusals.fatal:
            ended.set()

    recorder = Recorder(output, _namer(run.instruments), heard)
    progress = Progress(manager, recorder.totals, output.name)
    progress.say(f"recording {len(run.instruments):,} symbols to {output.name}; Ctrl-C ends it")
    await manager.subscribe_symbols([each.instrument_token for each in run.instruments], run.mode)
    stream = manager.stream(lossless=True)
    try:
        async with asyncio.TaskGroup() as tasks:
            shown = tasks.create_task(progress.show())
            async with manager:
                tasks.create_task(recorder.record(stream))
                with suppress(TimeoutError):
                    async with asyncio.timeout(run.duration):
                        await ended.wait()
            shown.cancel()
    except* UserError as errors:
        raise errors.exceptions[0] from None
    finally:
        progress.say(progress.summary())
    if refusals.fatal:
        raise LoginError(refusals.fatal)


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


def _namer(instruments: list[Instrument]) -> NameOf:
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in instruments}
    return names.get
