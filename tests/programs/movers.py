import asyncio
import sys
import time
from contextlib import suppress

from kitetui import Endpoint, KiteManagerConfig, KiteTickerManager, LastValueCache, Mode, Ticks
from kitetui.feed import Gap
from kitetui.instruments import simulated_instruments


async def main(url: str) -> None:
    tokens = [each.instrument_token for each in simulated_instruments(5000)]
    cache, shown = LastValueCache(), time.monotonic()
    config = KiteManagerConfig(endpoint=Endpoint(url))
    async with KiteTickerManager("simulated", "simulated", config) as manager:
        await manager.subscribe_symbols(tokens[:2500], Mode.QUOTE)
        await manager.subscribe_symbols(tokens[2500:4000], Mode.FULL)
        await manager.subscribe_symbols(tokens[4000:], Mode.LTP)
        async for message in manager:
            if isinstance(message, Ticks):
                cache.apply(message.batch, message.received_at, message.snapshot, message.timed_at)
            elif isinstance(message, Gap):
                print(f"gap of {(message.end - message.start) / 1e9:.1f} s", flush=True)
            if time.monotonic() - shown > 0.5:
                movers = cache.to_pandas().nlargest(3, "change")[["instrument_token", "change"]]
                print(len(cache), movers.to_dict("records"), flush=True)
                shown = time.monotonic()


with suppress(KeyboardInterrupt):
    asyncio.run(main(sys.argv[1]))
