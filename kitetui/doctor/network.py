"""The way to Kite: whether a host is known and lets one in, and whether its stream brings what it should.

What several checks need is asked once. A check whose ground is missing says so and is skipped, so that one
thing that does not work is one failure and not seven.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from kitetui.account import DEFAULT, EndpointProfile, Secrets, Vault
from kitetui.account.profiles import KITE_VERSION
from kitetui.account.rest import User
from kitetui.doctor import kite
from kitetui.doctor.checks import (
    Check,
    Fact,
    Finding,
    State,
    Topic,
    failed,
    in_thread,
    milliseconds,
    ok,
    skipped,
    warning,
)
from kitetui.doctor.kite import (
    Answer,
    Login,
    Summary,
    ask_service,
    instruments_check,
    permissions,
    read_login,
)
from kitetui.errors import UserError
from kitetui.feed import MAX_CONNECTIONS, Account, Endpoint
from kitetui.feed.retry import classify_failure
from kitetui.logs import redacted
from kitetui.proxies import LOOPBACK, proxy_of

SLOW: Final = 0.5
"""Seconds from which on the way to a host is worth a word."""

_PORTS: Final = {"https": 443, "http": 80, "wss": 443, "ws": 80}


async def look_at_host(url: str, limit: float) -> Finding:
    """Go to the host of a URL as far as a secure connection, each step within `limit` seconds."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    on_this_machine = host in LOOPBACK
    try:
        if proxy_of(url) is not None:
            return ok(f"{host} is reached through the proxy that the environment names")
    except UserError as error:
        return failed(error.problem, error.remedy)
    port = parts.port or _PORTS[parts.scheme]
    security = _security(parts.scheme)
    started = time.monotonic()
    try:
        addresses = await in_thread(lambda: _addresses(host, port), limit)
    except TimeoutError:
        return failed(f"looking up {host} took too long", "look at the network and its DNS")
    except (OSError, UnicodeError):  # the latter for what cannot be a name
        return failed(f"the name {host} is not known here", "look at the network and its DNS")
    resolved = time.monotonic()
    try:
        await _connect(addresses, port, host, security, limit)
    except TimeoutError:
        return failed(f"connecting to {host} took too long", "look at the network and its firewall")
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        step = "look at this machine's clock, and whether a proxy or a virus scanner stands in between"
        return failed(f"the connection to {host} cannot be made secure ({reason})", step)
    except OSError as error:
        nobody = isinstance(error, ConnectionRefusedError)
        found = f"nothing listens at {host}:{port}" if nobody else f"no connection to {host} ({_why(error)})"
        return failed(found, "start it with kitetui sim" if on_this_machine else "look at the network")
    connected = time.monotonic()
    if on_this_machine:
        return ok(f"{host}:{port} connects in {milliseconds(connected - resolved)}")
    return timed(host, resolved - started, connected - resolved)


def timed(host: str, resolving: float, connecting: float) -> Finding:
    """Judge how long the way to a host took; both in seconds."""
    found = f"{host} resolves in {milliseconds(resolving)} and connects in {milliseconds(connecting)}"
    if resolving + connecting <= SLOW:
        return ok(found)
    slow = "look at its DNS" if resolving > connecting else "ticks come late over it"
    return warning(found, f"that is a slow network, {slow}")


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _connect(
    addresses: list[str], port: int, host: str, security: ssl.SSLContext | None, limit: float
) -> None:
    """Connect to the first address that lets one in. Raises what the last did not, TimeoutError."""
    async with asyncio.timeout(limit):
        for number, address in enumerate(addresses, start=1):
            try:
                _, writer = await asyncio.open_connection(
                    address, port, ssl=security, server_hostname=host if security else None
                )
            except OSError:
                if number == len(addresses):
                    raise
            else:
                # Nothing was said; so there is nothing to part from politely.
                writer.transport.abort()
                return


def _security(scheme: str) -> ssl.SSLContext | None:
    """Whom to trust: as the client of each service does."""
    match scheme:
        case "https":
            return httpx.create_ssl_context()
        case "wss":
            return ssl.create_default_context()
    return None


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


_CONSOLE: Final = "https://developers.kite.trade/"
_CLOSE_TIMEOUT: Final = 1.0

# The library would log the URL of the handshake, which holds the token, to whoever turns its logger on.
_SILENT: Final = logging.Logger("kitetui.doctor.websockets", level=logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of one dial.

    opened: seconds until the socket was open, None where it never was; `refusal` then says why.
    status: the HTTP status that a handshake was refused with, None where it was not.
    frame: seconds from then until the first frame, None where none came; `silence` then says why.
    """

    opened: float | None = None
    refusal: str = ""
    status: int | None = None
    frame: float | None = None
    silence: str = ""


async def dial(endpoint: EndpointProfile, secrets: Secrets, user_id: str, limit: float) -> Dialled:
    """Open a connection, wait for the first frame, and close it; both within `limit` seconds."""
    root = Endpoint.parse(endpoint.socket)[0].root
    target = Endpoint(root, endpoint.socket_query(user_id))
    started = time.monotonic()
    try:
        socket = await connect(
            target.url(Account(DEFAULT, secrets.api_key, secrets.access_token)),
            additional_headers={"X-Kite-Version": KITE_VERSION},
            user_agent_header="kitetui",
            compression=None,
            proxy=proxy_of(target.root),
            open_timeout=limit,
            ping_interval=None,
            close_timeout=_CLOSE_TIMEOUT,
            logger=_SILENT,
        )
    except Exception as error:
        status = error.response.status_code if isinstance(error, InvalidStatus) else None
        return Dialled(refusal=_reason(error, secrets), status=status)
    opened = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            await socket.recv()
    except TimeoutError:
        return Dialled(opened - started, silence=f"no frame came in {limit:g} seconds")
    except Exception as error:
        return Dialled(opened - started, silence=_reason(error, secrets))
    finally:
        await socket.close()
    return Dialled(opened - started, frame=time.monotonic() - opened)


def market_data(dialled: Dialled, *, token_is_alive: bool) -> Finding:
    """Say whether the key has market data.

    token_is_alive: whether the REST service takes the token, so that it cannot be what is refused.
    """
    if dialled.opened is not None:
        return ok(f"the socket opens in {milliseconds(dialled.opened)}")
    match dialled.status:
        case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED if token_is_alive:
            found = f"the API key has no market-data plan: the socket refuses a live token ({dialled.status})"
            return failed(found, f"subscribe its app to one at {_CONSOLE}")
        case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED:
            return failed(dialled.refusal, "run kitetui login")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return skipped("it cannot be told without a connection")
    return failed(dialled.refusal, "try again, and look at the network if it stays so")


def connections(dialled: Dialled) -> Finding:
    """Say whether the key has a connection left; how many are in use cannot be asked."""
    if dialled.opened is not None:
        return ok(f"one more can be opened, of at most {MAX_CONNECTIONS} a key")
    if dialled.status == HTTPStatus.TOO_MANY_REQUESTS:
        found = f"too many connections of this API key are open (429), of at most {MAX_CONNECTIONS}"
        return failed(found, "close another program that uses it")
    return skipped("the socket does not open")


def heartbeat(dialled: Dialled) -> Finding:
    """Say whether anything comes over an open socket; Kite sends a heartbeat every second or two."""
    if dialled.opened is None:
        return skipped("the socket does not open")
    if dialled.frame is None:
        step = "try again, and look whether a proxy or a firewall holds WebSocket frames back"
        return failed(f"the socket opens and stays silent: {dialled.silence}", step)
    return ok(f"the first frame came after {dialled.frame:.1f} s")


def _reason(error: Exception, secrets: Secrets) -> str:
    # A server may put what it was sent into the words with which it closes.
    return redacted(classify_failure(error).reason, (secrets.api_key, secrets.access_token))


T = TypeVar("T")

_NO_LOGIN: Final = skipped("there is no login to try")

Profiles = Callable[[str], EndpointProfile]
"""Gives the service of a name, or raises UserError."""

Instruments = Callable[[EndpointProfile], Summary]
"""Gives what is known of the instruments of a service; may take its time."""


class Remote:
    """An account's checks; each instance looks once."""

    def __init__(
        self,
        vault: Vault,
        account: str,
        endpoint: str | None,
        profiles: Profiles,
        instruments: Instruments,
        limit: float,
        now: Callable[[], float],
    ) -> None:
        """Take the account's name, and that of another service than its own, if that is to be looked at."""
        self._vault = vault
        self._account = account
        self._endpoint = endpoint
        self._profiles = profiles
        self._summary = instruments
        self._limit = limit
        self._now = now
        self._login = Fact(self._read_login)
        self._rest_host = Fact(self._look_at_rest_host)
        self._socket_host = Fact(self._look_at_socket_host)
        self._answer = Fact(self._ask)
        self._dialled = Fact(self._dial)

    def checks(self) -> list[Check]:
        """Return the checks in their order."""
        return [
            Check(Topic.ACCOUNT, "login", self._login_finding),
            Check(Topic.ACCOUNT, "permissions", self._permissions),
            Check(Topic.ACCOUNT, "token", self._token),
            Check(Topic.KITE, "REST host", lambda: _value(self._rest_host)),
            Check(Topic.KITE, "REST service", self._service),
            Check(Topic.KITE, "clock", self._clock),
            Check(Topic.KITE, "socket host", lambda: _value(self._socket_host)),
            Check(Topic.KITE, "market data", self._market_data),
            Check(Topic.KITE, "heartbeat", self._of_dialled(heartbeat)),
            Check(Topic.KITE, "connections", self._of_dialled(connections)),
            Check(Topic.INSTRUMENTS, "instruments", self._instruments),
        ]

    async def _read_login(self) -> Login:
        return await read_login(self._vault, self._account, self._endpoint, self._profiles, self._limit)

    async def _look_at_rest_host(self) -> Finding:
        return await look_at_host((await self._login).endpoint.rest, self._limit)

    async def _look_at_socket_host(self) -> Finding:
        return await look_at_host((await self._login).endpoint.socket, self._limit)

    async def _ask(self) -> Answer | Finding:
        if (await self._rest_host).state is State.FAILED:
            return skipped("the REST host cannot be reached")
        return await ask_service(await self._login, self._limit, self._now)

    async def _dial(self) -> Dialled | Finding:
        login, answer = await self._login, await self._answer
        if login.secrets is None:
            return _NO_LOGIN
        if (await self._socket_host).state is State.FAILED:
            return skipped("the socket's host cannot be reached")
        user_id = login.secrets.user_id
        if isinstance(answer, Answer) and answer.came:
            if isinstance(answer.said, UserError):
                return skipped("the access token is not alive")
            user_id = answer.said.user_id
        return await dial(login.endpoint, login.secrets, user_id, self._limit)

    async def _login_finding(self) -> Finding:
        return (await self._login).finding

    async def _permissions(self) -> Finding:
        return await in_thread(lambda: permissions(self._account), self._limit)

    async def _token(self) -> Finding:
        login, answer = await self._login, await self._answer
        if login.secrets is None:
            return _NO_LOGIN
        return answer if isinstance(answer, Finding) else kite.token(answer, self._now())

    async def _service(self) -> Finding:
        login, answer = await self._login, await self._answer
        return answer if isinstance(answer, Finding) else kite.service(login.endpoint, answer)

    async def _clock(self) -> Finding:
        answer = await self._answer
        return answer if isinstance(answer, Finding) else kite.clock(answer)

    async def _market_data(self) -> Finding:
        dialled, answer = await self._dialled, await self._answer
        if isinstance(dialled, Finding):
            return dialled
        is_alive = isinstance(answer, Answer) and isinstance(answer.said, User)
        return market_data(dialled, token_is_alive=is_alive)

    def _of_dialled(self, judge: Callable[[Dialled], Finding]) -> Callable[[], Awaitable[Finding]]:
        async def look() -> Finding:
            dialled = await self._dialled
            return dialled if isinstance(dialled, Finding) else judge(dialled)

        return look

    async def _instruments(self) -> Finding:
        endpoint = (await self._login).endpoint
        summary = await in_thread(lambda: self._summary(endpoint), self._limit)
        return instruments_check(summary, is_live=not endpoint.is_loopback, now=self._now())


async def _value(fact: Fact[T]) -> T:
    return await fact
