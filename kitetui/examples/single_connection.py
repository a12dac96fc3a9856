"""One connection and three symbols: every tick is printed as it comes.

python -m kitetui.examples.single_connection [--live] [--seconds N]
"""

from __future__ import annotations

from kitetui import KiteManagerConfig, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run


async def single_connection(market: ExampleMarket) -> None:
    """Subscribe, and print."""
    symbols = [market.universe.resolve(name) for name in ("NSE:NIFTY 50", "NSE:INFY", "NSE:RELIANCE")]
    name_of = {each.instrument_token: each.key for each in symbols}
    async with market.manager(KiteManagerConfig(max_connections=1)) as manager:
        await manager.subscribe_symbols(name_of, Mode.FULL)
        async for message in manager:
            if isinstance(message, Ticks):
                for tick in message.batch:
                    change = f"{tick.change:+.2f}%" if tick.change is not None else ""
                    print(f"{name_of[tick.instrument_token]:14} {tick.last_price:>12,.2f} {change}")
            else:
                print(message)


if __name__ == "__main__":
    run(single_connection, __doc__)
