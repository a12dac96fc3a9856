"""Which feed a run uses: the one that its account is logged in at, another one, or the simulated exchange."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from kitetui.account import (
    DEFAULT,
    KITE,
    SIMULATOR,
    EndpointProfile,
    KeptToken,
    Secrets,
    Vault,
    ended,
    endpoint_named,
    login_command,
)
from kitetui.account.vault import ACCESS_TOKEN, API_KEY
from kitetui.cli.lists import InstrumentList, kept_list, list_of_the_day
from kitetui.config import Config
from kitetui.errors import LoginError, UserError
from kitetui.feed import KITE_URL, Account, Endpoint, KiteManagerConfig, KiteTickerManager
from kitetui.feed.endpoint import TokenSource
from kitetui.instruments import Instrument, Universe, simulated_instruments
from kitetui.logs import hide
from kitetui.market.calendar import Calendar
from kitetui.simulator import SimulatedExchange

_LOOK: Final = 2.0
"""Seconds between two looks for another token after a refused one: whoever has just logged in is watching."""


_NAMED: Final = 3
"""Instruments that are named before the others are counted."""


class Feed(StrEnum):
    """The choice of `--feed`."""

    LIVE = "live"
    SIM = "sim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where ticks come from.

    simulated: whether the prices are made up. embedded: whether they come from an exchange that runs for
    this run alone; it has its endpoint and account only while it runs.
    renewal: what to do about a login that is refused, to stand behind a semicolon.
    ended: the sentence that says that the token has ended by this machine's clock, empty while it may live.
    service and login: whose instruments are meant, and who asks for them; None where there is no REST.
    """

    endpoint: Endpoint
    account: Account
    service: EndpointProfile | None = None
    login: Secrets | None = None
    simulated: bool = False
    embedded: bool = False
    renewal: str = ""
    ended: str = ""

    @property
    def follows_logins(self) -> bool:
        """Whether another login is taken up while it runs."""
        return callable(self.account.access_token)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Source]:
        """Give the source to dial, with the embedded exchange running where it is asked for."""
        if not self.embedded:
            yield self
            return
        async with SimulatedExchange() as exchange:
            endpoint, pair = Endpoint.parse(exchange.url_with_credentials)
            key, token = (pair.api_key, pair.access_token) if pair else (None, None)
            yield replace(self, endpoint=endpoint, account=Account(DEFAULT, key, token))

    def manager(self, connections: int, calendar: Calendar, *, queue: int | None = None) -> KiteTickerManager:
        """Return a manager that dials this source, not yet started.

        calendar: tells a feed that is still from one that is broken.
        queue: how many messages wait for a lossless reader at most.
        """
        config = KiteManagerConfig(
            max_connections=connections,
            endpoint=self.endpoint,
            health_check_interval=_LOOK,
            market_is_open=lambda segments, lasting: (
                self.simulated or calendar.is_open(segments, time.time(), lasting)
            ),
        )
        if queue is not None:
            config = replace(config, parser_buffer_size=queue)
        return KiteTickerManager(accounts=[self.account], config=config)

    async def instruments(self, today: date) -> InstrumentList:
        """Return what can be asked of this source: on the real exchange, only what trades there today.

        The list of the day is downloaded where it is due.
        """
        if self.service is not None:
            listed = await list_of_the_day(self.service, self.login)
        elif self.embedded or self.endpoint.is_loopback:
            return InstrumentList(Universe.load())
        else:
            listed = kept_list(KITE)
        return replace(listed, universe=self.tradable(listed.universe, today))

    def strangers(self, instruments: Iterable[Instrument]) -> list[str]:
        """Say which of these the embedded exchange does not have: no tick will come for them."""
        if not self.embedded:
            return []
        known = {each.instrument_token for each in simulated_instruments()}
        keys = [each.key for each in instruments if each.instrument_token not in known]
        if not keys:
            return []
        more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        return [
            f"the simulated exchange does not have {', '.join(keys[:_NAMED])}{more}: nothing will come for it"
        ]

    def tradable(self, universe: Universe, today: date) -> Universe:
        """Return what of the instruments of this source it can be asked for."""
        return universe if self.simulated else universe.tradable_on(today)


_EMBEDDED: Final = Source(
    endpoint=Endpoint(), account=Account(DEFAULT, None, None), simulated=True, embedded=True
)


def choose_source(
    *,
    feed: Feed | None,
    ws_url: str | None,
    account: str | None,
    endpoint: str | None,
    config: Config,
    vault: Vault,
    simulate: bool,
) -> Source:
    """Decide on the source of a run.

    What is asked for by option goes before the environment's pair, that before the configuration. A pair
    or a token is never sent to another service than its own.

    simulate: whether a run without a login may use the simulated exchange unasked.

    Raises UserError for options that contradict each other or a bad URL, LoginError without a login.
    """
    if feed is Feed.SIM or ws_url:
        _refuse_contradictions(feed, ws_url, account, endpoint)
    if feed is Feed.SIM:
        return _EMBEDDED
    if ws_url:
        return _hidden(_at_url(ws_url, vault.of_environment()))
    service = endpoint or config.feed.endpoint
    name = vault.meant(account, config.feed.account)
    if name == DEFAULT and (pair := vault.of_environment()) is not None:
        return _hidden(_source(pair, pair.access_token, name, service or KITE.name, config))
    kept = KeptToken.of(vault, name)
    if kept is None:
        if simulate and feed is None and account is None and endpoint is None:
            return _EMBEDDED
        raise LoginError(f"account {name} has no login", _to_log_in(name, service))
    if service and service != kept.login.endpoint:
        raise LoginError(
            f"account {name} is logged in at {kept.login.endpoint} and not at {service}",
            f"log in there under another name: {login_command('NAME')} --endpoint {service}",
        )
    return _hidden(_source(kept.login, kept, name, kept.login.endpoint, config))


def _refuse_contradictions(
    feed: Feed | None, ws_url: str | None, account: str | None, endpoint: str | None
) -> None:
    others = {"--account": account, "--endpoint": endpoint}
    why = "--ws-url (KITETUI_WS_URL) names a service by itself"
    if feed is Feed.SIM:
        others = {"--ws-url (KITETUI_WS_URL)": ws_url, **others}
        why = "--feed sim runs an exchange of its own"
    for option, value in others.items():
        if value:
            raise UserError(f"{why}", f"leave out {option}")


def _source(login: Secrets, token: str | TokenSource, account: str, endpoint: str, config: Config) -> Source:
    service = endpoint_named(endpoint, config.endpoints)
    if service.sends_user_id and not login.user_id:
        raise LoginError(
            f"endpoint {service.name} wants the user's id, which comes with a login",
            f"unset {API_KEY} and {ACCESS_TOKEN}, and {_to_log_in(account, service.name)}",
        )
    follows = callable(token)
    return Source(
        endpoint=Endpoint(Endpoint.parse(service.socket)[0].root, service.socket_query(login.user_id)),
        account=Account(account, login.api_key, token),
        service=service,
        login=login,
        simulated=service.name == SIMULATOR.name,
        renewal=f"run {login_command(account)}" if follows else f"set {ACCESS_TOKEN} anew and start again",
        ended=ended(login, time.time(), account) or "",
    )


def _at_url(ws_url: str, pair: Secrets | None) -> Source:
    try:
        endpoint, in_url = Endpoint.parse(ws_url)
    except ValueError as error:
        raise UserError(f"--ws-url: {error}") from None
    account = in_url or (Account(DEFAULT, pair.api_key, pair.access_token) if pair else None)
    if account is None:
        if endpoint.root.startswith(KITE_URL):
            raise LoginError("--ws-url has no api_key and access_token", "leave it out and run kitetui login")
        return Source(
            endpoint=endpoint,
            account=Account(DEFAULT, None, None),
            renewal="give --ws-url an api_key and an access_token",
        )
    if not endpoint.is_encrypted and not endpoint.is_loopback:
        raise UserError(
            "--ws-url: ws:// to another machine would send the access token in the clear", "use wss://"
        )
    return Source(
        endpoint=endpoint,
        account=account,
        renewal=f"start again with an access_token of today in {'--ws-url' if in_url else ACCESS_TOKEN}",
    )


def _to_log_in(account: str, endpoint: str) -> str:
    where = f" --endpoint {endpoint}" if endpoint else ""
    return f"run {login_command(account)}{where}, or use the simulated exchange with --feed sim"


def _hidden(source: Source) -> Source:
    """Keep a pair that was given out of the log, but for the words that open a service on this machine.

    A login that is kept is hidden by the vault that reads it.
    """
    if not source.endpoint.is_loopback:
        for secret in source.account.secrets:
            hide(secret)
    return source
