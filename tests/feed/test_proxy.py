"""A proxy that is named by the settings is what is dialled, and a connection without symbols if asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    Ticks,
)
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode


@asynccontextmanager
async def proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that tunnels to whom it is asked to, with its URL and what it was asked."""
    asked: list[str] = []

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.splitlines()[0])
        host, _, port = head.split()[1].rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_a_named_proxy_is_used() -> None:
    async with SimulatedExchange() as exchange, proxy() as (url, asked):
        config = KiteManagerConfig(endpoint=Endpoint(exchange.url), proxy=url, max_connections=1)
        async with KiteTickerManager("simulated", "simulated", config) as manager, asyncio.timeout(20):
            await manager.subscribe_symbols([408065], Mode.LTP)
            async for message in manager:
                if isinstance(message, Ticks):
                    break
        assert asked == [f"CONNECT 127.0.0.1:{exchange.port} HTTP/1.1"]


async def test_a_connection_without_symbols_is_dialled_if_asked_for() -> None:
    async with SimulatedExchange() as exchange:
        config = KiteManagerConfig(endpoint=Endpoint(exchange.url), max_connections=1, connect_when_idle=True)
        manager = KiteTickerManager("simulated", "simulated", config)
        stream = manager.stream()
        async with manager, asyncio.timeout(20):
            async for message in stream:
                if isinstance(message, ConnectionChanged) and message.state is ConnectionState.LIVE:
                    break
            await manager.subscribe_symbols([408065], Mode.LTP)
            async for message in stream:
                if isinstance(message, Ticks):
                    break
            await manager.unsubscribe_symbols([408065])
            assert manager.get_stats().connections[0].state is ConnectionState.LIVE


def test_a_delay_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="reconnect_max_delay is 0"):
        KiteManagerConfig(reconnect_max_delay=0)
