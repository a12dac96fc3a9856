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
from kitetui.cli.source import WAYS_OUT, Source
from kitetui.errors import LoginError, UserError
from kitetui.feed import MAX_CONNECTIONS, FeedState, TickerMessage
from kitetui.instruments import Instrument
from kitetui.record import NameOf, Output, Recorder, dated_file, named_file, standard_output
from kitetui.times import IST
from kitetui.wire import Mode


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
    manager = source.manager(run.connections or MAX_CONNECTIONS, lambda: segments)

    def refusal() -> str | None:
        stats = manager.get_stats()
        never_live = not any(each.frames for each in stats.connections)
        is_down = manager.get_status().state is FeedState.DOWN
        return stats.connections[0].reason if is_down and never_live and not run.wait else None

    def heard(message: TickerMessage) -> None:
        progress.heard(message)
        if refusal() is not None:
            ended.set()

    recorder = Recorder(output, _namer(run.instruments), heard)
    progress = Progress(manager, recorder.totals, output.name)
    progress.say(f"recording {len(run.instruments):,} symbols to {output.name}; Ctrl-C ends it")
    await manager.subscribe_symbols(
        [each.instrument_token for each in run.instruments], run.mode or Mode.FULL
    )
    stream = manager.stream(lossless=True)
    refused = None
    try:
        async with asyncio.TaskGroup() as tasks:
            shown = tasks.create_task(progress.show())
            async with manager:
                tasks.create_task(recorder.record(stream))
                with suppress(TimeoutError):
                    async with asyncio.timeout(run.duration):
                        await ended.wait()
                refused = refusal()
            shown.cancel()
    except* UserError as errors:
        raise errors.exceptions[0] from None
    finally:
        progress.say(progress.summary())
    if refused is not None:
        raise LoginError(f"{refused}; {WAYS_OUT}")


def _namer(instruments: list[Instrument]) -> NameOf:
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in instruments}
    return names.get
