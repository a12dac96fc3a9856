"""Rates out of counters: ticks and bytes a second of each connection, over the last few seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from kitetui.feed import ManagerStats

_WINDOW: Final = 4
"""Samples that are kept; a rate spans all of them."""

_LEAST_STEP: Final = 0.9
"""Seconds between two samples."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a connection received a second."""

    ticks: float = 0.0
    bytes: float = 0.0


class Rates:
    """Rates of all connections, from samples of their statistics."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, ManagerStats]] = deque(maxlen=_WINDOW)

    def sample(self, now: float, stats: ManagerStats) -> None:
        """Take in the statistics of this moment; samples too close to the one before are passed over."""
        if not self._samples or now - self._samples[-1][0] >= _LEAST_STEP:
            self._samples.append((now, stats))

    def of(self, connection: int) -> Rate:
        """Return the rates of one connection, zero until there are two samples."""
        if len(self._samples) < 2:
            return Rate()
        (start, before), (end, after) = self._samples[0], self._samples[-1]
        old, new = before.connections[connection], after.connections[connection]
        seconds = end - start
        return Rate((new.ticks - old.ticks) / seconds, (new.bytes - old.bytes) / seconds)

    @property
    def ticks(self) -> float:
        """Ticks a second on all connections together."""
        if not self._samples:
            return 0.0
        return sum(self.of(number).ticks for number in range(len(self._samples[-1][1].connections)))
