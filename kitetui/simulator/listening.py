"""The server of an exchange on the loopback, which Kite's clients can dial; what it streams others say."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, ClassVar, Final, Protocol, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from kitetui.account.redirect import HOST
from kitetui.feed.endpoint import SIMULATED_HEADER

_CLOSE_TIMEOUT: Final = 1.0

# The library would log the target of each handshake, in which a client sends its key and its token.
_SILENT: Final = logging.Logger("kitetui.simulator.websockets", level=logging.CRITICAL + 1)


class _Dropped(Protocol):
    def drop(self) -> None: ...


class LoopbackExchange(ABC):
    """An exchange on this machine alone, that leaves nothing behind; an asynchronous context manager."""

    any_page: ClassVar[bool] = True
    """Whether pages in browsers, which say where they are from, may connect too."""

    def __init__(self, port: int) -> None:
        """Prepare to listen at a port of the loopback, 0 for any that is free."""
        self._port = port
        self._server: Server | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            # Before the task group, which would wrap the error of a port in use in a group of its own.
            self._server = await stack.enter_async_context(
                serve(
                    self._serve_client,
                    HOST,
                    self._port,
                    origins=None if self.any_page else [None],
                    process_request=self._greet,
                    process_response=self._sign,
                    compression=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_TIMEOUT,
                    logger=_SILENT,
                )
            )
            await self._open(stack)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            if (work := self._work()) is not None:
                stack.callback(tasks.create_task(work, name="kitetui exchange").cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The closing handshake waits for as long as a client does not read what was sent before it.
        dropping = asyncio.get_running_loop().call_later(_CLOSE_TIMEOUT, self._drop_clients)
        try:
            # The block's error is its caller's own: a task group that heard of it would wrap it in a group.
            await self._stack.aclose()
        finally:
            dropping.cancel()
            self._server = None

    @property
    def port(self) -> int:
        """The port that the exchange listens on."""
        if self._server is None:
            raise RuntimeError("the exchange is not running; enter it with `async with`")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The URL without credentials."""
        return f"ws://{HOST}:{self.port}/"

    @property
    @abstractmethod
    def clients(self) -> Iterable[_Dropped]:
        """The open connections, the one that was opened first before the others."""

    @abstractmethod
    async def _serve_client(self, connection: ServerConnection) -> None:
        """Serve one connection until it is closed."""

    @abstractmethod
    def _work(self) -> Coroutine[Any, Any, None] | None:
        """What is done for as long as the exchange is open, None for nothing."""

    async def _open(self, stack: AsyncExitStack) -> None:  # noqa: B027 - most have nothing else
        """Open what else belongs to the exchange, closed with it."""

    async def _greet(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake, or let it through."""
        return None

    def _sign(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Say in the answer to a handshake that these are no prices of now."""
        response.headers[SIMULATED_HEADER] = "1"

    def _drop_clients(self) -> None:
        for client in self.clients:
            client.drop()
