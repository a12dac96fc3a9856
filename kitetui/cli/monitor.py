"""`kitetui`: the monitor, on whichever source was chosen."""

from __future__ import annotations

from kitetui.cli.run import Run
from kitetui.tui import MonitorApp


async def open_monitor(run: Run) -> None:
    """Show the monitor until the user quits; the embedded exchange runs for exactly as long."""
    async with run.source.opened() as source:
        app = MonitorApp(
            manager=source.manager(run.connections),
            universe=run.universe,
            instruments=run.instruments,
            mode=run.mode,
            simulated=source.simulated,
            duration=run.duration,
        )
        await app.run_async()
