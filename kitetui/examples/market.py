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

from kitetui.account import Vault
from kitetui.cli.source import Feed, Source, choose_source
from kitetui.config import feed_config
from kitetui.errors import UserError
from kitetui.feed import Account, Endpoint, KiteManagerConfig, KiteTickerManager
from kitetui.instruments import Instrument, Kind, Universe, UnknownSymbol
from kitetui.paths import config_file
from kitetui.simulator import SimulatedExchange
from kitetui.times import ist_today


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


def login(account: str | None = None) -> Source:
    """Return where an account streams from, as `kitetui` finds it. Raises LoginError without a login."""
    return choose_source(
        feed=Feed.LIVE,
        ws_url=None,
        account=account,
        endpoint=None,
        config=feed_config(config_file()),
        vault=Vault(),
        simulate=False,
    )


async def _run(
    example: Callable[[ExampleMarket], Awaitable[None]], options: Namespace, exchange: Mapping[str, Any]
) -> None:
    if options.live:
        market = await _live(options)
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


async def _live(options: Namespace) -> ExampleMarket:
    source = login()
    listed = await source.instruments(ist_today())
    for remark in listed.remarks:
        print(remark, file=sys.stderr)
    return ExampleMarket(
        universe=listed.universe,
        endpoint=source.endpoint,
        account=source.account,
        exchange=None,
        options=options,
    )
