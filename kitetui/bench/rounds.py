"""Rounds in turn: what a machine does beside the measurement falls on all rivals alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

K = TypeVar("K")

Work = Callable[[], object]
Found = dict[str, float | None]
"""Measures by name; None is what could not be measured."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some measurements, and the two ends."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    @property
    def percent(self) -> float:
        """From end to end, in percent of the middle."""
        return (self.high - self.low) / self.median * 100 if self.median else 0.0


def median_of(rounds: Sequence[Found], by: str) -> Found:
    """Return the median of everything that was found, but the most of what was `lost`.

    by: the measure whose spread stands for all, as `spread_percent`.
    """
    found: Found = {}
    for name in rounds[0]:
        values = [value for each in rounds if (value := each[name]) is not None]
        middle = (max if name == "lost" else statistics.median)(values) if values else None
        found[name] = middle
    found["spread_percent"] = Spread.of([each[by] or 0.0 for each in rounds]).percent
    return found


def in_turn(rivals: Mapping[K, Work], units: int, *, rounds: int, seconds: float) -> dict[K, Spread]:
    """Return for each rival the nanoseconds that a unit of its work takes.

    units: how many are in one piece of work. seconds: for how long each works in each round.
    Each works once before the first round, and in every round in the order in which they are given.
    """
    for work in rivals.values():
        work()
    taken: dict[K, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, work in rivals.items():
            taken[name].append(_time_of(work, units, seconds))
    return {name: Spread.of(values) for name, values in taken.items()}


def _time_of(work: Work, units: int, seconds: float) -> float:
    times, least = 0, int(seconds * 1e9)
    start = time.perf_counter_ns()
    while (taken := time.perf_counter_ns() - start) < least or not times:
        work()
        times += 1
    return taken / (times * units)
