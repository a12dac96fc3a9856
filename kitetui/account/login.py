"""The login of a day: from Kite's login page to a token that is proven. Keeping it is the caller's part."""

from __future__ import annotations

import asyncio
import secrets as random
from collections.abc import Callable
from dataclasses import dataclass, replace

from kitetui.account.problems import ServiceDownError, UnreachableError
from kitetui.account.profiles import EndpointProfile
from kitetui.account.redirect import PATIENCE, caught_token
from kitetui.account.rest import KiteRest
from kitetui.account.secrets import Secrets
from kitetui.errors import UserError


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that Kite has given.

    secrets: what is to be kept.
    name: the user's, fit to be shown; empty where it is not known.
    clock_ahead: seconds that this machine's clock is ahead of Kite's.
    unproven: why the token could not be tried, empty where it was, and works.
    """

    secrets: Secrets
    name: str
    clock_ahead: float
    unproven: str = ""


def new_state() -> str:
    """Return a text that nobody can guess, for the redirect of one login."""
    return random.token_urlsafe(24)


async def log_in_by_browser(
    endpoint: EndpointProfile,
    account: Secrets,
    browse: Callable[[str, str], None],
    patience: float = PATIENCE,
) -> LoggedIn:
    """Have the user log in on the page that `browse` opens, which may take a while. Raises UserError.

    browse: is given an address of this machine to open, which goes on to the second, that of the login page,
    to be shown alone: it holds secrets.
    """
    state = new_state()
    address = endpoint.login_url(account.api_key, state)

    async def open_page(page: str) -> None:
        await asyncio.to_thread(browse, page, address)

    request_token = await caught_token(account.redirect_url, state, address, open_page, patience)
    return await log_in(endpoint, account, request_token)


async def log_in(endpoint: EndpointProfile, account: Secrets, request_token: str) -> LoggedIn:
    """Exchange a request token, and try what it gives. Raises UserError.

    The exchange has ended the token before; so what it gave is not thrown away when it cannot be tried.
    """
    async with KiteRest(endpoint, account.api_key) as kite:
        given = await kite.exchange(request_token, account.api_secret)
        given = replace(given, redirect_url=account.redirect_url)
        ahead = kite.clock_ahead or 0.0
        try:
            user = await kite.user(given.access_token)
        except (ServiceDownError, UnreachableError) as error:
            return LoggedIn(given, "", ahead, unproven=str(error))
        return LoggedIn(replace(given, user_id=user.user_id), user.name, ahead)


async def log_out(endpoint: EndpointProfile, account: Secrets) -> str:
    """End the account's token, and return why that did not work, empty where it did."""
    async with KiteRest(endpoint, account.api_key) as kite:
        try:
            await kite.revoke(account.access_token)
        except UserError as error:
            return str(error)
    return ""
