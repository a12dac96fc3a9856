"""A watchlist that follows the market: each second the quietest symbols leave, and others take their place.

python -m kitetui.examples.dynamic_subscription [--live] [--seconds N]
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from kitetui import Mode, Ticks
from kitetui.examples.market import ExampleMarket, run

WATCHED = 30
REPLACED = 5


async def dynamic_subscription(market: ExampleMarket) -> None:
    """Keep the liveliest symbols subscribed."""
    waiting = deque(each.instrument_token for each in market.shares(200))
    watched = [waiting.popleft() for _ in range(min(WATCHED, len(waiting)))]
    async with market.manager() as manager:
        stream = manager.stream()
        await manager.subscribe_symbols(watched, Mode.QUOTE)
        while True:
            ticks: Counter[int] = Counter(dict.fromkeys(watched, 0))
            try:
                async with asyncio.timeout(1):
                    async for message in stream:
                        if isinstance(message, Ticks):
                            ticks.update(message.batch["instrument_token"].tolist())
            except TimeoutError:
                pass
            quietest = sorted(watched, key=lambda token: ticks[token])[:REPLACED]
            fresh = [waiting.popleft() for _ in range(min(len(quietest), len(waiting)))]
            await manager.unsubscribe_symbols(quietest)
            await manager.subscribe_symbols(fresh, Mode.QUOTE)
            waiting.extend(quietest)
            watched = [token for token in watched if token not in quietest] + fresh
            print(f"{ticks.total():,} ticks; out {quietest}, in {fresh}; {len(watched)} watched")


if __name__ == "__main__":
    run(dynamic_subscription, __doc__, rate=2000)
