"""How the tests of the feed run a manager and read what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    KiteManagerConfig,
    KiteTickerManager,
    Receiver,
    TickerMessage,
    Ticks,
)
from tests.feed.server import PATIENCE, ScriptedServer
from tests.wire.packets import frame, ltp

Message = TypeVar("Message")


def manager_on(server: ScriptedServer, **settings: Any) -> KiteTickerManager:
    """A manager of this server; one connection and quick retries unless told otherwise."""
    quick = {"max_connections": 1, "reconnect_delay": 0.01, "endpoint": server.endpoint}
    return KiteTickerManager("key", "token", KiteManagerConfig(**(quick | settings)))


@asynccontextmanager
async def running(manager: KiteTickerManager) -> AsyncIterator[Receiver]:
    """Run a manager and give a reader of its stream; too long a run is a failure, not a hang."""
    async with asyncio.timeout(2 * PATIENCE):
        reader = manager.stream()
        async with manager:
            yield reader


async def next_of(
    reader: Receiver, kind: type[Message], where: Callable[[Message], bool] = lambda message: True
) -> Message:
    """Read on to the next message of this type, and of this kind."""
    async with asyncio.timeout(PATIENCE):
        async for message in reader:
            if isinstance(message, kind) and where(message):
                return message
    raise AssertionError("the stream ended before that")


async def becomes(reader: Receiver, state: ConnectionState, connection: int = 0) -> ConnectionChanged:
    """Read on until a connection enters a state."""
    return await next_of(
        reader, ConnectionChanged, lambda message: (message.connection, message.state) == (connection, state)
    )


async def ticks_from(reader: Receiver, count: int) -> list[Ticks]:
    """Read on until so many ticks have come; return the messages that brought them."""
    messages: list[Ticks] = []
    while sum(len(message.batch) for message in messages) < count:
        messages.append(await next_of(reader, Ticks))
    return messages


async def rest(reader: Receiver) -> list[TickerMessage]:
    """Read what is left up to the end of the stream."""
    async with asyncio.timeout(PATIENCE):
        return [message async for message in reader]


def ltp_frame(*prices: int, token: int = 408065) -> bytes:
    """A binary message of one `ltp` packet for each price."""
    return frame(*(ltp(price, token) for price in prices))


def prices(messages: list[Ticks]) -> list[int]:
    """The prices in these messages, in paise."""
    return [word for message in messages for word in message.batch.words[:, 1].tolist()]
