"""What befalls a world, drawn from its seed: faults of the network and the exchange, and what users do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, ClassVar

from kitetui.feed import CapacityError
from kitetui.simulator import Answering, Sending
from tests.world.network import Wire
from tests.world.world import World


class RecorderFate:
    """Draws what befalls the recorder, with dice of its own: network and exchange stay as they are."""

    WHAT: ClassVar[dict[str, int]] = {
        "let_it_be": 30,
        "kill_and_begin": 8,
        "kill_and_stay_away": 8,
        "kill_one_that_has_received_nothing": 4,
        "end_and_begin": 4,
        "begin_another": 4,
        "end_one": 3,
        "slow_the_disk": 4,
    }
    """The names of the events, and how often each is drawn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.dice
        self.is_over = False

    async def go_on(self) -> None:
        """Let something happen now and then, until it `is_over`."""
        while not self.is_over:
            await asyncio.sleep(self.rng.expovariate(1 / 6.0))
            (name,) = self.rng.choices(list(self.WHAT), list(self.WHAT.values()))
            await getattr(self, name)()

    async def lift(self) -> None:
        """Have a recorder at work, and a quick disk."""
        self.world.loop.disk_delay = 0.0
        if not self.world.recording.runs:
            self.world.recording.begin()

    async def let_it_be(self) -> None:
        """Nothing."""

    async def kill_and_begin(self) -> None:
        await self.world.recording.kill()
        self.world.recording.begin()

    async def kill_and_stay_away(self) -> None:
        await self.world.recording.kill()
        await asyncio.sleep(self.rng.choice([0.1, 2.0, 6.0, 20.0]))
        self.world.recording.begin()

    async def kill_one_that_has_received_nothing(self) -> None:
        """A start in between, soon over."""
        await self.world.recording.kill()
        await asyncio.sleep(self.rng.uniform(0, 4))
        self.world.recording.begin()
        await asyncio.sleep(self.rng.choice([0.0, 0.01, 1.5]))
        await self.world.recording.kill()
        await asyncio.sleep(self.rng.uniform(0, 4))
        self.world.recording.begin()

    async def end_and_begin(self) -> None:
        await self.world.recording.end()
        await asyncio.sleep(self.rng.choice([0.0, 0.1, 6.0]))
        if not self.world.recording.runs:
            self.world.recording.begin()

    async def begin_another(self) -> None:
        if self.world.recording.runs < 2:
            self.world.recording.begin()

    async def end_one(self) -> None:
        if self.world.recording.runs > 1:
            await self.world.recording.end()

    async def slow_the_disk(self) -> None:
        before, self.world.loop.disk_delay = self.world.loop.disk_delay, self.rng.choice([0.5, 2.0, 10.0])
        await asyncio.sleep(self.rng.uniform(1, 20))
        self.world.loop.disk_delay = before


class Fate:
    """Draws what happens next, and when; each event is a method that begins it, and may end it later."""

    WHAT: ClassVar[dict[str, int]] = {
        "cut_a_wire": 6,
        "cut_all_wires": 2,
        "stall_a_wire": 5,
        "silence_a_wire": 3,
        "slow_a_wire": 2,
        "change_the_weather": 4,
        "refuse_connections": 2,
        "lose_the_network": 1,
        "refuse_handshakes": 3,
        "restart_the_exchange": 2,
        "mute_a_client": 3,
        "answer_in_another_way": 4,
        "move_at_another_rate": 6,
        "set_the_clock": 3,
        "change_a_mode": 14,
        "change_modes_in_a_hurry": 3,
        "remove_and_bring_back": 5,
        "remove_a_symbol": 2,
        "add_a_symbol": 4,
        "rebalance": 3,
        "hold_the_display": 2,
        "hold_up_the_machine": 2,
    }
    """The names of the events, and how often each is drawn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random(world.rng.random())
        self._later: dict[asyncio.Task[None], None] = {}

    async def strike(self) -> None:
        """Let the next thing happen."""
        (name,) = self.rng.choices(list(self.WHAT), list(self.WHAT.values()))
        await getattr(self, name)()

    async def lift(self) -> None:
        """End all faults, so that everything can come to rest."""
        for task in list(self._later):
            task.cancel()
        world, network = self.world, self.world.network
        network.is_refusing = network.is_lost = False
        network.latency, network.torn = (0.001, 0.02), 0.0
        for wire in network.up:
            wire.rate = None
            if wire.deaf_since is not None:
                wire.cut()
        world.exchange.handshakes.lift()
        for client in world.exchange.clients:
            client.send_only(Sending.EVERYTHING)
        world.monitor.rows.release()
        world.rate = 0.5

    # The network.

    async def cut_a_wire(self) -> None:
        if wire := self._wire():
            wire.cut()

    async def cut_all_wires(self) -> None:
        for wire in self.world.network.up:
            wire.cut()

    async def stall_a_wire(self) -> None:
        if wire := self._wire():
            wire.stalled_until = self.world.loop.time() + self.rng.choice([0.5, 2.0, 4.0, 8.0, 20.0])

    async def silence_a_wire(self) -> None:
        """The peer is gone, and nobody says so."""
        if wire := self._wire():
            wire.deaf_since = self.world.loop.time()

    async def slow_a_wire(self) -> None:
        if wire := self._wire():
            wire.rate = self.rng.choice([300.0, 2_000.0, 20_000.0])

    async def change_the_weather(self) -> None:
        network = self.world.network
        network.latency = self.rng.choice([(0.0001, 0.001), (0.01, 0.1), (0.2, 0.4), (0.0, 1.5)])
        network.torn = self.rng.choice([0.0, 0.2, 0.8])

    async def refuse_connections(self) -> None:
        self.world.network.is_refusing = True
        self._after(self.rng.uniform(1, 40), self._listen)

    async def lose_the_network(self) -> None:
        network = self.world.network
        network.is_lost = True
        for wire in network.up:
            wire.deaf_since = self.world.loop.time()
        self._after(self.rng.uniform(1, 30), self._find_the_network)

    # The exchange.

    async def refuse_handshakes(self) -> None:
        status = self.rng.choice(
            [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY]
        )
        self.world.exchange.handshakes.refuse(status, self.rng.randint(1, 4))

    async def restart_the_exchange(self) -> None:
        exchange = self.world.exchange
        # One after the other: the server itself would close them in an order that no seed decides.
        for client in exchange.clients:
            await client.close(1001, "restarting")
        await exchange.__aexit__(None, None, None)
        await asyncio.sleep(self.rng.uniform(0, 15))
        await exchange.__aenter__()

    async def mute_a_client(self) -> None:
        if clients := self.world.exchange.clients:
            client = self.rng.choice(clients)
            client.send_only(self.rng.choice([Sending.HEARTBEATS, Sending.NOTHING]))
            self._after(self.rng.uniform(1, 90), lambda: client.send_only(Sending.EVERYTHING))

    async def answer_in_another_way(self) -> None:
        self.world.exchange.answering = self.rng.choice(list(Answering))

    async def move_at_another_rate(self) -> None:
        self.world.rate = self.rng.choice([0.0, 0.3, 1.0, 3.0, 8.0])

    # The user, and the machine.

    async def set_the_clock(self) -> None:
        self.world.host.set_clock(self.rng.choice([-3600.0, -300.0, -1.0, 1.0, 300.0, 86_400.0]))

    async def change_a_mode(self) -> None:
        monitor = self.world.monitor
        if len(monitor.watchlist):
            monitor.watchlist.move(self.rng.randrange(len(monitor.watchlist)))
            await monitor.cycle_mode()

    async def change_modes_in_a_hurry(self) -> None:
        for _ in range(self.rng.randint(2, 5)):
            await self.change_a_mode()

    async def remove_and_bring_back(self) -> None:
        monitor = self.world.monitor
        await self.remove_a_symbol()
        await asyncio.sleep(self.rng.choice([0.0, 0.1, 1.0, 3.0, 20.0]))
        try:
            await monitor.undo_removal()
        except CapacityError:
            return

    async def remove_a_symbol(self) -> None:
        monitor = self.world.monitor
        if len(monitor.watchlist) > 2:
            monitor.watchlist.move(self.rng.randrange(len(monitor.watchlist)))
            await monitor.remove_chosen()

    async def add_a_symbol(self) -> None:
        await self.world.monitor.add(self.rng.choice(self.world.instruments))

    async def rebalance(self) -> None:
        self._keep(self.world.manager.rebalance())

    async def hold_the_display(self) -> None:
        self.world.monitor.rows.hold()
        self._after(self.rng.uniform(0, 20), self.world.monitor.rows.release)

    async def hold_up_the_machine(self) -> None:
        self.world.loop.skip(self.rng.choice([0.3, 2.0, 6.0, 30.0]))

    def _wire(self) -> Wire | None:
        up = self.world.network.up
        return self.rng.choice(up) if up else None

    def _listen(self) -> None:
        self.world.network.is_refusing = False

    def _find_the_network(self) -> None:
        self.world.network.is_lost = False

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            what()

        self._keep(later())

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._later[task] = None
        task.add_done_callback(lambda done: self._later.pop(done, None))
