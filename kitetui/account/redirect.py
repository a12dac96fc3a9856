"""The way back from the login: a server on this machine waits for the browser, and shows it plain pages.

A redirect counts only with the `state` that the login page was opened with: Kite hands it back, and nobody
else knows it. So no other page, and no old tab, can put a login of its own in the place of the user's.

The server is for this machine alone, and serves the simulated exchange too. It takes one request a
connection; sizes and times are bounded, and closing it ends whatever is still being answered.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets as random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import h11

from kitetui.errors import LoginError, UserError
from kitetui.formatting import plain

HOST: Final = "127.0.0.1"

_PATIENCE: Final = 10.0
"""Seconds that a client has to send its request, and to take the answer."""

_LARGEST: Final = 65_536
"""Bytes of a request's body."""

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class BrowserRequest:
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


Handler = Callable[[BrowserRequest], Awaitable[Response]]


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


async def _received(connection: h11.Connection, reader: asyncio.StreamReader) -> BrowserRequest | Response:
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
    return BrowserRequest(
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


_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>kitetui</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem }
  @media (prefers-color-scheme: dark) { body { background: #14161a; color: #dfe3ea } }
</style>
<h1>$title</h1>
<p>$text</p>
"""

_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    # The address of this page holds the request token.
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def _page(status: HTTPStatus, title: str, text: str) -> Response:
    return Response(status, _PAGE.replace("$title", title).replace("$text", text).encode(), _HEADERS)


RECEIVED: Final = _page(
    HTTPStatus.OK, "Received", "The terminal says whether you are logged in. This page can be closed."
)

NOT_LOGGED_IN: Final = _page(
    HTTPStatus.OK, "Not logged in", "The terminal says why, and what to do. This page can be closed."
)

NOT_FOUND: Final = _page(
    HTTPStatus.NOT_FOUND,
    "Nothing here",
    "This is not where the login that kitetui waits for comes back to. Log in on the page that it opened.",
)


REDIRECT_URL: Final = "http://127.0.0.1:5010/"
"""The redirect URL to register for an app on Kite's developer console."""

PATIENCE: Final = 300.0
"""Seconds that a user has to log in."""

_LOOPBACK: Final = ("127.0.0.1", "localhost")
_LONGEST: Final = 40


async def caught_token(
    redirect_url: str,
    state: str,
    login_url: str,
    open_page: Callable[[str], Awaitable[None]],
    patience: float = PATIENCE,
) -> str:
    """Listen where the redirect comes, have the login page opened, and return the request token.

    open_page: is given an address of this machine that goes on to `login_url` once. What a browser is
    started with can be read by every user of the machine, and `login_url` holds the key and the state.

    Whatever else is asked for meanwhile is not found. Raises UserError for an address that cannot be
    listened on, LoginError for a login that failed or did not come in time.
    """
    port, path = _address(redirect_url)
    page = f"/{random.token_urlsafe(12)}"
    come: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
    strange = has_gone_on = False

    async def answer(request: BrowserRequest) -> Response:
        nonlocal strange, has_gone_on
        if request.method == "GET" and request.path == page and not has_gone_on:
            has_gone_on = True
            return Response(HTTPStatus.FOUND, headers={**_HEADERS, "location": login_url})
        if request.method != "GET" or request.path != path or come.done() or "status" not in request.query:
            return NOT_FOUND
        if not _is_state(request.query, state):
            strange = True
            return NOT_FOUND
        # The answer is with the system before whoever waits for this is woken and ends the server.
        come.set_result(request.query)
        return RECEIVED if _has_token(request.query) else NOT_LOGGED_IN

    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(answer, port))
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "no such port"
            raise UserError(
                f"cannot listen at {redirect_url}: {why}", "free the port, or log in with --no-browser"
            ) from None
        await open_page(f"http://{HOST}:{port}{page}")
        try:
            async with asyncio.timeout(patience):
                query = await come
        except TimeoutError:
            seen = "only one of another login" if strange else "none"
            raise LoginError(
                f"no redirect came in {patience:.0f} seconds, {seen}",
                f"register {redirect_url} as the app's redirect URL, or log in with --no-browser",
            ) from None
    return _token(query)


_AROUND: Final = " \t\r\n<>'\"“”‘’"
"""What chats, mails and shells put around an address."""


class WrongPasteError(LoginError):
    """What was pasted is not the address that is asked for."""


def pasted_token(address: str, state: str) -> str:
    """Return the request token of an address that the browser came back to.

    Raises WrongPasteError for one that is none, or of another login, LoginError for a login that failed.
    """
    try:
        query = dict(parse_qsl(urlsplit(address.strip(_AROUND)).query))
    except ValueError:
        query = {}
    if "status" not in query and not _has_token(query):
        raise WrongPasteError(
            "that is not where the login came back to", "paste the whole address, with what is behind ?"
        )
    if not _is_state(query, state):
        raise WrongPasteError("that address is of another login", "log in on the page that was just given")
    return _token(query)


def _token(query: Mapping[str, str]) -> str:
    if query.get("status") == "cancelled":
        raise LoginError("the login was cancelled in the browser", "run kitetui login to try again")
    if not _has_token(query):
        status = plain(query.get("status", ""))[:_LONGEST] or "no status"
        raise LoginError(f"the login came back without a request token ({status})", "run kitetui login again")
    return query["request_token"]


def _has_token(query: Mapping[str, str]) -> bool:
    return bool(query.get("request_token")) and query.get("status") == "success"


def _is_state(query: Mapping[str, str], state: str) -> bool:
    return hmac.compare_digest(query.get("state", "").encode(), state.encode())


def _address(redirect_url: str) -> tuple[int, str]:
    """The port and the path of a redirect URL on this machine."""
    try:
        parts = urlsplit(redirect_url)
        port = parts.port or 80
    except ValueError:
        raise UserError("the redirect URL is no URL", f"write it like {REDIRECT_URL}") from None
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise UserError(
            f"the redirect URL is not one of this machine, like {REDIRECT_URL}", "log in with --no-browser"
        )
    return port, parts.path or "/"
