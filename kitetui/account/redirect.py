"""Where the browser comes back to after Kite's login page: one request on the loopback, or a pasted address.

A redirect counts only with the `state` that the login page was opened with: Kite hands it back, and nobody
else knows it. So no other page, and no old tab, can put a login of its own in the place of the user's.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from kitetui.account.loopback import Request, Response, listening
from kitetui.account.pages import NOT_FOUND, NOT_LOGGED_IN, RECEIVED
from kitetui.errors import LoginError, UserError
from kitetui.formatting import plain

REDIRECT_URL: Final = "http://127.0.0.1:5010/"
"""The redirect URL to register for an app on Kite's developer console."""

PATIENCE: Final = 300.0
"""Seconds that a user has to log in."""

_LOOPBACK: Final = ("127.0.0.1", "localhost")
_LONGEST: Final = 40


async def caught_token(
    redirect_url: str, state: str, open_page: Callable[[], Awaitable[None]], patience: float = PATIENCE
) -> str:
    """Listen where the redirect comes, have the login page opened, and return the request token.

    Whatever else is asked for meanwhile is not found. Raises UserError for an address that cannot be
    listened on, LoginError for a login that failed or did not come in time.
    """
    port, path = _address(redirect_url)
    come: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
    strange = False

    async def answer(request: Request) -> Response:
        nonlocal strange
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
        await open_page()
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


def pasted_token(address: str, state: str) -> str:
    """Return the request token of an address that the browser came back to.

    Raises LoginError for one without a request token, or of another login.
    """
    try:
        query = dict(parse_qsl(urlsplit(address.strip()).query))
    except ValueError:
        query = {}
    if "status" not in query and not _has_token(query):
        raise LoginError(
            "that is not where the login came back to", "paste the whole address, with what is behind ?"
        )
    if not _is_state(query, state):
        raise LoginError("that address is of another login", "log in on the page that was just given")
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
