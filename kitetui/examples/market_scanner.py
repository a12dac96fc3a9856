"""9,000 symbols at once: top movers, volume surges and breakouts, in columns rather than in loops.

python -m kitetui.examples.market_scanner [--symbols N] [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from kitetui import KiteManagerConfig, LastValueCache, Mode, TickBatch, Ticks
from kitetui.examples.market import ExampleMarket, run

SURGE = 3.0
"""Times the volume of the median symbol in the same second."""


async def market_scanner(market: ExampleMarket) -> None:
    """Look at all last values once a second."""
    wanted = {each.instrument_token: each.key for each in market.instruments[: market.options.symbols]}
    cache = LastValueCache()
    async with market.manager(KiteManagerConfig.market_scanner()) as manager, asyncio.TaskGroup() as tasks:
        await manager.subscribe_symbols(wanted, Mode.QUOTE)
        tasks.create_task(scan(cache, wanted))
        async for message in manager:
            if isinstance(message, Ticks):
                cache.apply(message.batch, message.received_at, message.snapshot, message.timed_at)


async def scan(cache: LastValueCache, name_of: dict[int, str]) -> None:
    """Print what stands out."""
    before = cache.to_batch()
    while True:
        await asyncio.sleep(0.9)
        now = cache.to_batch()
        print(f"\n{len(now):,} of {len(name_of):,} symbols have ticked")
        change = np.nan_to_num(now["change"])
        for title, order in (("gainers", np.argsort(-change)), ("losers", np.argsort(change))):
            print(f"{title}: {named(now, order[:5], change, name_of, '+.2f')}")
        traded = volume_since(before, now)
        usual = np.median(traded[traded > 0]) if traded.any() else 1
        surges = np.flatnonzero(traded > SURGE * usual)
        print(f"{len(surges)} volume surges: {named(now, surges[:5], traded, name_of, ',.0f')}")
        highs = np.flatnonzero((now["last_price"] >= now["high"]) & (now["high"] > now["open"]))
        print(f"{len(highs)} at the day's high: {named(now, highs[:5], now['last_price'], name_of, ',.2f')}")
        before = now


def volume_since(before: TickBatch, now: TickBatch) -> NDArray[np.int64]:
    """Return what each symbol traded between two looks; a symbol keeps its row, and new ones come last."""
    volume = dict(zip(before["instrument_token"].tolist(), before["volume_traded"].tolist(), strict=True))
    known = [volume.get(token, 0) for token in now["instrument_token"].tolist()]
    return np.where(np.array(known) > 0, now["volume_traded"] - np.array(known, dtype=np.int64), 0)


def named(
    batch: TickBatch, rows: NDArray[np.intp], values: NDArray[np.generic], name_of: dict[int, str], form: str
) -> str:
    """Return rows by name, with a value each."""
    tokens = batch["instrument_token"][rows].tolist()
    return ", ".join(
        f"{name_of[token]} {values[row]:{form}}" for token, row in zip(tokens, rows, strict=True)
    )


if __name__ == "__main__":
    run(market_scanner, __doc__, {"--symbols": {"type": int, "default": 9000}}, rate=20_000)
