"""The app against a simulated exchange that moves only when a test says so, on clocks that stand still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from kitetui.feed import (
    ConnectionState,
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    ManagerStats,
    Percentiles,
)
from kitetui.feed.endpoint import SIMULATED_HEADER
from kitetui.simulator import Sending, SimulatedExchange
from kitetui.tui import MonitorApp
from kitetui.tui.groups import Groups, Watchlist
from kitetui.tui.theme import DEFAULT_THEME
from kitetui.tui.ui_metrics import UiStats
from kitetui.tui.views.list import ListView
from kitetui.wire import Mode
from tests.tui.rows import NOW

LIVE, RETRYING, DOWN = ConnectionState.LIVE, ConnectionState.RETRYING, ConnectionState.DOWN
REASONS = {RETRYING: "connection reset", DOWN: "login refused (HTTP 403)"}


LOOK = 0.01


@contextmanager
def quick_looks() -> Iterator[None]:
    """Have connections look at how their symbols tick far more often than every second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kitetui.feed.connection._LOOK", LOOK)
        yield


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
                    tick_age=None,
                    attempt=3 if each.state is RETRYING else 0,
                    retry_in=2.0 if each.state is RETRYING else None,
                    reason=REASONS.get(each.state, ""),
                    last_close="connection reset" if each.last_close else "",
                )
                for each in super().get_stats().connections
            )
        )


class Unsigned(SimulatedExchange):
    """An exchange that does not say that its prices are made up, as Kite's does not."""

    def _sign(self, connection: ServerConnection, request: Request, response: Response) -> None:
        super()._sign(connection, request, response)
        del response.headers[SIMULATED_HEADER]


class Clock:
    """The time of day of the machine and of the exchange, and the seconds that ages are counted by.

    They stand until they are moved.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.exchange = now
        self.elapsed = 5_000.0

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.exchange += seconds
        self.elapsed += seconds

    def set_by(self, seconds: float) -> None:
        """Set the machine's time of day, and let no time pass."""
        self.now += seconds


class Session:
    """An app, its exchange, its clock and its pilot."""

    def __init__(
        self, app: MonitorApp, exchange: SimulatedExchange, clock: Clock, pilot: Pilot[None]
    ) -> None:
        self.app = app
        self.exchange = exchange
        self.clock = clock
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
        cache, listed = self.monitor.cache, self.exchange.instruments
        before = cache.version
        moved = [listed[row].instrument_token for row in await self.exchange.step(count)]
        watched = [token for token in moved if self.manager.mode_of(token) is not None]
        await self.until(lambda: all(cache.versions[cache.rows_of(watched)] > before))
        self.screen()

    async def tick_often(self) -> None:
        """Let everything tick until it is known how it usually does; see `quick_looks`."""
        for _ in range(8):
            await self.step(len(self.exchange.instruments))
            await self.pilot.pause(5 * LOOK)
            self.clock.go_on(1)

    async def fall_mute(self, connection: int) -> None:
        """Let a connection bring heartbeats alone while the others tick, until it is known to be mute."""
        tokens = {each.instrument_token for each in self.monitor.watchlist.instruments}
        muted = {token for token in tokens if self.manager.connection_of(token) == connection}
        for client in self.exchange.clients:
            if muted & client.modes.keys():
                client.send_only(Sending.HEARTBEATS)
        self.clock.go_on(75)
        cache = self.monitor.cache
        before, others = cache.version, sorted(tokens - muted)
        await self.exchange.step(len(self.exchange.instruments))
        await self.until(lambda: all(cache.versions[cache.rows_of(others)] > before))
        await self.until(lambda: self.manager.get_stats().connections[connection].is_mute)

    def screen(self) -> str:
        """The text on the screen, drawn now."""
        for screen in self.app.screen_stack:
            if isinstance(screen, ListView):
                screen.draw()
                screen.draw_slowly()
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def line_of(session: Session, symbol: str) -> str:
    """The row of a symbol in the watchlist, as it is on the screen; empty if it is not there."""
    lines = session.screen().splitlines()
    return next((line for line in lines if line.lstrip("│▌• ").startswith(f"{symbol} ")), "")


def first_line(session: Session) -> str:
    """The first line of the screen."""
    return session.screen().splitlines()[0]


def age_of(session: Session, symbol: str) -> str:
    """The age of a symbol's last news, as its row has it."""
    return line_of(session, symbol).split("│")[1].split()[-1]


def stand_still(app: MonitorApp) -> None:
    """Show nothing of the machine's clock and of the terminal that the tests run in."""
    app.theme = DEFAULT_THEME
    app.monitor.stopwatch = lambda: NOW
    app.ui_metrics.stats = lambda: UiStats(10.0, Percentiles(0.004, 0.009), Percentiles(0.001, 0.003))


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
    market_is_open=None,
    simulated=False,
    signed=False,
    **options,
) -> AsyncIterator[Session]:
    """Run the app on a still exchange, which may be shown as the replay of a recording.

    market_is_open: as in `KiteManagerConfig`. simulated: whether the app was started on made-up prices, which
    the exchange says then too. signed: whether the exchange alone says so.
    """
    clock = Clock(now)
    read = replay.now if replay is not None else lambda: clock.now
    made = SimulatedExchange if simulated or signed else Unsigned
    async with made(rate=0, seed=7, now=lambda: clock.exchange) as exchange:
        endpoint, credentials = Endpoint.parse(exchange.url_with_credentials)
        config = KiteManagerConfig(
            max_connections=connections,
            max_symbols_per_connection=symbols_each,
            endpoint=endpoint,
            clock=lambda: round(read() * 1e9),
            stopwatch=replay.now if replay is not None else lambda: clock.elapsed,
            market_is_open=market_is_open,
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
            now=lambda: clock.now,
            replay=replay,
            simulated=simulated,
            **options,
        )
        app.animation_level = "none"
        stand_still(app)
        async with app.run_test(size=size) as pilot:
            session = Session(app, exchange, clock, pilot)
            if settle:
                await session.settle()
            yield session


@pytest.fixture
def run():
    """Run the app: `async with run(size=(80, 24)) as session`."""
    return running
