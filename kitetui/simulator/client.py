"""One connected client: requests in, market data and heartbeats out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kitetui.simulator.faults import Answering, Sending
from kitetui.simulator.market import Market, Rows
from kitetui.simulator.subscriptions import Due, Subscriptions
from kitetui.wire import HEARTBEAT, Mode, RequestError, encode_error, encode_frame, layout, parse_request


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of market data that a client is sent; what has an entry for each packet is in their order.

    at: the exchange's clock, in UTC seconds. frame: the message. tokens: whose packets it holds.
    answers: for each packet whether it is sent only because of a request. It is news if its row changed
    since the client was last sent it, whether or not a request is answered by it as well; in mode `ltp` only
    another last price is a change, and what changed before it was subscribed is no news.
    made_at: for each packet when the market last changed its row, in UTC seconds.
    """

    client: Client
    at: float
    frame: bytes
    tokens: tuple[int, ...]
    answers: tuple[bool, ...]
    made_at: tuple[float, ...]


class Client:
    """Serves one connection until it closes.

    heartbeat: seconds without anything to send after which a heartbeat is sent.
    now: the exchange's clock. answering: tells how requests are answered. account: as for the exchange.
    """

    def __init__(
        self,
        connection: ServerConnection,
        market: Market,
        heartbeat: float,
        *,
        now: Callable[[], float],
        answering: Callable[[], Answering],
        account: Callable[[Sent], None] | None,
    ) -> None:
        self._connection = connection
        self._market = market
        self._heartbeat = heartbeat
        self._now = now
        self._answering = answering
        self._account = account
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

    @property
    def address(self) -> tuple[str, int]:
        """The address that it dialled from."""
        host, port = self._connection.remote_address[:2]
        return host, port

    def send_only(self, sending: Sending) -> None:
        """Send this much from now on; what waits meanwhile is sent when everything is again."""
        self._sending = sending
        self._wake.set()

    async def send(self, message: bytes | str) -> None:
        """Send any message at all, of which no account is given."""
        await self._connection.send(message)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with this code and reason."""
        await self._connection.close(code, reason)

    def drop(self) -> None:
        """End the connection without a closing handshake, and without what waits to be sent."""
        self._connection.transport.abort()

    async def _answer(self, message: str | bytes) -> None:
        answering = self._answering()
        try:
            error = self._subscriptions.apply(parse_request(message), answering)
        except RequestError as refusal:
            error = str(refusal)
        if answering is Answering.EACH and self._sending is Sending.EVERYTHING:
            await self._send_data(self._subscriptions.take_answers())
        elif self._subscriptions.waiting:
            self._wake.set()
        if error is not None:
            await self._connection.send(encode_error(error))

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
                    await self._send_data(self._subscriptions.take())

    async def _send_data(self, due: Due) -> None:
        """Send what is due, if anything is; it is written before anything else can happen."""
        if not due.lengths:
            return
        words = self._market.words[due.rows]
        frame = encode_frame(words, due.lengths)
        # A connection that is closing takes no message any more: `send` raises.
        if self._account is not None and self._connection.state is State.OPEN:
            self._account(
                Sent(
                    client=self,
                    at=self._now(),
                    frame=frame,
                    tokens=tuple(words.view(np.uint32)[:, layout.TOKEN].tolist()),
                    answers=tuple(due.answers.tolist()),
                    made_at=tuple(self._market.changed_at[due.rows].tolist()),
                )
            )
        await self._connection.send(frame)
