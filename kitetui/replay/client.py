"""One client of a replay: requests in, and what was recorded of its tokens out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from kitetui.feed.replayed import Recorded, Told, encode_told
from kitetui.record.capture.marks import Places
from kitetui.replay.market import RecordedMarket
from kitetui.replay.packets import Packets, cut, join, places_left, ticks_in
from kitetui.wire import (
    HEARTBEAT,
    Mode,
    Request,
    RequestError,
    SetMode,
    Subscribe,
    Unsubscribe,
    encode_error,
    parse_request,
)

_MOST_PACKETS: Final = 3_000
"""Packets of the largest message that Kite sends; clients need not take a larger one."""

_PONG_WITHIN: Final = 1.0


class ReplayClient:
    """Serves one connection until it closes; `modes` are its tokens, with their modes.

    market: has the last packets, which who subscribes late is sent. now: the recorded time, UTC nanoseconds.
    wants_told: whether it is told what Kite's protocol has no place for. asked: is called after each request.
    heartbeat: seconds without anything to send after which a heartbeat is sent. patience: seconds that it may
    leave unread what it is sent.
    """

    def __init__(
        self,
        connection: ServerConnection,
        market: RecordedMarket,
        now: Callable[[], int],
        *,
        wants_told: bool,
        asked: Callable[[], None],
        heartbeat: float,
        patience: float,
    ) -> None:
        self.modes: dict[int, Mode] = {}
        self._connection = connection
        self._market = market
        self._now = now
        self._wants_told = wants_told
        self._asked = asked
        self._heartbeat = heartbeat
        self._patience = patience
        self._in_full: set[int] = set()
        # What is told of a message must come right before it, whatever else there is to send.
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

    async def show(self, message: bytes, packets: Packets, at: int, places: Places) -> None:
        """Send what was received at this moment (UTC nanoseconds), as far as this client wants it.

        places: which of its ticks carry the mark.
        """
        if self._in_full.issuperset(packets.tokens):
            if packets.tokens:
                await self._send(message, Recorded(at, places))
            return
        chosen, wanted = [], []
        for number, (token, packet) in enumerate(zip(packets.tokens, packets.packets, strict=True)):
            mode = self.modes.get(token)
            if mode is not None:
                chosen.append(number)
                wanted.append(cut(packet, mode))
        if wanted:
            await self._send(join(wanted), Recorded(at, places_left(places, packets.packets, chosen)))

    async def pass_on(self, message: bytes | str, at: int, places: Places = ()) -> None:
        """Send a message as it was recorded at this moment, UTC nanoseconds."""
        await self._send(message, Recorded(at, places) if isinstance(message, bytes) else None)

    async def tell(self, told: Told) -> None:
        """Tell what was noted, if this client wants to be told."""
        if self._wants_told:
            await self._send(encode_told(told))

    async def has_spoken(self) -> None:
        """Wait until all that the client has sent by now has come."""
        with suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(_PONG_WITHIN):
                await (await self._connection.ping())

    def drop(self) -> None:
        """End the connection without a closing handshake, and without what waits to be sent."""
        self._connection.transport.abort()

    async def _send(self, message: bytes | str, told: Recorded | None = None) -> None:
        """Send, and wait for a client that is slow, until the watch drops it."""
        async with self._turn:
            self._sent_at = self._loop.time()
            with suppress(ConnectionClosed):
                if told is not None and self._wants_told:
                    await self._connection.send(encode_told(told))
                await self._connection.send(message)

    async def _answer(self, message: str | bytes) -> None:
        try:
            late = self._apply(parse_request(message))
        except RequestError as refusal:
            await self._send(encode_error(str(refusal)))
            return
        self._asked()
        packets = [cut(self._market.last[token], self.modes[token]) for token in late]
        for start in range(0, len(late), _MOST_PACKETS):
            part = packets[start : start + _MOST_PACKETS]
            await self._send(join(part), Recorded(self._now(), tuple(range(ticks_in(part)))))

    def _apply(self, request: Request) -> list[int]:
        """Do what a client asks; return the tokens whose last packet it is owed."""
        changed: dict[int, Mode] = {}
        match request:
            case Subscribe(tokens):
                changed = {token: Mode.QUOTE for token in tokens if token not in self.modes}
            case SetMode(mode, tokens):
                changed = {token: mode for token in tokens if self.modes.get(token, mode) is not mode}
            case Unsubscribe(tokens):
                for token in tokens:
                    self.modes.pop(token, None)
                self._in_full.difference_update(tokens)
        self.modes.update(changed)
        self._in_full.difference_update(changed)
        self._in_full.update(token for token, mode in changed.items() if mode is Mode.FULL)
        return [token for token in changed if token in self._market.last]

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
