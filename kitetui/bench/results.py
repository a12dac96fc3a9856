"""What a benchmark measures: how long and how often, its rounds in turn, and what it found.

What a machine does beside the measurement falls on all rivals alike, which take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

FULL_RUN = 3.0
"""Seconds of a run that figures are judged by: in a shorter one a percentile is luck."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What a user may set; None is what the targets name.

    rounds: how often all rivals have their turn. seconds: how long each run lasts.
    symbols: how many are streamed. rate: ticks a second of a sustained load.
    """

    rounds: int = 3
    seconds: float = FULL_RUN
    symbols: int | None = None
    rate: int | None = None

    @property
    def are_those_of_the_targets(self) -> bool:
        """Whether what is measured with these can be held against the targets."""
        return self.symbols is None and self.rate is None and self.seconds >= FULL_RUN

    def symbols_or(self, usual: int) -> int:
        """Return how many symbols to stream, where it is usually this many."""
        return usual if self.symbols is None else self.symbols

    def rate_or(self, usual: int) -> int:
        """Return how many ticks a second to stream, where it is usually this many."""
        return usual if self.rate is None else self.rate


Cell = str | int | float | None
"""A cell of a table; None is what was not measured."""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows of measurements; `name` is for programs, `title` tells people what was measured."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def as_dicts(self) -> list[dict[str, Cell]]:
        """Return the rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Figure:
    """One target, and what was measured of it.

    value: None if it was not measured. bound: what the value is to reach, or with `at_most` not to exceed;
    None for a figure without a target. judged: False for a run at other settings than the target's.
    """

    name: str
    value: float | None
    unit: str
    bound: float | None = None
    at_most: bool = False
    judged: bool = True

    @property
    def target(self) -> str:
        """The target in words, empty where there is none."""
        if self.bound is None:
            return ""
        return f"at {'most' if self.at_most else 'least'} {self.bound:g} {self.unit}".rstrip()

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None where that cannot be said."""
        if self.value is None or self.bound is None or not self.judged:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one benchmark found; `remarks` are sentences on what is not in it, and why."""

    tables: list[ResultTable] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def ratio(rival: float | None, ours: float | None) -> float | None:
    """Return how many times ours goes into the rival's, None where one of them was not measured."""
    return None if rival is None or not ours else rival / ours


def least(ratios: Iterable[float | None]) -> float | None:
    """Return the smallest of what was measured, None of nothing."""
    return min((each for each in ratios if each is not None), default=None)


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
