"""However often and at whatever moment a manager is stopped, nothing of it is left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from kitetui.feed import ConnectionState, Endpoint, KiteManagerConfig, KiteTickerManager
from kitetui.simulator import SimulatedExchange
from tests.feed.exchange import manager_of, served_by, tokens_of, until
from tests.wire.packets import token

# A socket or transport that is collected while open says so in a warning, which fails the test.
pytestmark = pytest.mark.filterwarnings("error::ResourceWarning")

TIMES: Final = 200
FEWER_TIMES: Final = 40
LONG: Final = 60.0
"""Seconds that these may take on a slow machine; far more than they need."""

_OPEN_FILES: Final = Path("/proc/self/fd")

Cycle = Callable[[int], Awaitable[None]]


async def turns(count: int) -> None:
    """Let the loop turn so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


def open_files() -> list[str]:
    """What each open descriptor is, where the system tells; each socket has a number of its own."""
    if not _OPEN_FILES.is_dir():
        return []
    # The listing's own descriptor is closed by the time that it is looked at.
    return sorted(str(each.readlink()) for each in _OPEN_FILES.iterdir() if each.is_symlink())


async def leaves_nothing(cycle: Cycle, times: int, exchange: SimulatedExchange | None = None) -> None:
    """Run a cycle of start and stop many times; afterwards all must be as it was before."""
    tasks, files = asyncio.all_tasks(), open_files()
    async with asyncio.timeout(LONG):
        for number in range(times):
            await cycle(number)
            # At once, for `stop` waits for what the manager began; the server's own tasks have no names.
            assert not {task for task in asyncio.all_tasks() - tasks if task.get_name().startswith("kitetui")}
        await _closed(exchange)
        await until(lambda: asyncio.all_tasks() == tasks)
        await until(lambda: open_files() == files)
    gc.collect()


async def _closed(exchange: SimulatedExchange | None) -> None:
    if exchange is not None:
        await until(lambda: not exchange.clients and not exchange._server.connections)


async def test_one_manager_started_and_stopped_200_times_leaves_nothing() -> None:
    """Every other time once all symbols are served, else after ever more turns of the loop."""
    async with SimulatedExchange(symbols=60, rate=0) as exchange:
        tokens = tokens_of(exchange)
        manager = manager_of(exchange)
        await manager.subscribe_symbols(tokens)

        async def cycle(number: int) -> None:
            await manager.start()
            if number % 2:
                await turns(number // 2)
            else:
                await until(lambda: sum(len(each.modes) for each in served_by(exchange)) == len(tokens))
            await manager.stop()

        # What a stop in the middle of a closing leaves on the server's side must not crowd out the next.
        async def alone(number: int) -> None:
            await _closed(exchange)
            await cycle(number)

        assert manager.get_symbol_distribution() == {0: 20, 1: 20, 2: 20}
        await leaves_nothing(alone, TIMES, exchange)
        assert manager.get_symbol_distribution() == {0: 20, 1: 20, 2: 20}


async def test_many_managers_with_readers_leave_nothing() -> None:
    async with SimulatedExchange(symbols=60, rate=2_000) as exchange:
        tokens = tokens_of(exchange)

        async def cycle(number: int) -> None:
            await _closed(exchange)
            manager = manager_of(exchange)
            reader = manager.stream()
            raw = manager.get_all_raw_frame_channels()
            async with manager:
                await manager.subscribe_symbols(tokens)
                await until(lambda: manager.never_ticked() == [])
                await manager.unsubscribe_symbols(tokens[number % 3 :: 3])
            assert [message async for message in reader]
            for _, channel in raw:
                assert [frame async for frame in channel]
            assert manager.get_stats().readers == ()

        await leaves_nothing(cycle, FEWER_TIMES, exchange)


async def test_stopping_amid_a_reconnect_leaves_nothing() -> None:
    async with SimulatedExchange(symbols=60, rate=0) as exchange:
        tokens = tokens_of(exchange)
        manager = manager_of(exchange)
        await manager.subscribe_symbols(tokens)

        async def cycle(number: int) -> None:
            await _closed(exchange)
            await manager.start()
            await until(lambda: sum(len(each.modes) for each in served_by(exchange)) == len(tokens))
            for client in exchange.clients[: 1 + number % 3]:
                client.drop()
            await turns(number)
            await manager.stop()

        await leaves_nothing(cycle, FEWER_TIMES, exchange)


async def test_starting_and_stopping_while_the_server_is_down_leaves_nothing() -> None:
    async with SimulatedExchange(symbols=60, rate=0) as exchange:
        tokens = tokens_of(exchange)
        manager = manager_of(exchange, reconnect_delay=0.001)
        await manager.subscribe_symbols(tokens)

    async def cycle(number: int) -> None:
        await manager.start()
        if number % 2:
            await turns(number)
        else:
            await until(lambda: _are_all(manager, ConnectionState.RETRYING))
        await manager.stop()

    await leaves_nothing(cycle, FEWER_TIMES)


async def test_starting_and_stopping_with_a_refused_login_leaves_nothing() -> None:
    async with SimulatedExchange(symbols=60, rate=0) as exchange:
        endpoint = manager_of(exchange).config.endpoint
        manager = KiteTickerManager("simulated", "expired", KiteManagerConfig(endpoint=endpoint))
        await manager.subscribe_symbols(tokens_of(exchange))

        async def cycle(number: int) -> None:
            await manager.start()
            if number % 2:
                await turns(number)
            else:
                await until(lambda: _are_all(manager, ConnectionState.DOWN))
            await manager.stop()

        await leaves_nothing(cycle, FEWER_TIMES, exchange)


async def test_stopping_before_a_server_that_never_answers_leaves_nothing() -> None:
    asked = 0

    async def take_and_say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        await reader.read()
        writer.close()

    async with await asyncio.start_server(take_and_say_nothing, "127.0.0.1", 0) as server:
        endpoint = Endpoint(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        manager = KiteTickerManager("key", "token", KiteManagerConfig(endpoint=endpoint))
        await manager.subscribe_symbols([token("NSE", number) for number in range(1, 4)])

        async def cycle(number: int) -> None:
            before = asked
            await manager.start()
            await until(lambda: asked == before + 3)
            await manager.stop()

        await leaves_nothing(cycle, FEWER_TIMES)


def _are_all(manager: KiteTickerManager, state: ConnectionState) -> bool:
    return all(each.state is state for each in manager.get_stats().connections)
