"""Where the examples have their ticks from: a simulated exchange of their own, or Kite with `--live`.

`run` is all that is around an example: options, the exchange, the end after so many seconds or with Ctrl-C.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from kitetui.account import DEFAULT, EndpointProfile, KeptToken, Vault, endpoint_named, login_command
from kitetui.config import feed_config
from kitetui.errors import LoginError, UserError
from kitetui.feed import Account, Endpoint, KiteManagerConfig, KiteTickerManager
from kitetui.instruments import Instrument, Kind, Master, Universe, UnknownSymbol
from kitetui.simulator import SimulatedExchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleMarket:
    """What an example streams from; `exchange` is None on Kite. options: those of the command line."""

    universe: Universe
    endpoint: Endpoint
    account: Account
    exchange: SimulatedExchange | None
    options: Namespace

    def manager(self, config: KiteManagerConfig | None = None) -> KiteTickerManager:
        """Return a manager that dials it, not yet started."""
        config = replace(config or KiteManagerConfig(), endpoint=self.endpoint)
        return KiteTickerManager(accounts=[self.account], config=config)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All that can be subscribed."""
        return tuple(self.exchange.instruments if self.exchange else self.universe)

    def shares(self, count: int) -> list[Instrument]:
        """Return so many shares of the NSE at most, in the order of the list."""
        listed = (each for each in self.instruments if (each.exchange, each.kind) == ("NSE", Kind.EQUITY))
        return list(islice(listed, count))


def run(
    example: Callable[[ExampleMarket], Awaitable[None]],
    description: str | None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    **exchange: Any,
) -> None:
    """Run an example until it ends, its seconds are over, or Ctrl-C; further arguments are the exchange's.

    options: more options of the command line, each with the arguments of `add_argument`. One that is called
    `--symbols` is also how many instruments the simulated exchange trades.
    """
    parser = ArgumentParser(description=description)
    parser.add_argument("--live", action="store_true", help="stream from Kite, with the login of kitetui")
    parser.add_argument("--seconds", type=float, help="how long to run: 5 on the simulated exchange")
    for name, settings in (options or {}).items():
        parser.add_argument(name, **settings)
    given = parser.parse_args()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(example, given, exchange))
    except (UserError, UnknownSymbol, OSError) as error:
        sys.exit(str(error))


def login(name: str | None = None) -> tuple[EndpointProfile, Endpoint, Account]:
    """Return where an account streams from, and with what, as it was kept. Raises LoginError."""
    config, vault = feed_config(), Vault()
    name = vault.meant(name, config.feed.account)
    pair = vault.of_environment() if name == DEFAULT else None
    # Asked before each dial, so that a program goes on with the login of the next day.
    token = KeptToken.of(vault, name) if pair is None else None
    secrets = token.login if token else pair
    if secrets is None:
        raise LoginError(f"account {name} has no login", f"run {login_command(name)}")
    named = config.feed.endpoint if pair else ""  # a kept login has the service that it was made at
    service = endpoint_named(named or secrets.endpoint, config.endpoints)
    root, query = Endpoint.parse(service.socket)[0].root, service.socket_query(secrets.user_id)
    return service, Endpoint(root, query), Account(name, secrets.api_key, token or secrets.access_token)


async def _run(
    example: Callable[[ExampleMarket], Awaitable[None]], options: Namespace, exchange: Mapping[str, Any]
) -> None:
    if options.live:
        market = _live(options)
        with suppress(TimeoutError):
            await asyncio.wait_for(example(market), options.seconds)
        return
    symbols = {"symbols": options.symbols} if "symbols" in options else {}
    async with SimulatedExchange(**exchange, **symbols) as simulated:
        market = _simulated(simulated, options)
        with suppress(TimeoutError):
            await asyncio.wait_for(example(market), options.seconds or 5)


def _simulated(exchange: SimulatedExchange, options: Namespace) -> ExampleMarket:
    endpoint, pair = Endpoint.parse(exchange.url_with_credentials)
    account = Account("simulated", *((pair.api_key, pair.access_token) if pair else (None, None)))
    return ExampleMarket(
        universe=exchange.universe, endpoint=endpoint, account=account, exchange=exchange, options=options
    )


def _live(options: Namespace) -> ExampleMarket:
    service, endpoint, account = login()
    stored = Master.of(service.name).read()
    universe = Universe(stored.table) if stored else Universe.load()
    return ExampleMarket(
        universe=universe, endpoint=endpoint, account=account, exchange=None, options=options
    )
