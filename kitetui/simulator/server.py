"""The exchange in a box: a simulated market on the loopback, to which Kite's clients can connect."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from email.utils import formatdate
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, quote
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from kitetui.account.redirect import REDIRECT_URL
from kitetui.instruments import Universe, simulated_instruments
from kitetui.simulator.client import Client, Sent
from kitetui.simulator.faults import Answering, HandshakeFaults
from kitetui.simulator.listening import LoopbackExchange
from kitetui.simulator.market import Market, Pace, RowNumbers
from kitetui.simulator.rest import API_SECRET, SimulatedRest

MAX_CONNECTIONS: Final = 3
DEFAULT_RATE: Final = 400.0


class SimulatedExchange(LoopbackExchange):
    """A market that moves by itself, and the server that streams it; an asynchronous context manager.

    It listens on the loopback alone, and leaves nothing behind. Three connections may be open at a time,
    as Kite allows an API key.
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
        accounts: Mapping[str, str] | None = None,
        rest_port: int | None = None,
        api_secret: str = API_SECRET,
        redirect_url: str = REDIRECT_URL,
        heartbeat: float = 1.0,
        now: Callable[[], float] = time.time,
        account: Callable[[Sent], None] | None = None,
    ) -> None:
        """Make the market; nothing is served before the exchange is entered.

        port: where to listen on the loopback, 0 for any that is free.
        rate: updates a second of all instruments together; with 0 the market moves by `step` alone.
        seed: the same seed gives the same market, step by step.
        symbols: how many instruments to trade, None for the universe that ships with the program.
        api_key, access_token: the pair that is let in.
        accounts: further keys with their tokens; each key has three connections of its own.
        rest_port: where to serve Kite's REST on the loopback, 0 for any that is free, None for nowhere.
        api_secret: the secret of every key, which a login proves to know.
        redirect_url: where the login page sends the browser.
        heartbeat: seconds without anything to send after which a client gets a heartbeat.
        now: the clock, in UTC seconds; whatever takes time takes that of the running loop.
        account: is called with each message of market data right before it is written to a client's socket.

        Raises ValueError for a rate below 0 or fewer than one symbol.
        """
        if rate < 0:
            raise ValueError(f"the rate is updates a second, and cannot be {rate:g}")
        if symbols is not None and symbols < 1:
            raise ValueError(f"an exchange needs at least one symbol, and cannot have {symbols}")
        self.instruments: Final = simulated_instruments(symbols)
        """What is traded, in the order of the market's rows."""
        self.market = Market(self.instruments, seed=seed, now=now())
        super().__init__(port)
        self._rate = rate
        self._api_key = api_key
        self._tokens = {api_key: access_token, **(accounts or {})}
        self._key_of: WeakKeyDictionary[ServerConnection, str] = WeakKeyDictionary()
        self._now = now
        self._rest_port = rest_port
        self.rest = SimulatedRest(
            self._tokens, self.instruments, api_secret=api_secret, redirect_url=redirect_url, now=now
        )
        self.handshakes = HandshakeFaults()
        self.answering = Answering.JOINED
        """How requests are answered from now on."""
        self._account = account
        self._heartbeat = heartbeat
        self._clients: dict[Client, None] = {}

    @cached_property
    def universe(self) -> Universe:
        """What is traded, by key, token and name."""
        return (
            Universe.load() if self.instruments == simulated_instruments() else Universe.of(self.instruments)
        )

    @property
    def url_with_credentials(self) -> str:
        """The URL with the pair that the exchange accepts; a login over REST changes it."""
        access_token = self._tokens[self._api_key]
        return f"{self.url}?api_key={quote(self._api_key, '')}&access_token={quote(access_token, '')}"

    @property
    def clients(self) -> list[Client]:
        """The open connections, the one that was opened first before the others."""
        return list(self._clients)

    def expire_token(self, new_token: str) -> None:
        """Let no new connection in with the old token; as on Kite, those that are open live on."""
        self._tokens[self._api_key] = new_token

    async def step(self, count: int) -> RowNumbers:
        """Update `count` instruments now, and return the rows that changed.

        Clients that keep up have been handed the change when this returns.
        """
        rows = self._step(count)
        await asyncio.sleep(0)
        return rows

    def _step(self, count: int) -> RowNumbers:
        rows = self.market.step(count, self._now())
        for client in self._clients:
            client.changed(rows)
        return rows

    async def _open(self, stack: AsyncExitStack) -> None:
        if self._rest_port is not None:
            await stack.enter_async_context(self.rest.serving(self._rest_port))

    def _work(self) -> Coroutine[Any, Any, None] | None:
        return self._move_market() if self._rate else None

    async def _move_market(self) -> None:
        """Step at an even pace; a step that comes late is made late, and none is made twice to catch up."""
        loop = asyncio.get_running_loop()
        pace = Pace.of(self._rate, len(self.market))
        due = loop.time()
        for count in pace.counts():
            due = max(due + pace.interval, loop.time())
            await asyncio.sleep(due - loop.time())
            self._step(count)

    async def _greet(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake, wrongly if it is to be."""
        if self.handshakes.delay:
            await asyncio.sleep(self.handshakes.delay)
        status = self.handshakes.take()
        return self._admit(connection, request) if status is None else connection.respond(status, "\n")

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake as Kite does: 400, 403 or 429, or let it through.

        Nothing is awaited between the count here and the connection's opening, so that two handshakes
        cannot both take the last place.
        """
        query = parse_qs(request.path.partition("?")[2])
        api_key, access_token = query.get("api_key"), query.get("access_token")
        if not api_key or not access_token:
            return connection.respond(HTTPStatus.BAD_REQUEST, "api_key and access_token are needed\n")
        key = api_key[0]
        if not _same(access_token[0], self._tokens.get(key, "")) or key not in self._tokens:
            return connection.respond(HTTPStatus.FORBIDDEN, "the api_key or access_token is wrong\n")
        if [self._key_of.get(each) for each in connection.server.connections].count(key) >= MAX_CONNECTIONS:
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "too many connections for this api_key\n")
        self._key_of[connection] = key
        return None

    def _sign(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Say in the answer to a handshake that this is a simulation, and what its clock shows."""
        super()._sign(connection, request, response)
        del response.headers["Date"]
        response.headers["Date"] = formatdate(self._now(), usegmt=True)

    async def _serve_client(self, connection: ServerConnection) -> None:
        client = Client(
            connection,
            self.market,
            self._heartbeat,
            now=self._now,
            answering=lambda: self.answering,
            account=self._account,
        )
        self._clients[client] = None
        try:
            await client.serve()
        finally:
            del self._clients[client]


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
