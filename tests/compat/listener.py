"""How the tests run a client in the background, and hear what its callbacks are called with."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from kitetui.compat import KiteTicker
from tests.feed.server import PATIENCE

CALLBACKS = (
    "on_ticks",
    "on_connect",
    "on_open",
    "on_close",
    "on_error",
    "on_message",
    "on_reconnect",
    "on_noreconnect",
    "on_order_update",
)


class Listener:
    """Everything that a client calls back with, in order."""

    def __init__(self, client: KiteTicker, *names: str) -> None:
        self.client = client
        self.calls: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()
        for name in names or CALLBACKS:
            setattr(client, name, self._noting(name))

    async def next_of(self, name: str) -> tuple[Any, ...]:
        """Wait for the next call of this name, passing others over, and return its arguments."""
        while True:
            called, arguments = await self.next()
            if called == name:
                return arguments

    async def next(self) -> tuple[str, tuple[Any, ...]]:
        """Wait for the next call, and return its name and its arguments."""
        return await asyncio.to_thread(self.calls.get, timeout=PATIENCE)

    def rest(self) -> list[str]:
        """Return the names of the calls that nobody has waited for."""
        return [self.calls.get_nowait()[0] for _ in range(self.calls.qsize())]

    def _noting(self, name: str) -> Callable[..., None]:
        return lambda ws, *arguments: self.calls.put((name, arguments))


@asynccontextmanager
async def connected(client: KiteTicker, *names: str) -> AsyncIterator[Listener]:
    """Run a client in the background, without waiting for it, and stop it again."""
    listener = Listener(client, *names)
    client.connect(threaded=True)
    try:
        yield listener
    finally:
        await stopped(client)


async def stopped(client: KiteTicker) -> None:
    """Stop a client, and wait until its connections are closed."""
    client.stop()
    session = client._feed
    assert session is not None
    await asyncio.to_thread(session.join)


async def asked(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a method of a client from another thread, as its users do; this one serves it."""
    return await asyncio.to_thread(function, *arguments)
