"""Two accounts in one manager: six connections, symbols spread over both or placed by name.

    python -m kitetui.examples.multi_account [--accounts NAME,NAME] [--live] [--seconds N]

With `--live` they are two logins: `kitetui login`, and `kitetui login --account second`. Your program may
give `Account("name", api_key, access_token)`, where the token may be a function that returns that of the day.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from kitetui import KiteManagerConfig, KiteTickerManager, Mode, Ticks
from kitetui.examples.market import ExampleMarket, login, run
from kitetui.feed import Account, Distribution

PAIRS = {"key_one": "token_one", "key_two": "token_two"}
OPTIONS = {"--accounts": {"default": "default,second", "help": "two logins, by name"}}


async def multi_account(market: ExampleMarket) -> None:
    """Count each account's ticks."""
    first, second = accounts = accounts_of(market)
    manager = KiteTickerManager(
        accounts=accounts,
        distribution=Distribution.ROUND_ROBIN,
        config=KiteManagerConfig(endpoint=market.endpoint),
    )
    shares = [each.instrument_token for each in market.shares(60)]
    await manager.subscribe_symbols(shares[:40], Mode.QUOTE)
    await manager.subscribe_symbols(shares[40:], Mode.LTP, account=second.name)
    ticks: Counter[str] = Counter()
    async with manager, asyncio.TaskGroup() as tasks:
        tasks.create_task(report(manager, (first.name, second.name), ticks))
        async for message in manager:
            if isinstance(message, Ticks):
                ticks[manager.account_of(message.connection)] += len(message.batch)


def accounts_of(market: ExampleMarket) -> list[Account]:
    """Return the two accounts: made up on the simulated exchange, else those that are logged in."""
    names = market.options.accounts.split(",")
    if market.exchange is None:
        return [login(name)[-1] for name in names]
    return [Account(name, *pair) for name, pair in zip(names, PAIRS.items(), strict=True)]


async def report(manager: KiteTickerManager, names: Iterable[str], ticks: Counter[str]) -> None:
    """Print what each account carries, and what it received."""
    while True:
        await asyncio.sleep(0.9)
        for name in names:
            stats = manager.get_stats().of(name)
            live = sum(each.state == "live" for each in stats.connections)
            print(f"{name}: {stats.symbols} symbols on {live} connections, {ticks[name]:,} ticks")


if __name__ == "__main__":
    run(multi_account, __doc__, OPTIONS, accounts=PAIRS, rate=2000)
