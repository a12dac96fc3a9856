"""Symbols added, changed and removed while the stream goes on, on the same connections.

python -m kitetui.examples.runtime_subscription [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio
from collections import Counter

from kitetui import KiteTickerManager, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run


async def runtime_subscription(market: ExampleMarket) -> None:
    """Do one thing after another, and count what ticks in between."""
    infy, tcs, sbin = (
        market.universe.resolve(name).instrument_token for name in ("NSE:INFY", "NSE:TCS", "NSE:SBIN")
    )
    async with market.manager() as manager:
        await manager.subscribe_symbols([infy], Mode.LTP)
        await see("subscribed INFY as ltp", manager)
        await manager.subscribe_symbols([tcs, sbin], Mode.QUOTE)
        await see("added TCS and SBIN as quote", manager)
        await manager.change_mode([infy], Mode.FULL)
        await see("made INFY full", manager)
        await manager.unsubscribe_symbols([sbin])
        await see("removed SBIN", manager)


async def see(what: str, manager: KiteTickerManager) -> None:
    """Print which symbols tick, in which mode, for most of a second."""
    seen: Counter[tuple[int, str]] = Counter()
    stream = manager.stream()
    try:
        async with asyncio.timeout(0.8):
            async for message in stream:
                if isinstance(message, Ticks):
                    seen.update((tick.instrument_token, str(tick.mode)) for tick in message.batch)
    except TimeoutError:
        pass
    finally:
        stream.close()
    connections = manager.get_symbol_distribution()
    print(f"{what}: {dict(seen)}; symbols of each connection: {connections}")


if __name__ == "__main__":
    run(runtime_subscription, __doc__, rate=5000)
