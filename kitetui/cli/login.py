"""`kitetui login` and `kitetui logout`: a minute in the morning, and nothing else until the next."""

from __future__ import annotations

import asyncio
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kitetui.account import KITE, SIMULATOR, EndpointProfile, Secrets, Vault, endpoint_named, valid_until
from kitetui.errors import LoginError, UserError
from kitetui.formatting import duration, weekday_clock
from kitetui.logs import hide

if TYPE_CHECKING:
    from kitetui.account.login import LoggedIn
    from kitetui.config import Config

_CONSOLE: Final = "https://developers.kite.trade/"

_CLOCK_TOLERANCE: Final = 30.0
"""Seconds that a clock may be off before it is worth a word."""

AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="One of several accounts, under a name of your own."),
]

EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="NAME",
        help="The service: kite, sandbox, simulator, or one of the configuration's.",
    ),
]


def login(
    account: AccountOption = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and take the one it comes back to.")
    ] = False,
    new: Annotated[bool, typer.Option("--new", help="Ask for the API key and secret again.")] = False,
    endpoint: EndpointOption = None,
    redirect_url: Annotated[
        str | None,
        typer.Option("--redirect-url", metavar="URL", help="The redirect URL that your app has at Kite."),
    ] = None,
) -> None:
    """Log in to Kite for the day; what runs already takes the new token up by itself."""
    from kitetui.account.login import log_in_by_browser
    from kitetui.account.redirect import REDIRECT_URL

    config = _config()
    name, wanted = account or config.feed.account, endpoint or config.feed.endpoint
    vault = Vault(hide=hide)
    kept = None if new else vault.stored(name)
    if kept is not None and wanted and wanted != kept.endpoint:
        raise UserError(
            f"account {name} has its key at {kept.endpoint}",
            f"for {wanted} name another with --account, or have this one replaced with --new",
        )
    service = endpoint_named(kept.endpoint if kept else wanted or KITE.name, config.endpoints)
    kept = kept or _asked(service.name, redirect_url or REDIRECT_URL)
    who = replace(kept, redirect_url=redirect_url or kept.redirect_url)
    given = _by_hand(service, who) if no_browser else asyncio.run(log_in_by_browser(service, who, _browse))
    _report(given, vault.store(name, given.secrets))
    try:
        if vault.read(vault.meant(account, name)) != given.secrets:
            _say("KITE_API_KEY and KITE_ACCESS_TOKEN are set, and win over this login; unset them to use it")
    except LoginError as half_a_pair:
        _say(str(half_a_pair))


def logout(account: AccountOption = None) -> None:
    """End the token of the day, and forget the account's key and secret."""
    from kitetui.account.login import log_out

    config = _config()
    account = account or config.feed.account
    vault = Vault(hide=hide)
    kept = vault.stored(account)
    if kept is None:
        raise UserError(f"no login of account {account} is kept; there is nothing to forget")
    problem = ""
    if kept.access_token:
        problem = asyncio.run(log_out(endpoint_named(kept.endpoint, config.endpoints), kept))
    vault.forget(account)
    typer.echo(f"account {account} is logged out and forgotten")
    if problem:
        _say(f"its token could not be ended before its time, which is 06:00 IST: {problem}")


def _config() -> Config:
    from kitetui.config import feed_config

    return feed_config()


def _asked(endpoint: str, redirect_url: str) -> Secrets:
    """Ask for the key and the secret of an account, which no terminal shows."""
    if not sys.stdin.isatty():
        raise LoginError("the API key and secret are asked for once", "run kitetui login in a terminal")
    where = "what kitetui sim prints" if endpoint == SIMULATOR.name else f"at {_CONSOLE}"
    _say(f"the API key and secret of your app are {where}; its redirect URL has to be {redirect_url}")
    api_key, api_secret = (
        typer.prompt(what, hide_input=True, err=True).strip() for what in ("API key", "API secret")
    )
    return Secrets(api_key=api_key, api_secret=api_secret, endpoint=endpoint, redirect_url=redirect_url)


def _by_hand(service: EndpointProfile, who: Secrets) -> LoggedIn:
    from kitetui.account.login import log_in, new_state

    state = new_state()
    _say("open this address in any browser, and log in:")
    typer.echo(service.login_url(who.api_key, state))
    return asyncio.run(log_in(service, who, _pasted(state)))


def _pasted(state: str) -> str:
    """Return the request token of the address that the user pastes; one that is wrong is asked for again."""
    from kitetui.account.redirect import WrongPasteError, pasted_token

    def pasted() -> str:
        address = typer.prompt("the whole address that it comes back to", err=True)
        return pasted_token(address, state)

    for _ in range(_PASTES - 1):
        try:
            return pasted()
        except WrongPasteError as error:
            _say(str(error))
    return pasted()


_PASTES: Final = 3
"""How often an address is asked for before key and secret would have to be typed again."""

_TEXT_BROWSERS: Final = ("www-browser", "links", "elinks", "lynx", "w3m")
"""They would take the terminal over that the login is waited for in."""


def _browse(page: str, address: str) -> None:
    if not _takes_the_terminal() and webbrowser.open(page):
        _say(
            "log in on the page that has opened in the browser, or open this address in one; Ctrl-C gives up:"
        )
    else:
        _say("no browser could be opened; open this address in one:")
    _say(address)


def _takes_the_terminal() -> bool:
    """Whether the browser that would be opened is one of text."""
    try:
        name = getattr(webbrowser.get(), "name", "")
    except webbrowser.Error:  # there is none at all
        return False
    return Path(name).name in _TEXT_BROWSERS


def _report(given: LoggedIn, place: str) -> None:
    who = f"{given.name} ({given.secrets.user_id})" if given.name else given.secrets.user_id
    if given.secrets.issued_at is not None:
        until = weekday_clock(valid_until(given.secrets.issued_at))
        typer.echo(f"logged in as {who} until {until} IST, kept in {place}")
    if given.unproven:
        _say(f"the token is kept, and could not be tried: {given.unproven}")
    if abs(given.clock_ahead) > _CLOCK_TOLERANCE:
        direction = "ahead of" if given.clock_ahead > 0 else "behind"
        _say(
            f"this machine's clock is {duration(abs(given.clock_ahead))} {direction} Kite's; "
            "set it, or ages and market hours are wrong by as much"
        )


def _say(text: str) -> None:
    typer.echo(text, err=True)
