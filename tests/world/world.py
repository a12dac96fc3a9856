"""One world: the program, the exchange and the network between them, from a seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from kitetui.feed import Endpoint, FeedState, KiteManagerConfig, KiteTickerManager, TickerMessage, Ticks
from kitetui.feed.retry import backoff
from kitetui.record import Format
from kitetui.simulator import SimulatedExchange
from kitetui.tui.groups import Groups, Watchlist
from kitetui.tui.monitor import Monitor
from kitetui.wire import Mode
from kitetui.wire.layout import TOKEN
from tests.world.account import Account, Key
from tests.world.driven import DrivenLoop
from tests.world.holes import Holes
from tests.world.network import Network
from tests.world.recording import Recording

BEGIN: Final = 1_795_580_100.0
"""UTC seconds when a world begins: a Thursday, 09:45 in India."""

SYMBOLS: Final = 18
LOOK: Final = 3.0
"""Seconds between two times that the questions are asked."""

RECOVERY: Final = 110.0
"""Seconds without a fault after which every connection is up again, and every symbol back where it was."""

SETTLE: Final = 30.0
"""Seconds of a moving market after which every symbol is proven."""


class Host:
    """The machine that the program runs on; its clock may be wrong, and may be set.

    ahead: seconds that it is ahead of the exchange's. was: since when it was how much, in seconds of the
    world.
    """

    def __init__(self, loop: DrivenLoop, ahead: float) -> None:
        self.loop = loop
        self.was = [(0.0, ahead)]

    @property
    def ahead(self) -> float:
        return self.was[-1][1]

    def set_clock(self, seconds: float) -> None:
        """Set it ahead, or back."""
        self.was.append((self.loop.time(), self.ahead + seconds))

    def now(self) -> float:
        """Return the time of day as the machine shows it, UTC seconds."""
        return BEGIN + self.loop.time() + self.ahead


@dataclass(slots=True)
class Counts:
    """What a run had in it."""

    packets: int = 0
    answers: int = 0
    marked_news: int = 0
    sessions: int = 0
    looks: int = 0
    missed: int = 0
    holes: int = 0
    rows_live: int = 0
    states: Counter[str] = field(default_factory=Counter)


class WatchedMonitor(Monitor):
    """The monitor's model as it is, and which tick of each token it took in last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last: dict[int, tuple[Key, float]] = {}

    def take(self, message: TickerMessage) -> None:
        super().take(message)
        if isinstance(message, Ticks):
            for place, token in enumerate(message.batch.words[:, TOKEN].view("u4").tolist()):
                self.last[token] = (message.connection, message.sequence + place), message.timed_at


class World:
    """Everything that runs in one world, and what is known of it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = rng = random.Random(seed)
        self.network = Network(random.Random(rng.random()))
        self.loop = DrivenLoop(self.network)
        self.host = Host(self.loop, ahead=rng.choice([0.0, 0.0, 300.0, -300.0, 3.0]))
        self.account = Account(self.network)
        self.counts = Counts()
        self.rate = 2.0
        self.format = rng.choice(list(Format))
        self.told: list[str] = []
        self.loop.disk_delay = rng.choice([0.0, 0.0, 0.02, 0.5])
        asyncio.set_event_loop(self.loop)
        self.exchange = SimulatedExchange(
            rate=0,
            seed=rng.randrange(2**31),
            symbols=SYMBOLS,
            heartbeat=2.0,
            now=lambda: BEGIN + self.loop.time(),
            account=self.account.sent,
        )
        self.instruments = list(self.exchange.instruments)
        self.holes = Holes(self.network, [each.instrument_token for each in self.instruments])
        self.names = {each.instrument_token: each.key for each in self.instruments}
        self.dice = random.Random(f"the recorder of {seed}")
        self.folder = folder
        self.settle_in(
            rng.randint(3, SYMBOLS),
            rng.choice(list(Mode)),
            max_connections=rng.choice([1, 2, 3, 3]),
            failover_after=rng.choice([None, 6.0, 20.0]),
            failback_after=rng.choice([5.0, 30.0]),
            health_check_interval=rng.choice([1.0, 10.0]),
            reconnect_max_delay=rng.choice([5.0, 60.0]),
        )

    def settle_in(self, symbols: int, mode: Mode, **settings: Any) -> None:
        """Choose how many symbols are watched, in which mode, and the manager's settings."""
        config = KiteManagerConfig(
            endpoint=Endpoint("ws://127.0.0.1:9001/"),
            clock=lambda: round(self.host.now() * 1e9),
            stopwatch=self.loop.time,
            market_is_open=lambda segments, lasting: True,
            **settings,
        )
        self.manager = KiteTickerManager("simulated", "simulated", config)
        self.monitor = WatchedMonitor(
            self.manager,
            Groups([Watchlist(self.rng.sample(self.instruments, symbols), "Core")]),
            mode,
            self.host.now,
            lambda notice: self.told.append(notice.text),
        )
        pairs = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in self.instruments}
        self.recording = Recording(
            self.folder, self.format, self.manager, pairs, lambda: round(self.host.now() * 1e9), self.dice
        )

    def run(self, life: Callable[[World], Any]) -> None:
        """Let the program run while `life` happens to it; raises what a question asserts."""
        try:
            self.loop.run_until_complete(self._run(life))
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=100))
            asyncio.set_event_loop(None)
            self.loop.close()

    async def _run(self, life: Callable[[World], Any]) -> None:
        async with self.exchange:
            wire = self.manager.full_stream()
            self.recording.begin()
            hearing = asyncio.create_task(self._hear(wire))
            showing = asyncio.create_task(self.monitor.run())
            market = asyncio.create_task(self._move())
            try:
                await life(self)
            finally:
                self.at_the_end = self.manager.get_stats()
                for task in (market, showing):
                    task.cancel()
                    await asyncio.wait([task])
                    if not task.cancelled():
                        task.result()
                await asyncio.wait([hearing])
            hearing.result()
            await self.recording.end_all()

    async def _hear(self, wire: Any) -> None:
        async for message in wire:
            self.account.hear(message)
            self.holes.hear(message)

    async def _move(self) -> None:
        """Move the market: at its rate, at odd times, one symbol or several at once."""
        rng = random.Random(self.rng.random())
        while True:
            if not self.rate:
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(rng.expovariate(self.rate))
            self.holes.moved(await self.exchange.step(rng.choice([1, 1, 2, 5, SYMBOLS])))

    def status(self) -> FeedState:
        """Return the state of the feed as it is shown."""
        return self.manager.get_status().state


@contextmanager
def chance_of(seed: int) -> Iterator[None]:
    """Have the program's own dice follow the seed, too."""
    dice = random.Random(seed)
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(
            "kitetui.feed.socket.backoff",
            lambda base, cap: backoff(base, cap, random.Random(dice.random())),
        )
        yield
