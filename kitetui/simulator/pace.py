"""How a rate of updates becomes steps of a market: which size, and how far apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count as counting

STEPS_A_SECOND = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """Steps `interval` seconds apart; `counts()` yields how many updates each of them makes, forever."""

    rate: float
    interval: float

    @classmethod
    def of(cls, rate: float, instruments: int) -> Pace:
        """Spread a rate evenly: fewer steps where it is small, more where one step cannot hold its share.

        rate: updates a second, above 0; a step updates each of the instruments at most once.
        """
        steps = max(min(rate, STEPS_A_SECOND), rate / instruments)
        return cls(rate=rate, interval=1 / steps)

    def counts(self) -> Iterator[int]:
        """Yield the updates of each step; they add up to the rate over time."""
        made = 0
        for number in counting(1):
            due = round(number * self.rate * self.interval)
            yield due - made
            made = due
