"""The socket of the market data: whether it lets this key in, has a connection left, and is alive."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from kitetui.account import EndpointProfile, Secrets
from kitetui.account.profiles import KITE_VERSION
from kitetui.doctor.finding import Finding, failed, milliseconds, ok, skipped
from kitetui.feed import MAX_CONNECTIONS, Credentials, Endpoint
from kitetui.feed.retry import classify_failure
from kitetui.logs import redacted

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
            target.url(Credentials(secrets.api_key, secrets.access_token)),
            additional_headers={"X-Kite-Version": KITE_VERSION},
            user_agent_header="kitetui",
            compression=None,
            proxy=None if target.is_loopback else True,
            open_timeout=limit,
            ping_interval=None,
            close_timeout=_CLOSE_TIMEOUT,
            logger=_SILENT,
        )
    except Exception as error:
        status = error.response.status_code if isinstance(error, InvalidStatus) else None
        return Dialled(refusal=_reason(error), status=status)
    opened = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            await socket.recv()
    except TimeoutError:
        return Dialled(opened - started, silence=f"no frame came in {limit:g} seconds")
    except Exception as error:
        return Dialled(opened - started, silence=_reason(error))
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


def _reason(error: Exception) -> str:
    # A server may put what it was sent into the words with which it closes.
    return redacted(classify_failure(error).reason)
