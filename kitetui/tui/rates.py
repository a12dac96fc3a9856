"""Rates out of counters: ticks and bytes a second of each connection, now and over the last minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kitetui.feed import ConnectionStats, ManagerStats

HISTORY: Final = 60
"""Rates that are kept of each connection, about one a second."""

_WINDOW: Final = 4
"""Samples that the rate of this moment spans."""

_LEAST_STEP: Final = 0.9
"""Seconds between two samples."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a connection received a second."""

    ticks: float = 0.0
    bytes: float = 0.0


@dataclass(frozen=True, slots=True)
class _Sample:
    """What every connection had received at a moment."""

    at: float
    ticks: tuple[int, ...]
    bytes: tuple[int, ...]


class Rates:
    """Rates of all connections, from samples of their statistics."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=HISTORY + 1)

    def sample(self, now: float, stats: ManagerStats) -> None:
        """Take in the statistics of this moment; samples too close to the one before are passed over."""
        if self._samples and now < self._samples[-1].at:
            self._samples.clear()  # the clock was set back: what came before cannot be compared
        if not self._samples or now - self._samples[-1].at >= _LEAST_STEP:
            self._samples.append(_sample(now, stats.connections))

    def of(self, connection: int) -> Rate:
        """Return the rates of one connection, zero until there are two samples."""
        if len(self._samples) < 2:
            return Rate()
        return _between(self._samples[-min(_WINDOW, len(self._samples))], self._samples[-1], connection)

    def history(self, connection: int) -> list[float]:
        """Return one connection's ticks a second from sample to sample, oldest first, at most `HISTORY`."""
        return [_between(before, after, connection).ticks for before, after in pairwise(self._samples)]

    @property
    def ticks(self) -> float:
        """Ticks a second on all connections together."""
        if not self._samples:
            return 0.0
        return sum(self.of(number).ticks for number in range(len(self._samples[-1].ticks)))


def _sample(now: float, connections: tuple[ConnectionStats, ...]) -> _Sample:
    return _Sample(now, tuple(each.ticks for each in connections), tuple(each.bytes for each in connections))


def _between(before: _Sample, after: _Sample, connection: int) -> Rate:
    seconds = after.at - before.at
    return Rate(
        (after.ticks[connection] - before.ticks[connection]) / seconds,
        (after.bytes[connection] - before.bytes[connection]) / seconds,
    )
