"""How many ticks a second a replay gives to one client, played as fast as the client takes them.

Run on demand, not by pytest: `python -m tests.replay.bench`. The client reads in a process of its own, and
counts bytes alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from math import inf
from multiprocessing import get_context
from typing import Final

from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from kitetui.record.capture.layout import Record, RecordKind
from kitetui.replay import Playback, ReplayExchange
from kitetui.wire import Mode, SetMode, Subscribe, encode_request
from tests.replay.recordings import BEGUN, full, moment
from tests.wire.packets import frame

MESSAGES: Final = 50_000
TICKS: Final = 10
TOKENS: Final = tuple(number << 8 | 1 for number in range(1_000, 1_000 + TICKS))


@dataclass(frozen=True, slots=True)
class Same:
    """A source of one message, again and again."""

    span: tuple[int, int] = (moment(0), moment(0) + MESSAGES)
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def records(self, since: int | None = None) -> Iterator[Record]:
        message = frame(*(full(token, 100) for token in TOKENS))
        yield BEGUN
        for number in range(MESSAGES):
            yield Record(RecordKind.DATA, 0, moment(0) + number, 1 + number * TICKS, message)


def main() -> None:
    table = Table("mode", "ticks a second", "server's CPU")
    for mode in (Mode.FULL, Mode.QUOTE):
        rate, load = asyncio.run(_measure(mode))
        table.add_row(str(mode), f"{rate:,.0f}", f"{load:.0%}")
    Console().print(table)


async def _measure(mode: Mode) -> tuple[float, float]:
    """Return the ticks a second that a client got, and how much of a core the server took for it."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        async with ReplayExchange(Same(), Playback(speed=inf)) as exchange:
            before = time.process_time()
            took = await loop.run_in_executor(pool, _read, exchange.url, mode)
            used = time.process_time() - before
    return MESSAGES * TICKS / took, used / took


def _read(url: str, mode: Mode) -> float:
    return asyncio.run(_count(url, mode))


async def _count(url: str, mode: Mode) -> float:
    """Return the seconds in which all messages came."""
    async with connect(url, compression=None) as client:
        await client.send(encode_request(Subscribe(TOKENS)))
        await client.send(encode_request(SetMode(mode, TOKENS)))
        started = time.perf_counter()
        left = MESSAGES
        while left:
            left -= isinstance(message := await client.recv(), bytes) and len(message) > 1
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
