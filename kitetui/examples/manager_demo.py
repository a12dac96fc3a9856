"""Three connections: how symbols are spread over them, how well they are, and what became of every tick.

python -m kitetui.examples.manager_demo [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.table import Table

from kitetui import KiteManagerConfig, KiteTickerManager, LastValueCache, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run
from kitetui.feed import Receiver, TickerMessage

console = Console()


async def manager_demo(market: ExampleMarket) -> None:
    """Read each connection's channel in a task of its own, and show the statistics every second."""
    config = KiteManagerConfig(max_connections=3, max_symbols_per_connection=1000)
    cache = LastValueCache()
    async with market.manager(config) as manager, asyncio.TaskGroup() as tasks:
        for _, receiver in manager.get_all_channels():
            tasks.create_task(read(receiver, cache))
        await manager.subscribe_symbols([each.instrument_token for each in market.shares(300)], Mode.FULL)
        while True:
            await asyncio.sleep(0.9)
            health = manager.get_health()
            console.print(statistics(manager))
            console.print(f"{health.health}, {health.live} live, {len(cache):,} symbols have ticked")


async def read(receiver: Receiver[TickerMessage], cache: LastValueCache) -> None:
    """Take in what one connection receives."""
    async for message in receiver:
        if isinstance(message, Ticks):
            cache.apply(message.batch, message.received_at, message.snapshot, message.timed_at)


def statistics(manager: KiteTickerManager) -> Table:
    """Return a table with a row a connection."""
    table = Table("connection", *("state", "symbols", "ticks", "bytes", "gaps", "waiting"))
    for each in manager.get_stats().connections:
        waiting = sum(reader.waiting for reader in each.readers)
        numbers = (each.symbols, each.ticks, each.bytes, each.gaps, waiting)
        table.add_row(str(each.connection + 1), str(each.state), *(f"{number:,}" for number in numbers))
    return table


if __name__ == "__main__":
    run(manager_demo, __doc__, rate=5000)
