"""A server on a real socket that sends what it is told to, to whoever subscribes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from kitetui.wire import HEARTBEAT, Subscribe, parse_request


@asynccontextmanager
async def server_that_sends(*messages: bytes | str, refuse: HTTPStatus | None = None) -> AsyncIterator[str]:
    """Serve these messages, once, to whoever subscribes, and heartbeats ever after; give the URL."""

    async def handler(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while not isinstance(parse_request(await connection.recv()), Subscribe):
                pass
            for message in messages:
                await connection.send(message)
            while True:
                await connection.send(HEARTBEAT)
                await asyncio.sleep(0.5)

    def process_request(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(refuse, "no") if refuse else None

    async with serve(handler, "127.0.0.1", 0, process_request=process_request) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/"
