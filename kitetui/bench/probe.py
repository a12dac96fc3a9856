"""`python -m kitetui.bench.probe`: the monitor as it is, in a program that says what it takes.

Whenever it gets a byte on one pipe, it writes JSON to another: figures since the time before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

from kitetui.bench.process import Stopwatch, megabytes
from kitetui.bench.tally import LoopLag
from kitetui.feed import Endpoint, KiteManagerConfig, KiteTickerManager, Percentiles
from kitetui.instruments import Universe
from kitetui.instruments.builtin import simulated_shares
from kitetui.tui import MonitorApp
from kitetui.tui.groups import FIRST_GROUP, Groups, Watchlist
from kitetui.tui.ui_metrics import UiMetrics


class Probe:
    """Who watches the monitor from inside its process; `asks` and `answers` are the pipes."""

    def __init__(self, app: MonitorApp, asks: int, answers: int) -> None:
        self._app = app
        self._ui_metrics = app.ui_metrics = _UiMetrics()
        self._asks, self._answers = asks, answers
        self._stopwatch = Stopwatch()
        self._lag = LoopLag()

    async def sit(self) -> None:
        """Run the monitor until it ends."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._lag.watch(), name="lag")
            loop.add_reader(self._asks, self._answer)
            await self._app.run_async()
            loop.remove_reader(self._asks)
            watching.cancel()
        if self._app.crash is not None:
            raise self._app.crash

    def _answer(self) -> None:
        os.read(self._asks, 1)
        stats, lag = self._app.monitor.manager.get_stats(), self._lag.take()
        ui = self._ui_metrics.stats()
        found = {
            "cpu_percent": self._stopwatch.share(),
            "memory_mb": megabytes(),
            "ticks": sum(each.ticks for each in stats.connections),
            "dropped": sum(reader.lost for reader in stats.readers),
            "draws_a_second": ui.draws,
            **_in_milliseconds("frame", ui.frame),
            **_in_milliseconds("lag", lag),
        }
        os.write(self._answers, json.dumps(found).encode())
        self._stopwatch.start()
        self._ui_metrics.forget()


def _in_milliseconds(name: str, found: Percentiles | None) -> dict[str, float | None]:
    p50, p99 = (None, None) if found is None else (found.p50 * 1e3, found.p99 * 1e3)
    return {f"{name}_p50_ms": p50, f"{name}_p99_ms": p99}


class _UiMetrics(UiMetrics):
    """The monitor's own, whose samples of the start do not count for what comes after it."""

    def forget(self) -> None:
        self._frames.clear()
        self._lags.clear()


def main() -> None:
    """Read the options, and open the monitor."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("--symbols", type=int, required=True)
    options.add_argument("--connections", type=int, required=True)
    options.add_argument("--pipes", type=int, nargs=2, required=True)
    given = options.parse_args()
    config = KiteManagerConfig(endpoint=Endpoint(given.url), max_connections=given.connections)
    shares = list(simulated_shares(given.symbols))
    manager, watchlist = KiteTickerManager(config=config), Watchlist(shares, FIRST_GROUP)
    app = MonitorApp(manager=manager, universe=Universe.of(shares), groups=Groups([watchlist]))
    asyncio.run(Probe(app, *given.pipes).sit())


if __name__ == "__main__":
    main()
