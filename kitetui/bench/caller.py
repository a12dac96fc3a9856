"""`python -m kitetui.bench.caller`: a program on this library, as a user writes one.

It reads the lossless stream and applies every batch to a last-value cache. With `--stall` it stops reading
for so many seconds in the middle, and catches up.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Final

import numpy as np

from kitetui.bench.process import megabytes
from kitetui.bench.tally import Tally
from kitetui.feed import (
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    Receiver,
    Ticks,
    UnknownMessage,
)
from kitetui.feed import TickerMessage as Message
from kitetui.instruments.builtin import simulated_shares
from kitetui.market import LastValueCache
from kitetui.wire import Mode
from kitetui.wire.layout import LAST_QUANTITY, VOLUME

_BEFORE_THE_STALL: Final = 1.0
"""Seconds of the load that come first."""


async def call(url: str, connections: int, symbols: int, stall: float) -> None:
    """Read until the server says that it has sent all, and print what was measured."""
    tally = Tally(connections)
    config = KiteManagerConfig(endpoint=Endpoint(url), max_connections=connections, default_mode=Mode.FULL)
    cache = LastValueCache()
    stalled = _Stall(stall) if stall else None
    async with KiteTickerManager(config=config) as manager, asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(tally.lag.watch())
        stream = manager.stream(lossless=True)
        await manager.subscribe_symbols([each.instrument_token for each in simulated_shares(symbols)])
        async for message in stream:
            _take(message, tally, cache)
            if stalled is not None and tally.measures:
                await stalled.after(stream)
            if tally.done:
                break
        looking.cancel()
    tally.print(**(stalled.found if stalled else {}))


def _take(message: Message, tally: Tally, cache: LastValueCache) -> None:
    match message:
        case Ticks(batch=batch):
            cache.apply(batch, message.received_at, message.snapshot, message.timed_at)
            tally.ticks += len(batch)
            if tally.measures:
                uppers = batch.words[:, LAST_QUANTITY]
                for row in np.flatnonzero(uppers).tolist():
                    tally.arrived(int(uppers[row]), int(batch.words[row, VOLUME]) & 0xFFFFFFFF)
        case UnknownMessage(text=text):
            tally.heard(text)


class _Stall:
    """A caller that does not read for so many seconds, once."""

    def __init__(self, seconds: float) -> None:
        self.found: dict[str, float | None] = {}
        self._seconds = seconds
        self._due = 0.0
        self._woken: float | None = None

    async def after(self, stream: Receiver[Message]) -> None:
        """Look after each message whether it is time to stall, and whether all is read that waited."""
        now = time.monotonic()
        if not self._due:
            self._due = now + _BEFORE_THE_STALL
        elif self._woken is None and now >= self._due:
            self.found["memory_before_mb"] = megabytes()
            await asyncio.sleep(self._seconds)
            self.found["waiting_ticks"] = stream.stats().waiting
            self._woken = time.monotonic()
        elif self._woken is not None and "recovery_s" not in self.found and not stream.stats().waiting:
            self.found["recovery_s"] = time.monotonic() - self._woken


def main() -> None:
    """Read the options, and call."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("--connections", type=int, default=1)
    options.add_argument("--symbols", type=int, default=3000)
    options.add_argument("--stall", type=float, default=0)
    given = options.parse_args()
    asyncio.run(call(given.url, given.connections, given.symbols, given.stall))


if __name__ == "__main__":
    main()
