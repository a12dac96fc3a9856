"""What a client is measured by while the server streams to it, the same for every client."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Final, NoReturn

from kitetui.bench.process import Stopwatch, megabytes
from kitetui.bench.server import BEGIN, END
from kitetui.feed import Percentiles

LOOK: Final = 0.01
"""Seconds between two looks."""


class LoopLag:
    """Looks at a loop all the time; `watch` is for asyncio, other loops call `looked`."""

    def __init__(self) -> None:
        self._samples: list[float] = []

    async def watch(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            due = time.perf_counter() + LOOK
            await asyncio.sleep(LOOK)
            self.looked(time.perf_counter() - due)

    def looked(self, late: float) -> None:
        """Note by how many seconds the loop was late."""
        self._samples.append(max(late, 0.0))

    def take(self) -> Percentiles | None:
        """Return the percentiles since the last time in seconds, None of nothing, and begin anew."""
        samples, self._samples = self._samples, []
        return Percentiles.of(samples)


STAMPS: Final = ("last_traded_quantity", "volume_traded")
"""The fields of a tick in which its time of sending stands, the upper half first."""


class Tally:
    """Counts what reaches the caller's hand, over all connections.

    ticks: all that came, the warm-up too. lag: how late the client's loop is. latencies: nanoseconds.
    """

    def __init__(self, connections: int) -> None:
        self.ticks = 0
        self.latencies: list[int] = []
        self.lag = LoopLag()
        self.done = False
        self._waiting = connections
        self._sent = 0
        self._begun_with: int | None = None
        self._stopwatch = Stopwatch()
        self._measured = 0
        self._share = self._seconds = 0.0

    @property
    def measures(self) -> bool:
        """Whether what comes now is measured."""
        return self._begun_with is not None and not self.done

    def heard(self, text: str | bytes) -> None:
        """Take a text message of the server: where the load begins, or where it ends."""
        word, _, number = json.loads(text)["data"].partition(" ")
        if word == BEGIN and self._begun_with is None:
            self._begun_with = self.ticks
            self.lag.take()
            self._stopwatch.start()
        elif word == END:
            self._sent += int(number)
            self._waiting -= 1
            if not self._waiting:
                self._end()

    def arrived(self, upper: int, lower: int) -> None:
        """Note that a tick with this time of sending is in the caller's hand; 0 is a tick without one."""
        if upper:
            self.latencies.append(time.monotonic_ns() - (upper << 32 | lower))

    def print(self, **more: float | None) -> None:
        """Print the figures as one line of JSON."""
        latency, lag = Percentiles.of(self.latencies), self.lag.take()
        found = {
            "ticks_a_second": self._measured / self._seconds,
            "lost": self._sent - self.ticks,
            "cpu_percent": self._share,
            "latency_p50_us": None if latency is None else latency.p50 / 1e3,
            "latency_p99_us": None if latency is None else latency.p99 / 1e3,
            "lag_p50_ms": None if lag is None else lag.p50 * 1e3,
            "lag_p99_ms": None if lag is None else lag.p99 * 1e3,
            "memory_mb": megabytes(),
            **more,
        }
        sys.stdout.write(json.dumps(found) + "\n")

    def _end(self) -> None:
        self._seconds, self._share = self._stopwatch.seconds(), self._stopwatch.share()
        self._measured = self.ticks - (self._begun_with or 0)
        self.done = True
