"""The fault matrix: whatever the exchange does wrong, every symbol ticks again, once, in its mode.

Every test reads the whole stream, and holds each connection to a sequence without a hole.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Gap,
    KiteManagerConfig,
    KiteTickerManager,
    TickerMessage,
    Ticks,
    UnknownMessage,
)
from kitetui.feed.endpoint import Endpoint
from kitetui.simulator import Sending, SimulatedExchange
from kitetui.simulator.client import Client
from kitetui.wire import HEARTBEAT, Mode
from tests.feed.server import PATIENCE

MODES = (Mode.LTP, Mode.QUOTE, Mode.FULL)
RATE = 4000
QUICK = {"reconnect_delay": 0.02, "heartbeat_liveness_threshold": 0.5, "health_check_interval": 0.02}


class Run:
    """A manager on an exchange, and everything that its stream has said so far."""

    def __init__(self, exchange: SimulatedExchange, **settings: Any) -> None:
        self.exchange = exchange
        self.token = "simulated"
        config = KiteManagerConfig(endpoint=Endpoint(exchange.url), **(QUICK | settings))
        self.manager = KiteTickerManager("simulated", lambda: self.token, config)
        watchlist = exchange.universe.default_watchlist()[:9]
        self.wanted = {each.instrument_token: MODES[n % 3] for n, each in enumerate(watchlist)}
        self.heard: list[TickerMessage] = []
        self._stream = self.manager.stream()
        self._next: dict[int, int] = defaultdict(lambda: 1)

    async def subscribe(self) -> None:
        for mode in MODES:
            await self.manager.subscribe_symbols([t for t, m in self.wanted.items() if m is mode], mode)

    async def hear(self) -> TickerMessage:
        """Read one message; no connection's sequence has a hole."""
        async with asyncio.timeout(PATIENCE):
            message = await anext(self._stream)
        if isinstance(message, Ticks):
            assert message.sequence == self._next[message.connection], "ticks are missing"
            self._next[message.connection] += len(message.batch)
        self.heard.append(message)
        return message

    async def until(self, kind: type[Any], count: int = 1) -> list[Any]:
        """Read on until so many messages of this kind have come."""
        found: list[Any] = []
        while len(found) < count:
            message = await self.hear()
            if isinstance(message, kind):
                found.append(message)
        return found

    async def until_state(self, state: ConnectionState, count: int = 1) -> list[ConnectionChanged]:
        """Read on until so many connections have entered a state."""
        found: list[ConnectionChanged] = []
        while len(found) < count:
            message = await self.hear()
            if isinstance(message, ConnectionChanged) and message.state is state:
                found.append(message)
        return found

    async def until_retrying_because(self, reason: str) -> None:
        """Read on until a connection tries again for this reason."""
        while (await self.until_state(ConnectionState.RETRYING))[0].reason != reason:
            pass

    async def all_tick(self) -> None:
        """Read on until every symbol has ticked in its mode, and has been asked for just once."""
        missing = dict(self.wanted)
        while missing:
            message = await self.hear()
            if isinstance(message, Ticks):
                for tick in message.batch:
                    if missing.get(tick.instrument_token) is tick.mode:
                        del missing[tick.instrument_token]
        counted = [count for client in self.exchange.clients for count in client.counted.values()]
        assert counted == [1] * len(self.wanted)
        served = {token: mode for client in self.exchange.clients for token, mode in client.modes.items()}
        assert served == self.wanted


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Run]:
    """Have nine symbols in three modes tick on three connections."""
    async with SimulatedExchange(rate=RATE, seed=3, heartbeat=0.1) as exchange:
        run = Run(exchange, **settings)
        await run.subscribe()
        async with run.manager:
            await run.all_tick()
            yield run


async def drop(client: Client) -> None:
    client.drop()


async def close(client: Client) -> None:
    await client.close(1011, "out of memory")


async def stall(client: Client) -> None:
    client.send_only(Sending.NOTHING)


async def oversized(client: Client) -> None:
    await client.send(bytes(5 * 2**20))


LOSSES = {
    drop: "the connection broke off (1006)",
    close: "closed by the server (1011: out of memory)",
    stall: "silent for 0.5 s",
    oversized: "closed from here (1009",
}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("victims", [1, 3])
async def test_after_a_loss_every_symbol_ticks_again(
    loss: Callable[[Client], Awaitable[None]], victims: int
) -> None:
    async with running() as run:
        before = run.manager.get_stats().connections
        async with asyncio.TaskGroup() as tasks:
            for client in run.exchange.clients[:victims]:
                tasks.create_task(loss(client))
        gaps = await run.until(Gap, victims)
        await run.all_tick()
        lost = {gap.connection for gap in gaps}
        assert len(lost) == victims
        changes = [message for message in run.heard if isinstance(message, ConnectionChanged)]
        for gap in gaps:
            retrying, back = [
                next(
                    each.at
                    for each in reversed(changes)
                    if (each.connection, each.state) == (gap.connection, state)
                )
                for state in (ConnectionState.RETRYING, ConnectionState.LIVE)
            ]
            assert before[gap.connection].last_frame_at <= gap.start <= retrying < back <= gap.end
            assert gap.symbols == 3
            assert gap.reason.startswith(LOSSES[loss])
        after = run.manager.get_stats().connections
        assert [each.reconnects for each in after] == [int(each.connection in lost) for each in after]
        assert [each.gaps for each in after] == [int(each.connection in lost) for each in after]


async def garbage(client: Client) -> None:
    await client.send(b"\x00\x02\x00\x09" + bytes(9) + b"\xff\xff\xff")


async def half_a_frame(client: Client) -> None:
    await client.send(b"\x00\x01\x00\xb8" + bytes(92))


async def text_noise(client: Client) -> None:
    for text in ("", "not JSON", '{"type":"news","data":1}', "[" * 100_000, '{"type":"order"}'):
        await client.send(text)


@pytest.mark.parametrize(("noise", "rejected"), [(garbage, 2), (half_a_frame, 1)])
async def test_bytes_that_mean_nothing_are_counted_and_cost_nothing(
    noise: Callable[[Client], Awaitable[None]], rejected: int
) -> None:
    async with running() as run:
        await noise(run.exchange.clients[0])
        while run.manager.get_stats().rejected < rejected:
            await run.hear()
        await run.all_tick()
        assert run.manager.get_stats().rejected == rejected
        assert not [message for message in run.heard if isinstance(message, Gap)]


async def test_text_that_means_nothing_is_handed_on_whole_and_costs_nothing() -> None:
    async with running() as run:
        await text_noise(run.exchange.clients[0])
        unknown = await run.until(UnknownMessage, 5)
        assert unknown[2].text == '{"type":"news","data":1}'
        await run.all_tick()
        assert not [message for message in run.heard if isinstance(message, Gap)]


async def test_heartbeats_alone_are_no_loss() -> None:
    async with running() as run:
        raw_channels = [channel for _, channel in run.manager.get_all_raw_frame_channels()]
        for client in run.exchange.clients:
            client.send_only(Sending.HEARTBEATS)
        for channel in raw_channels:
            beats = 0
            while beats < 8:  # which takes longer than silence would be borne
                beats += (await anext(channel)).data == HEARTBEAT
        assert {each.state for each in run.manager.get_stats().connections} == {ConnectionState.LIVE}
        for client in run.exchange.clients:
            client.send_only(Sending.EVERYTHING)
        await run.all_tick()
        assert not [message for message in run.heard if isinstance(message, Gap)]


async def test_a_server_out_of_order_is_dialled_until_it_is_well() -> None:
    async with running(failover_after=None) as run:
        run.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE, times=3)
        run.exchange.clients[0].drop()
        await run.until(Gap)
        await run.all_tick()
        reasons = [message.reason for message in run.heard if isinstance(message, ConnectionChanged)]
        assert reasons.count("the server answered 503") >= 1


async def test_a_key_in_use_elsewhere_leaves_its_symbols_to_the_other_connections() -> None:
    async with running() as run:
        run.exchange.handshakes.refuse(HTTPStatus.TOO_MANY_REQUESTS)
        run.exchange.clients[0].drop()
        gap = (await run.until(Gap))[0]
        assert gap.symbols == 3
        await run.all_tick()
        assert len(run.exchange.clients) == 2


async def test_a_slow_handshake_is_given_up_and_tried_again() -> None:
    async with running(connection_timeout=0.1, failover_after=None) as run:
        run.exchange.handshakes.delay = 0.3
        run.exchange.clients[0].drop()
        await run.until_retrying_because("the server did not answer the handshake in time")
        run.exchange.handshakes.lift()
        await run.until(Gap)
        await run.all_tick()


async def test_a_token_that_expired_is_not_dialled_with_and_the_next_one_is() -> None:
    async with running(failover_after=None) as run:
        run.exchange.expire_token("of today")
        for client in run.exchange.clients:
            client.drop()
        await run.until_state(ConnectionState.DOWN, 3)
        assert not run.exchange.clients
        run.token = "of today"
        await run.until(Gap, 3)
        await run.all_tick()


async def test_a_server_that_restarts_is_found_again() -> None:
    async with SimulatedExchange(rate=RATE, seed=3, heartbeat=0.1) as exchange:
        run, port = Run(exchange), exchange.port
        await run.subscribe()
        await run.manager.start()
        await run.all_tick()
    try:
        while (await run.until_state(ConnectionState.RETRYING))[
            0
        ].reason != "nothing listens at that address":
            pass
        async with SimulatedExchange(port=port, rate=RATE, seed=4, heartbeat=0.1) as exchange:
            run.exchange = exchange
            await run.until(Gap, 3)
            await run.all_tick()
            await run.manager.stop()
    finally:
        await run.manager.stop()


async def test_a_key_that_is_free_again_has_all_its_connections_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kitetui.feed.socket.CAP", 0.05)
    async with running(failback_after=0.05) as run:
        run.exchange.handshakes.refuse(HTTPStatus.TOO_MANY_REQUESTS, times=2)
        run.exchange.clients[0].drop()
        await run.until(Gap)
        while run.manager.get_symbol_distribution() != dict.fromkeys(range(3), 3):
            await run.hear()
        await run.all_tick()
        assert len(run.exchange.clients) == 3
