"""Candles as they close, made of the stream, with volume by difference.

python -m kitetui.examples.candles [--every INTERVAL] [--live] [--seconds N]
"""

from __future__ import annotations

from kitetui import CandleBuilder, Mode, Ticks
from kitetui.examples.market import ExampleMarket, run
from kitetui.market import Calendar

OPTIONS = {"--every": {"default": "1s", "help": "1s, 5s, 1min, 15min …"}}


async def candles(market: ExampleMarket) -> None:
    """Print each candle once, when it is finished."""
    names = {each.instrument_token: each.key for each in market.shares(5)}
    # The simulated exchange trades at all hours, and has no auctions.
    builder = CandleBuilder(market.options.every, calendar=None if market.options.live else Calendar())
    async with market.manager() as manager:
        await manager.subscribe_symbols(names, Mode.FULL)
        async for message in manager:
            if not isinstance(message, Ticks):
                continue
            for candle in builder.add(message.batch, message.received_at, message.snapshot):
                prices = f"{candle.open:,.2f} {candle.high:,.2f} {candle.low:,.2f} {candle.close:,.2f}"
                name = names[candle.instrument_token]
                print(f"{candle.start:%H:%M:%S} UTC {name:16} {prices} volume {candle.volume}")


if __name__ == "__main__":
    run(candles, __doc__, OPTIONS, rate=2000)
