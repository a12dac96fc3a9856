"""`kitetui`: the monitor, on whichever source was chosen."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Final

from kitetui.cli.renewal import follow_lists
from kitetui.cli.run import Run
from kitetui.cli.saying import crash_of
from kitetui.cli.source import Source
from kitetui.cli.terminal import end_with_terminal, ended_by_signals
from kitetui.config import ConfigFile
from kitetui.errors import UserError
from kitetui.logs import start_logging
from kitetui.paths import config_file, config_folder
from kitetui.tui import MonitorApp
from kitetui.tui.events import Weight
from kitetui.tui.groups import FIRST_GROUP, Groups, Watchlist
from kitetui.tui.settings import VOCABULARY, Lists, Settings

_NAMED: Final = "Symbols"
"""The group of a run whose symbols were named on the command line; it is not kept."""

GO_LIVE: Final = "Simulated exchange: these prices are made up. For real ones run kitetui login."

_LOGGER: Final = logging.getLogger(__name__)


async def open_monitor(run: Run) -> None:
    """Show the monitor until the user quits or a signal comes; the embedded exchange runs for as long.

    Raises UserError for a terminal that cannot be painted on and a configuration that cannot be read,
    CrashError for a bug.
    """
    if os.environ.get("TERM") == "dumb":
        raise UserError(
            "this terminal can only print lines (TERM=dumb)",
            "start kitetui in another one, or record with --headless",
        )
    for name in ("COLUMNS", "LINES"):  # exported by a shell, they would hide every resize
        os.environ.pop(name, None)
    log = start_logging()
    file = ConfigFile(config_file(), VOCABULARY)
    settings = Settings(file.read(), file, keeps_groups=not run.symbols)
    lists = _lists(run, settings)
    groups = Groups(lists.groups)
    ended = asyncio.Event()
    with ended_by_signals(ended):
        async with run.source.opened() as source:
            app = MonitorApp(
                manager=source.manager(run.connections, run.calendar),
                universe=run.universe,
                groups=groups,
                mode=run.mode,
                modes=lists.modes,
                settings=settings,
                simulated=source.simulated,
                remarks=run.remarks,
                greeting=GO_LIVE if source.embedded else source.ended,
                renewal=_renewal(source),
                duration=run.duration,
                theme_folder=config_folder() / "themes",
                calendar=run.calendar,
            )
            if log.problem:
                app.monitor.events.note(log.problem)
            end_with_terminal(ended, lambda: app.recording.is_on)
            _LOGGER.info("started")
            async with asyncio.TaskGroup() as tasks:
                beside = [
                    tasks.create_task(_exit_when(ended, app)),
                    tasks.create_task(_renew_list(source, app)),
                ]
                await app.run_async()
                for task in beside:
                    task.cancel()
    _LOGGER.info("ended")
    if app.crash is not None:
        raise crash_of(app.crash)


def _lists(run: Run, settings: Settings) -> Lists:
    """What to show: what was named, or else what is kept, or else the default watchlist."""
    if run.symbols:
        return Lists([Watchlist(run.instruments, _NAMED)])
    kept = settings.lists(run.universe)
    return kept if kept.groups else Lists([Watchlist(run.instruments, FIRST_GROUP)])


def _renewal(source: Source) -> str:
    """What the first line says of a refused login."""
    return f"{source.renewal}; no restart needed" if source.follows_logins else source.renewal


async def _renew_list(source: Source, app: MonitorApp) -> None:
    def say(problem: str) -> None:
        app.monitor.events.say(problem, Weight.WARNING)

    await follow_lists(source, app.use_universe, say)


async def _exit_when(ended: asyncio.Event, app: MonitorApp) -> None:
    await ended.wait()
    # The recording first: where the terminal has gone, what Textual says to it at the end waits for ever.
    await app.recording.stop()
    app.exit()
