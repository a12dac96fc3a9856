"""A WebSocket server on the loopback that does to its clients what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response

from kitetui.feed import Endpoint

PATIENCE = 10.0
"""Seconds after which a wait fails its test; far more than anything here takes."""


class Peer(ServerConnection):
    """One client's connection as the server sees it.

    requests: every request as it came, in order.
    modes: what the server would stream, token to mode, as Kite keeps it.
    subscribed: how many times each token was asked for.
    pings: how many were answered.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.requests: list[dict[str, object]] = []
        self.modes: dict[int, str] = {}
        self.subscribed: Counter[int] = Counter()
        self.pings = 0
        self._happened = asyncio.Event()
        super().connection_made(transport)

    async def until(self, reached: Callable[[Peer], bool]) -> None:
        """Wait for something that the client is to do."""
        async with asyncio.timeout(PATIENCE):
            while not reached(self):
                self._happened.clear()
                await self._happened.wait()

    async def carries(self, modes: dict[int, str]) -> None:
        """Wait until the client has asked for exactly these tokens in these modes."""
        await self.until(lambda peer: peer.modes == modes)

    def send_together(self, *messages: bytes) -> None:
        """Send short binary messages in one piece, so that the client receives them at the same moment."""
        assert all(len(message) < 2**16 for message in messages)
        heads = (b"\x82\x7e" + len(message).to_bytes(2, "big") for message in messages)
        self.transport.write(b"".join(head + message for head, message in zip(heads, messages, strict=True)))

    def drop(self) -> None:
        """Break the connection off without a word."""
        self.transport.abort()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings += 1
            self._happened.set()
        super().process_event(event)

    async def take_requests(self) -> None:
        try:
            async for text in self:
                self._take(json.loads(text))
                self._happened.set()
        except ConnectionClosed:
            pass

    def _take(self, request: dict[str, object]) -> None:
        self.requests.append(request)
        match request:
            case {"a": "subscribe", "v": tokens}:
                self.subscribed.update(tokens)
                self.modes.update(dict.fromkeys(tokens, "quote"))
            case {"a": "unsubscribe", "v": tokens}:
                for token in tokens:
                    del self.modes[token]
            case {"a": "mode", "v": [mode, tokens]}:
                assert self.modes.keys() >= set(tokens), "a mode for a token that is not subscribed"
                self.modes.update(dict.fromkeys(tokens, mode))


class ScriptedServer:
    """The server; `async with` starts and stops it.

    refuse_with: answer the next handshakes with this status instead of taking them.
    answer: cleared, handshakes stay without an answer.
    dials: the query of every handshake, refused ones too.
    """

    def __init__(self) -> None:
        self.refuse_with: HTTPStatus | None = None
        self.answer = asyncio.Event()
        self.answer.set()
        self.dials: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self._dialled = asyncio.Event()
        self._peers: list[ServerConnection] = []
        self._accepted: asyncio.Queue[Peer] = asyncio.Queue()
        self._server: Server | None = None

    async def __aenter__(self) -> ScriptedServer:
        self._server = await serve(
            self._greet,
            "127.0.0.1",
            0,
            process_request=self._admit,
            create_connection=Peer,
            ping_interval=None,
            close_timeout=0.1,
            compression=None,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self.answer.set()
        for peer in self._peers:
            peer.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    @property
    def endpoint(self) -> Endpoint:
        """Where the server listens."""
        assert self._server is not None
        port = next(iter(self._server.sockets)).getsockname()[1]
        return Endpoint(f"ws://127.0.0.1:{port}/")

    async def accept(self) -> Peer:
        """Wait for the next client that is let in."""
        async with asyncio.timeout(PATIENCE):
            return await self._accepted.get()

    async def dialled(self, times: int) -> None:
        """Wait until so many handshakes have been tried."""
        async with asyncio.timeout(PATIENCE):
            while len(self.dials) < times:
                self._dialled.clear()
                await self._dialled.wait()

    async def emptied(self) -> None:
        """Wait until no client is connected any more."""
        async with asyncio.timeout(PATIENCE):
            for peer in self._peers:
                await peer.wait_closed()

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self._peers.append(connection)
        self.dials.append(dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True)))
        self.headers.append(dict(request.headers.raw_items()))
        self._dialled.set()
        await self.answer.wait()
        if self.refuse_with is not None:
            return connection.respond(self.refuse_with, "refused\n")
        return None

    async def _greet(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Peer)
        self._accepted.put_nowait(connection)
        await connection.take_requests()
