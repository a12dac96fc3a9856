"""What a benchmark found: tables of all that was measured, and one figure for each target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Cell = str | int | float | None
"""A cell of a table; None is what was not measured."""


@dataclass(frozen=True, slots=True)
class Table:
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

    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def ratio(rival: float | None, ours: float | None) -> float | None:
    """Return how many times ours goes into the rival's, None where one of them was not measured."""
    return None if rival is None or not ours else rival / ours


def least(ratios: Iterable[float | None]) -> float | None:
    """Return the smallest of what was measured, None of nothing."""
    return min((each for each in ratios if each is not None), default=None)
