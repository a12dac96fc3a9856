"""Order book imbalance from the five levels of depth, for every tick, in columns.

python -m kitetui.examples.high_frequency [--live] [--seconds N]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kitetui import KiteManagerConfig, Mode, TickBatch, Ticks
from kitetui.examples.market import ExampleMarket, run

LEVELS = range(1, 6)
LEAN = 0.8
"""How far to one side a book leans that is worth a line."""


async def high_frequency(market: ExampleMarket) -> None:
    """Print the books that lean to one side."""
    names = {each.instrument_token: each.key for each in market.shares(50)}
    seen = 0
    async with market.manager(KiteManagerConfig.high_frequency()) as manager:
        await manager.subscribe_symbols(names, Mode.FULL)
        async for message in manager:
            if not isinstance(message, Ticks):
                continue
            batch = message.batch
            seen += len(batch)
            leaning, spread = imbalance(batch), batch["ask_price_1"] - batch["bid_price_1"]
            for row in np.flatnonzero(np.abs(leaning) > LEAN).tolist():
                name = names[int(batch["instrument_token"][row])]
                side = "buyers" if leaning[row] > 0 else "sellers"
                print(f"{name:16} {leaning[row]:+.2f} to the {side}, spread {spread[row]:.2f}, tick {seen:,}")


def imbalance(batch: TickBatch) -> NDArray[np.float64]:
    """Return for each tick from -1 (all are sellers) to 1 (all are buyers), nearer levels weighing more."""
    bids = sum(batch[f"bid_quantity_{level}"] / level for level in LEVELS)
    asks = sum(batch[f"ask_quantity_{level}"] / level for level in LEVELS)
    with np.errstate(invalid="ignore"):
        leaning: NDArray[np.float64] = np.nan_to_num((bids - asks) / (bids + asks))
    return leaning


if __name__ == "__main__":
    run(high_frequency, __doc__, rate=5000)
