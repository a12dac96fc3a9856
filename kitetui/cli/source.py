"""Which feed a run uses: Kite, another service with its protocol, or the embedded simulated exchange."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from kitetui.errors import LoginError, UserError
from kitetui.feed import KITE_URL, Credentials, Endpoint, KiteManagerConfig, KiteTickerManager
from kitetui.instruments import Universe
from kitetui.market.sessions import is_open
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Exchange

API_KEY: Final = "KITE_API_KEY"
ACCESS_TOKEN: Final = "KITE_ACCESS_TOKEN"  # noqa: S105 - the variable's name

WAYS_OUT: Final = (
    f"set {API_KEY} and {ACCESS_TOKEN} to a key and its access token of today, "
    "or use the simulated exchange with --feed sim"
)


class Feed(StrEnum):
    """The choice of `--feed`."""

    LIVE = "live"
    SIM = "sim"


@dataclass(frozen=True, slots=True)
class Source:
    """Where ticks come from; the embedded exchange, if `simulated`, has its endpoint only while it runs."""

    endpoint: Endpoint
    credentials: Credentials | None
    simulated: bool

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Source]:
        """Give the source to dial, with the embedded exchange running where it is asked for."""
        if not self.simulated:
            yield self
            return
        async with SimulatedExchange() as exchange:
            endpoint, credentials = Endpoint.parse(exchange.url_with_credentials)
            yield Source(endpoint, credentials, simulated=True)

    def manager(self, connections: int, segments: Callable[[], Collection[Exchange]]) -> KiteTickerManager:
        """Return a manager that dials this source, not yet started.

        segments: those of what is subscribed, by whose hours a feed without ticks is quiet or an alarm.
        """
        config = KiteManagerConfig(
            max_connections=connections,
            endpoint=self.endpoint,
            market_is_open=lambda: self.simulated or is_open(segments(), time.time()),
        )
        if self.credentials is None:
            return KiteTickerManager(None, config=config)
        return KiteTickerManager(self.credentials.api_key, self.credentials.access_token, config)

    def universe(self, today: date) -> Universe:
        """Return what can be asked of this source: on the real exchange, only what trades there today."""
        universe = Universe.load()
        on_this_machine = self.simulated or self.endpoint.is_loopback
        return universe if on_this_machine else universe.tradable_on(today)


def choose_source(
    feed: Feed | None, ws_url: str | None, environment: Mapping[str, str], *, simulate: bool
) -> Source:
    """Decide on the source of a run.

    simulate: whether a run without credentials may use the simulated exchange unasked.

    Raises UserError for options that contradict each other or a bad URL, LoginError without credentials.
    """
    if feed is Feed.SIM:
        if ws_url:
            raise UserError("--feed sim runs an exchange of its own; leave out --ws-url (KITETUI_WS_URL)")
        return Source(Endpoint(), None, simulated=True)
    credentials = _credentials(environment)
    if ws_url:
        return _source_at(ws_url, credentials)
    if credentials is not None:
        return Source(Endpoint(), credentials, simulated=False)
    if feed is None and simulate:
        return Source(Endpoint(), None, simulated=True)
    raise LoginError(f"no credentials for Kite: {WAYS_OUT}")


def _source_at(ws_url: str, credentials: Credentials | None) -> Source:
    try:
        endpoint, in_url = Endpoint.parse(ws_url)
    except ValueError as error:
        raise UserError(f"--ws-url: {error}") from None
    credentials = in_url or credentials
    if credentials is None and endpoint.root.startswith(KITE_URL):
        raise LoginError(f"no credentials for Kite: {WAYS_OUT}")
    if credentials is not None and not endpoint.is_encrypted and not endpoint.is_loopback:
        raise UserError(
            "--ws-url: ws:// to another machine would send the access token in the clear; use wss://"
        )
    return Source(endpoint, credentials, simulated=False)


def _credentials(environment: Mapping[str, str]) -> Credentials | None:
    api_key, access_token = environment.get(API_KEY, "").strip(), environment.get(ACCESS_TOKEN, "").strip()
    if bool(api_key) != bool(access_token):
        missing = ACCESS_TOKEN if api_key else API_KEY
        raise LoginError(f"{missing} is not set and the other one is; set both, or use --feed sim")
    return Credentials(api_key, access_token) if api_key else None
