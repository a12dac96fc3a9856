"""One connected client: requests in, market data and heartbeats out."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from kitetui.simulator.market import Market, Rows
from kitetui.simulator.subscriptions import Subscriptions
from kitetui.wire import HEARTBEAT, RequestError, encode_error, encode_frame, parse_request

HEARTBEAT_SECONDS = 1.0


class Client:
    """Serves one connection until it closes."""

    def __init__(self, connection: ServerConnection, market: Market) -> None:
        self._connection = connection
        self._market = market
        self._subscriptions = Subscriptions(market)
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        """Answer requests and send what changes, until the connection is closed by either side."""
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send())
            with suppress(ConnectionClosed):
                async for message in self._connection:
                    await self._answer(message)
            sender.cancel()

    def changed(self, rows: Rows) -> None:
        """Have the rows of the market that changed sent, as far as this client wants them."""
        if self._subscriptions.changed(rows):
            self._wake.set()

    def drop(self) -> None:
        """End the connection without a closing handshake, and without what waits to be sent."""
        self._connection.transport.abort()

    async def _answer(self, message: str | bytes) -> None:
        try:
            error = self._subscriptions.apply(parse_request(message))
        except RequestError as refusal:
            error = str(refusal)
        if error is not None:
            await self._connection.send(encode_error(error))
        if self._subscriptions.waiting:
            self._wake.set()

    async def _send(self) -> None:
        """A slow client is simply here, in `send`, while newer snapshots take the place of older ones."""
        with suppress(ConnectionClosed):
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    await self._connection.send(HEARTBEAT)
                    continue
                self._wake.clear()
                rows, lengths = self._subscriptions.take()
                if lengths:
                    await self._connection.send(encode_frame(self._market.words[rows], lengths))
