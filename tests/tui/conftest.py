"""The app against a simulated exchange that moves only when a test says so, on a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from kitetui.feed import (
    ConnectionState,
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    ManagerStats,
    Percentiles,
)
from kitetui.simulator import SimulatedExchange
from kitetui.tui import MonitorApp
from kitetui.tui.groups import Groups
from kitetui.tui.pulse import Vitals
from kitetui.tui.screens.monitor import MonitorScreen
from kitetui.tui.theme import DEFAULT_THEME
from kitetui.tui.watchlist import Watchlist
from kitetui.wire import Mode
from tests.tui.rows import NOW

LIVE, RETRYING, DOWN = ConnectionState.LIVE, ConnectionState.RETRYING, ConnectionState.DOWN
REASONS = {RETRYING: "connection reset", DOWN: "login refused (HTTP 403)"}


class StillManager(KiteTickerManager):
    """A manager whose statistics show none of the figures that differ from run to run."""

    def get_stats(self) -> ManagerStats:
        """Return the statistics with a fixed round trip and silence."""
        return ManagerStats(
            tuple(
                replace(
                    each,
                    round_trip=0.038 if each.state is LIVE else None,
                    round_trips=Percentiles(0.038, 0.121) if each.state is LIVE else None,
                    decode_times=None,
                    uptime=5231.0 if each.state is LIVE else None,
                    silence=0.1,
                    last_tick_at=None,
                    attempt=3 if each.state is RETRYING else 0,
                    retry_in=2.0 if each.state is RETRYING else None,
                    reason=REASONS.get(each.state, ""),
                    last_close="connection reset" if each.last_close else "",
                )
                for each in super().get_stats().connections
            )
        )


class Session:
    """An app, its exchange and its pilot."""

    def __init__(self, app: MonitorApp, exchange: SimulatedExchange, pilot: Pilot[None]) -> None:
        self.app = app
        self.exchange = exchange
        self.pilot = pilot
        self.monitor = app.monitor
        self.manager = app.monitor.manager

    async def until(self, condition) -> None:
        """Wait until a condition holds; the test's own timeout is the limit."""
        for _ in range(200):
            await self.pilot.pause()
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("what was waited for never came")

    async def settle(self) -> None:
        """Wait until every symbol in the list has its first tick."""
        await self.until(lambda: all(self.versions()))

    def versions(self):
        """The version of each symbol's last tick."""
        watchlist = self.monitor.watchlist
        return [self.monitor.rows.version_of(each.instrument_token) for each in watchlist.instruments]

    async def step(self, count: int = 300) -> None:
        """Move so many instruments of the market, and wait until the app has it on the screen."""
        self.screen()
        before = self.monitor.cache.ticks.sum()
        listed = self.exchange.instruments
        moved = [listed[row].instrument_token for row in await self.exchange.step(count)]
        watched = sum(self.monitor.manager.mode_of(token) is not None for token in moved)
        await self.until(lambda: self.monitor.cache.ticks.sum() >= before + watched)
        self.screen()

    def screen(self) -> str:
        """The text on the screen, drawn now."""
        for screen in self.app.screen_stack:
            if isinstance(screen, MonitorScreen):
                screen.draw()
                screen.draw_slowly()
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def line_of(session: Session, symbol: str) -> str:
    """The row of a symbol in the watchlist, as it is on the screen; empty if it is not there."""
    lines = session.screen().splitlines()
    return next((line for line in lines if line.lstrip("│▌• ").startswith(f"{symbol} ")), "")


def stand_still(app: MonitorApp) -> None:
    """Show nothing of the machine's clock and of the terminal that the tests run in."""
    app.theme = DEFAULT_THEME
    app.monitor.stopwatch = lambda: NOW
    app.pulse.vitals = lambda: Vitals(10.0, Percentiles(0.004, 0.009), Percentiles(0.001, 0.003))


@asynccontextmanager
async def running(
    size=(120, 40),
    symbols=None,
    set_aside=(),
    connections=2,
    symbols_each=3000,
    access_token=None,
    settle=True,
    now=NOW,
    replay=None,
    **options,
) -> AsyncIterator[Session]:
    """Run the app on a still exchange, which may be shown as the replay of a recording."""
    read = replay.now if replay is not None else lambda: now
    async with SimulatedExchange(rate=0, seed=7, now=lambda: now) as exchange:
        endpoint, credentials = Endpoint.parse(exchange.url_with_credentials)
        config = KiteManagerConfig(
            max_connections=connections,
            max_symbols_per_connection=symbols_each,
            endpoint=endpoint,
            clock=lambda: round(read() * 1e9),
        )
        manager = StillManager(credentials.api_key, access_token or credentials.access_token, config)
        universe = exchange.universe
        instruments = (
            universe.default_watchlist() if symbols is None else [universe.resolve(each) for each in symbols]
        )
        app = MonitorApp(
            manager=manager,
            universe=universe,
            groups=Groups([Watchlist(instruments, "Core", set_aside)]),
            mode=Mode.FULL,
            now=lambda: now,
            replay=replay,
            **options,
        )
        app.animation_level = "none"
        stand_still(app)
        async with app.run_test(size=size) as pilot:
            session = Session(app, exchange, pilot)
            if settle:
                await session.settle()
            yield session


@pytest.fixture
def run():
    """Run the app: `async with run(size=(80, 24)) as session`."""
    return running
