"""A recording as an exchange: played on the loopback, to which Kite's clients can connect."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from kitetui.account.redirect import HOST
from kitetui.feed.endpoint import SIMULATED_HEADER
from kitetui.replay.client import ReplayClient
from kitetui.replay.playback import Playback
from kitetui.replay.player import Player
from kitetui.replay.recording import Recording

_CLOSE_TIMEOUT: Final = 1.0

# The library would log the target of each handshake, in which a Kite client sends its key and its token.
_SILENT: Final = logging.Logger("kitetui.replay.websockets", level=logging.CRITICAL + 1)


class ReplayExchange:
    """The server that plays a recording; an asynchronous context manager.

    It listens on the loopback alone, asks for no credentials, looks at none, and leaves nothing behind.
    """

    def __init__(
        self,
        recording: Recording,
        playback: Playback,
        *,
        port: int = 0,
        wait_for: int = 1,
        settle: float = 0.0,
        heartbeat: float = 1.0,
        patience: float = 10.0,
    ) -> None:
        """Prepare to play; nothing is read or served before the exchange is entered.

        port: where to listen on the loopback, 0 for any that is free.
        wait_for: how many tokens clients must have subscribed before the first message is played.
        settle: seconds in which nobody asked for more, before it begins.
        heartbeat: seconds without anything to send after which a client gets a heartbeat.
        patience: seconds that a client may hold up all others by not reading, before it is dropped.
        """
        self._player = Player(recording, playback, wait_for, settle)
        self._port = port
        self._heartbeat = heartbeat
        self._patience = patience
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
                    # A browser says which page connects: none is to read a recording behind its user's back.
                    origins=[None],
                    process_response=_sign,
                    compression=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_TIMEOUT,
                    logger=_SILENT,
                )
            )
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(tasks.create_task(self._player.play(), name="kitetui replay").cancel)
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
        """The URL to connect to; credentials may be added to it, and mean nothing."""
        return f"ws://{HOST}:{self.port}/"

    @property
    def clients(self) -> list[ReplayClient]:
        """The open connections, the one that was opened first before the others."""
        return [each for each in self._player.listeners if isinstance(each, ReplayClient)]

    @property
    def problem(self) -> str | None:
        """Why the recording could not be read to its end, in one sentence; None if it could."""
        return self._player.problem

    async def _serve_client(self, connection: ServerConnection) -> None:
        client = ReplayClient(
            connection,
            self._player.market,
            asked=self._player.asked,
            heartbeat=self._heartbeat,
            patience=self._patience,
        )
        with self._player.heard_by(client):
            await client.serve()

    def _drop_clients(self) -> None:
        for client in self.clients:
            client.drop()


def _sign(connection: ServerConnection, request: Request, response: Response) -> None:
    """Say in the handshake that these are no prices of now."""
    response.headers[SIMULATED_HEADER] = "1"
