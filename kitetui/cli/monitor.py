"""`kitetui`: the monitor, on whichever source was chosen."""

from __future__ import annotations

import asyncio

from kitetui.cli.run import Run
from kitetui.cli.signals import ended_by_signals
from kitetui.tui import MonitorApp


async def open_monitor(run: Run) -> None:
    """Show the monitor until the user quits or a signal comes; the embedded exchange runs for as long."""
    ended = asyncio.Event()
    with ended_by_signals(ended):
        async with run.source.opened() as source:
            app = MonitorApp(
                manager=source.manager(run.connections),
                universe=run.universe,
                instruments=run.instruments,
                mode=run.mode,
                simulated=source.simulated,
                duration=run.duration,
            )
            async with asyncio.TaskGroup() as tasks:
                exit_on_signal = tasks.create_task(_exit_when(ended, app))
                await app.run_async()
                exit_on_signal.cancel()


async def _exit_when(ended: asyncio.Event, app: MonitorApp) -> None:
    await ended.wait()
    app.exit()
