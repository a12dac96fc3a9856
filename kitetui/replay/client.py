"""One client of a replay: requests in, and what was recorded of its tokens out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from kitetui.record.capture.rows import Positions
from kitetui.replay.market import MessagePackets, Noted, RecordedMarket, Subscribed, join
from kitetui.wire import HEARTBEAT, Mode, RequestError, encode_error, parse_request

_MOST_PACKETS: Final = 3_000
"""Packets of the largest message that Kite sends; clients need not take a larger one."""

_PONG_WITHIN: Final = 1.0


class ReplayClient:
    """Serves one connection until it closes; `modes` are its tokens, with their modes.

    market: has the last packets, which who subscribes late is sent. asked: is called after each request.
    heartbeat: seconds without anything to send after which a heartbeat is sent. patience: seconds that it may
    leave unread what it is sent.
    """

    def __init__(
        self,
        connection: ServerConnection,
        market: RecordedMarket,
        *,
        asked: Callable[[], None],
        heartbeat: float,
        patience: float,
    ) -> None:
        self._subscribed = Subscribed()
        self._connection = connection
        self._market = market
        self._asked = asked
        self._heartbeat = heartbeat
        self._patience = patience
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._loop.time()

    async def serve(self) -> None:
        """Answer requests, and send heartbeats, until the connection is closed by either side."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            with suppress(ConnectionClosed):
                async for message in self._connection:
                    await self._answer(message)
            watching.cancel()

    @property
    def modes(self) -> Mapping[int, Mode]:
        """Its tokens, with their modes."""
        return self._subscribed.modes

    async def show(self, message: bytes, packets: MessagePackets, at: int, places: Positions) -> None:
        """Send what of a message this client wants; Kite's protocol has no place for the rest."""
        if (part := self._subscribed.part_of(message, packets, places)) is not None:
            await self._send(part[0])

    async def pass_on(self, message: bytes | str, at: int, places: Positions = ()) -> None:
        """Send a message as it was recorded."""
        await self._send(message)

    async def tell(self, noted: Noted, at: int) -> None:
        """Keep what was noted to itself: Kite's protocol has no place for it."""

    async def has_spoken(self) -> None:
        """Wait until all that the client has sent by now has come."""
        with suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(_PONG_WITHIN):
                await (await self._connection.ping())

    def drop(self) -> None:
        """End the connection without a closing handshake, and without what waits to be sent."""
        self._connection.transport.abort()

    async def _send(self, message: bytes | str) -> None:
        """Send, and wait for a client that is slow, until the watch drops it."""
        async with self._turn:
            self._sent_at = self._loop.time()
            with suppress(ConnectionClosed):
                await self._connection.send(message)

    async def _answer(self, message: str | bytes) -> None:
        try:
            changed = self._subscribed.apply(parse_request(message))
        except RequestError as refusal:
            await self._send(encode_error(str(refusal)))
            return
        self._asked()
        packets = self._subscribed.last_of(changed, self._market.last)
        for start in range(0, len(packets), _MOST_PACKETS):
            await self._send(join(packets[start : start + _MOST_PACKETS]))

    async def _watch(self) -> None:
        """Send heartbeats while there is nothing else to send, and drop a client that takes nothing."""
        while True:
            is_sending = self._turn.locked()
            due = self._sent_at + (self._patience if is_sending else self._heartbeat)
            rest = due - self._loop.time()
            if rest > 0:
                await asyncio.sleep(min(rest, self._heartbeat))
            elif is_sending:
                self.drop()
                return
            else:
                await self._send(HEARTBEAT)
