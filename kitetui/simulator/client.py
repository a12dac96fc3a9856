"""One connected client: requests in, market data and heartbeats out."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from kitetui.simulator.faults import Sending
from kitetui.simulator.market import Market, Rows
from kitetui.simulator.subscriptions import Subscriptions
from kitetui.wire import HEARTBEAT, Mode, RequestError, encode_error, encode_frame, parse_request


class Client:
    """Serves one connection until it closes.

    heartbeat: seconds without anything to send after which a heartbeat is sent.
    """

    def __init__(self, connection: ServerConnection, market: Market, heartbeat: float) -> None:
        self._connection = connection
        self._market = market
        self._heartbeat = heartbeat
        self._subscriptions = Subscriptions(market)
        self._sending = Sending.EVERYTHING
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

    @property
    def modes(self) -> dict[int, Mode]:
        """The tokens that are streamed, with their modes."""
        return self._subscriptions.modes()

    @property
    def counted(self) -> dict[int, int]:
        """How often each token counts against the limit: once, if the client says nothing twice."""
        return self._subscriptions.counted()

    def send_only(self, sending: Sending) -> None:
        """Send this much from now on; what waits meanwhile is sent when everything is again."""
        self._sending = sending
        self._wake.set()

    async def send(self, message: bytes | str) -> None:
        """Send any message at all."""
        await self._connection.send(message)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with this code and reason."""
        await self._connection.close(code, reason)

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
                if self._sending is not Sending.EVERYTHING:
                    await asyncio.sleep(self._heartbeat)
                    if self._sending is Sending.HEARTBEATS:
                        await self._connection.send(HEARTBEAT)
                    continue
                try:
                    async with asyncio.timeout(self._heartbeat):
                        await self._wake.wait()
                except TimeoutError:
                    await self._connection.send(HEARTBEAT)
                    continue
                self._wake.clear()
                if self._sending is Sending.EVERYTHING:
                    await self._send_due()

    async def _send_due(self) -> None:
        rows, lengths = self._subscriptions.take()
        if lengths:
            await self._connection.send(encode_frame(self._market.words[rows], lengths))
