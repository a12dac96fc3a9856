"""As much as asked for: how many ticks come a second, how late they are read, and what was lost (nothing).

python -m kitetui.examples.load_test [--symbols N] [--rate N] [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio
import time

from kitetui import LastValueCache, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run
from kitetui.feed import Lagged

OPTIONS = {"--symbols": {"type": int, "default": 3000}, "--rate": {"type": float, "default": 20_000}}


async def load_test(market: ExampleMarket) -> None:
    """Move the market as fast as asked for, and count what comes of it."""
    cache, ticks, lost, lag = LastValueCache(), 0, 0, 0
    async with market.manager() as manager, asyncio.TaskGroup() as tasks:
        tokens = [each.instrument_token for each in market.instruments[: market.options.symbols]]
        await manager.subscribe_symbols(tokens, Mode.FULL)
        if market.exchange:
            tasks.create_task(push(market))
        start = look = time.perf_counter()
        async for message in manager.stream(lossless=True):
            match message:
                case Ticks(batch=batch):
                    cache.apply(batch, message.received_at, message.snapshot, message.timed_at)
                    ticks += len(batch)
                    lag = max(lag, time.time_ns() - int(message.received_at[0]))
                case Lagged():
                    lost += message.ticks
            if (now := time.perf_counter()) - look > 0.9:
                rate = ticks / (now - start)
                late = f"{lag / 1e6:.1f} ms late at most"
                print(f"{rate:,.0f} ticks/s, {ticks:,} ticks of {len(cache):,} symbols, {lost} lost, {late}")
                look, lag = now, 0


async def push(market: ExampleMarket) -> None:
    """Move the simulated market, at the rate that was asked for as nearly as this one process can."""
    exchange, step = market.exchange, max(round(market.options.rate / 50), 1)
    while exchange is not None:
        began = time.perf_counter()
        await exchange.step(step)
        await asyncio.sleep(max(0.02 - (time.perf_counter() - began), 0))


if __name__ == "__main__":
    run(load_test, __doc__, OPTIONS, rate=0)
