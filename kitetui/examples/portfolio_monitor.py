"""Holdings from a CSV file (symbol, quantity, average price), and what they are worth with every tick.

python -m kitetui.examples.portfolio_monitor [--holdings FILE] [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from rich.live import Live
from rich.table import Table

from kitetui import KiteManagerConfig, LastValueCache, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run
from kitetui.instruments import Instrument

SAMPLE = "symbol,quantity,average_price\nNSE:INFY,120,1480.50\nNSE:RELIANCE,40,1395.00\nNSE:TCS,15,3205.25\n"


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of an instrument, and what it cost."""

    instrument: Instrument
    quantity: int
    average_price: Decimal


def read_holdings(text: str, market: ExampleMarket) -> list[Holding]:
    """Read the rows of a holdings file; a misspelt symbol ends it with the nearest ones."""
    rows = csv.DictReader(text.splitlines())
    return [
        Holding(market.universe.resolve(row["symbol"]), int(row["quantity"]), Decimal(row["average_price"]))
        for row in rows
    ]


def worth(holdings: list[Holding], cache: LastValueCache) -> Table:
    """Return the table of holdings, with profit and loss to the paisa."""
    table = Table("symbol", *("quantity", "average", "last", "value", "profit"), title="Portfolio")
    total = Decimal(0)
    for each in holdings:
        tick = cache.tick(each.instrument.instrument_token)
        if tick is None:
            table.add_row(each.instrument.key, str(each.quantity), str(each.average_price), "…", "…", "…")
            continue
        last = Decimal(str(tick.last_price))
        profit = (last - each.average_price) * each.quantity
        total += profit
        cells = (each.average_price, last, last * each.quantity, profit)
        table.add_row(each.instrument.key, str(each.quantity), *(f"{cell:,.2f}" for cell in cells))
    table.add_row("total", "", "", "", "", f"{total:,.2f}")
    return table


async def portfolio_monitor(market: ExampleMarket) -> None:
    """Keep the table up to date."""
    file = market.options.holdings
    text = await asyncio.to_thread(file.read_text, "utf-8") if file else SAMPLE
    holdings, cache = read_holdings(text, market), LastValueCache()
    async with market.manager(KiteManagerConfig.portfolio()) as manager:
        await manager.subscribe_symbols([each.instrument.instrument_token for each in holdings], Mode.LTP)
        with Live(worth(holdings, cache)) as screen:
            async for message in manager:
                if isinstance(message, Ticks):
                    cache.apply(message.batch, message.received_at, message.snapshot, message.timed_at)
                    screen.update(worth(holdings, cache))


if __name__ == "__main__":
    run(portfolio_monitor, __doc__, {"--holdings": {"type": Path, "help": "the CSV file"}})
