"""Two accounts in one manager: six connections, symbols spread over both or placed by name.

    python -m kitetui.examples.multi_account [--seconds N]

On Kite give your accounts in place of these two: `Account("name", api_key, access_token)`, where the token
may be a function that returns the one of the day.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from kitetui import Endpoint, KiteManagerConfig, KiteTickerManager, Mode, Ticks
from kitetui.examples.market import Market, run
from kitetui.feed import Account, Distribution

PAIRS = {"key_one": "token_one", "key_two": "token_two"}


async def multi_account(market: Market) -> None:
    """Count each account's ticks."""
    if market.exchange is None:
        raise SystemExit("put your accounts into the program first: see its docstring")
    manager = KiteTickerManager(
        accounts=[
            Account("first", "key_one", "token_one"),
            Account("second", "key_two", lambda: "token_two"),
        ],
        distribution=Distribution.ROUND_ROBIN,
        config=KiteManagerConfig(endpoint=Endpoint(market.exchange.url)),
    )
    shares = [each.instrument_token for each in market.shares(60)]
    await manager.subscribe_symbols(shares[:40], Mode.QUOTE)
    await manager.subscribe_symbols(shares[40:], Mode.LTP, account="second")
    ticks: Counter[str] = Counter()
    async with manager, asyncio.TaskGroup() as tasks:
        tasks.create_task(report(manager, ticks))
        async for message in manager:
            if isinstance(message, Ticks):
                ticks[manager.account_of(message.connection)] += len(message.batch)


async def report(manager: KiteTickerManager, ticks: Counter[str]) -> None:
    """Print what each account carries, and what it received."""
    while True:
        await asyncio.sleep(0.9)
        for name in ("first", "second"):
            stats = manager.get_stats().of(name)
            live = sum(each.state == "live" for each in stats.connections)
            print(f"{name}: {stats.symbols} symbols on {live} connections, {ticks[name]:,} ticks")


if __name__ == "__main__":
    run(multi_account, __doc__, accounts=PAIRS, rate=2000)
