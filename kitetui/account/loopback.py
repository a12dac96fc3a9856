"""A small HTTP server for this machine alone: what the browser comes back to, and the simulated exchange.

One request a connection; sizes and times are bounded, and closing it ends whatever is still being answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import h11

HOST: Final = "127.0.0.1"

_PATIENCE: Final = 10.0
"""Seconds that a client has to send its request, and to take the answer."""

_LARGEST: Final = 65_536
"""Bytes of a request's body."""

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; names of headers are in lower case, and of values of one name the last counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as the fields of a form."""
        return dict(parse_qsl(self.body.decode("ascii", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; with `sent` the connection breaks off after so many bytes of the body."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None


Handler = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def listening(handler: Handler, port: int) -> AsyncIterator[int]:
    """Answer requests on a port of the loopback, 0 for any that is free, and give its number.

    Raises OSError where the port is taken.
    """
    answering: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_converse(handler, reader, writer), name="kitetui http")
        answering.add(task)
        task.add_done_callback(answering.discard)

    server = await asyncio.start_server(accept, HOST, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        await server.wait_closed()


async def _converse(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(ConnectionError, TimeoutError):
            connection = h11.Connection(h11.SERVER)
            async with asyncio.timeout(_PATIENCE):
                request = await _received(connection, reader)
            response = request if isinstance(request, Response) else await handler(request)
            async with asyncio.timeout(_PATIENCE):
                await _send(connection, writer, response)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _received(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | Response:
    """Return the request, or the answer to what is none."""
    head: h11.Request | None = None
    body = bytearray()
    try:
        while True:
            match connection.next_event():
                case h11.Request() as head:
                    pass
                case h11.Data(data):
                    body += data
                case h11.EndOfMessage() if head is not None:
                    break
                case h11.NEED_DATA:
                    connection.receive_data(await reader.read(_CHUNK))
                case _:
                    raise ConnectionResetError
            if len(body) > _LARGEST:
                return Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except h11.RemoteProtocolError as error:
        return Response(HTTPStatus(error.error_status_hint))
    if head.method == b"HEAD":
        # An answer without its body, for which nobody here has a use.
        return Response(HTTPStatus.METHOD_NOT_ALLOWED)
    try:
        target = urlsplit(head.target.decode("ascii", "replace"))
    except ValueError:
        return Response(HTTPStatus.BAD_REQUEST)
    return Request(
        method=head.method.decode("ascii"),
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        body=bytes(body),
    )


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, response: Response) -> None:
    headers = {**response.headers, "content-length": str(len(response.body)), "connection": "close"}
    head = h11.Response(
        status_code=response.status, headers=list(headers.items()), reason=response.status.phrase
    )
    writer.write(connection.send(head) or b"")
    writer.write(connection.send(h11.Data(data=response.body[: response.sent])) or b"")
    if response.sent is None:
        writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
