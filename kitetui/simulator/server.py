"""An exchange on the loopback that speaks Kite's streaming protocol to any client of it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from kitetui.instruments import Universe
from kitetui.simulator.market import Market
from kitetui.simulator.session import Session
from kitetui.wire import HEARTBEAT, RequestError, encode_error, encode_frame, parse_request

HOST: Final = "127.0.0.1"
MAX_CONNECTIONS: Final = 3
DEFAULT_RATE: Final = 400.0

_STEPS_A_SECOND: Final = 20
_HEARTBEAT_AFTER: Final = 1.0
_MAX_PACKETS: Final = 3000
_CLOSE_TIMEOUT: Final = 1.0

# The library would log the target of each handshake, which holds the key and the token.
_SILENT: Final = logging.Logger("kitetui.simulator.websockets", level=logging.CRITICAL + 1)


class SimulatedExchange:
    """A market that moves by itself, and the server that streams it; an asynchronous context manager.

    port: where to listen on the loopback, 0 for any that is free.
    rate: updates a second of all instruments together; with 0 the market moves by `step` alone.
    seed: the same seed gives the same market, step by step.
    symbols: how many instruments to trade, None for the universe that ships with the program.
    now: the clock, in UTC seconds.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        rate: float = DEFAULT_RATE,
        seed: int = 1,
        symbols: int | None = None,
        api_key: str = "simulated",
        access_token: str = "simulated",  # noqa: S107 - opens the simulated exchange and nothing else
        now: Callable[[], float] = time.time,
    ) -> None:
        universe = Universe.load()
        self.universe = universe if symbols is None else universe.expanded(symbols)
        self.market = Market(self.universe, seed=seed, now=now())
        self._port = port
        self._rate = rate
        self._api_key = api_key
        self._access_token = access_token
        self._now = now
        self._sessions: set[Session] = set()
        self._connections: set[ServerConnection] = set()
        self._server: Server | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> SimulatedExchange:
        async with AsyncExitStack() as stack:
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            self._server = await stack.enter_async_context(
                serve(
                    self._serve_client,
                    HOST,
                    self._port,
                    process_request=self._admit,
                    compression=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_TIMEOUT,
                    logger=_SILENT,
                )
            )
            if self._rate:
                stack.callback(tasks.create_task(self._move_market(), name="kitetui market").cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def port(self) -> int:
        """The port that the exchange listens on."""
        if self._server is None:
            raise RuntimeError("the exchange is not running; enter it with `async with`")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The URL without credentials."""
        return f"ws://{HOST}:{self.port}/"

    @property
    def url_with_credentials(self) -> str:
        """The URL with the pair that the exchange accepts."""
        return f"{self.url}?api_key={quote(self._api_key, '')}&access_token={quote(self._access_token, '')}"

    async def step(self, count: int) -> None:
        """Update `count` instruments, and let what they are now be sent."""
        rows = self.market.step(count, self._now())
        for session in self._sessions:
            session.changed(rows)

    async def _move_market(self) -> None:
        """Step at a steady pace; the steps are the same whatever the pace is like in fact."""
        loop = asyncio.get_running_loop()
        period = max(1 / _STEPS_A_SECOND, 1 / self._rate)
        due, at = 0.0, loop.time()
        while True:
            due += self._rate * period
            count = int(due)
            due -= count
            await self.step(count)
            at = max(at + period, loop.time() - period)
            await asyncio.sleep(at - loop.time())

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake as Kite does: 400, 403 or 429, or let it through."""
        query = parse_qs(urlsplit(request.path).query)
        api_key, access_token = query.get("api_key"), query.get("access_token")
        if not api_key or not access_token:
            return connection.respond(HTTPStatus.BAD_REQUEST, "api_key and access_token are needed\n")
        if not (_same(api_key[0], self._api_key) and _same(access_token[0], self._access_token)):
            return connection.respond(HTTPStatus.FORBIDDEN, "the api_key or access_token is wrong\n")
        self._connections = {each for each in self._connections if each.state is not State.CLOSED}
        if len(self._connections) >= MAX_CONNECTIONS:
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "too many connections for this api_key\n")
        self._connections.add(connection)
        return None

    async def _serve_client(self, connection: ServerConnection) -> None:
        session = Session(self.market)
        self._sessions.add(session)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_requests(connection, session))
                tasks.create_task(self._send_updates(connection, session))
        except* ConnectionClosed:
            pass
        finally:
            self._sessions.discard(session)

    async def _follow_requests(self, connection: ServerConnection, session: Session) -> None:
        while True:
            message = await connection.recv()
            try:
                refusal = session.take(parse_request(message))
            except RequestError as error:
                refusal = str(error)
            if refusal is not None:
                await connection.send(encode_error(refusal))

    async def _send_updates(self, connection: ServerConnection, session: Session) -> None:
        """Send what has changed, several packets a message, and a heartbeat when nothing has."""
        while True:
            try:
                async with asyncio.timeout(_HEARTBEAT_AFTER):
                    await session.due.wait()
            except TimeoutError:
                await connection.send(HEARTBEAT)
                continue
            rows, lengths = session.take_due()
            for start in range(0, len(rows), _MAX_PACKETS):
                part = slice(start, start + _MAX_PACKETS)
                await connection.send(encode_frame(self.market.words[rows[part]], lengths[part]))


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
