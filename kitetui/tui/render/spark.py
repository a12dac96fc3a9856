"""Sparklines: how a figure has gone, in a single row of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"
_MIDDLE: Final = "▄"


def sparkline(values: Iterable[float | None], width: int, floor: float | None = None) -> str:
    """Return the values as bars in exactly so many cells, the newest at the right.

    None and NaN are blank. Where there are more values than cells, a cell stands for the mean of several.

    floor: what the lowest bar stands for, such as 0 for a rate; without it that is the lowest value, and
    values that are all the same stand in the middle.
    """
    cells = _means([_known(value) for value in values], width)
    shown = [value for value in cells if value is not None]
    if not shown:
        return " " * width
    low, high = min(shown) if floor is None else floor, max(shown)
    if low >= high:
        flat = _MIDDLE if floor is None else _BARS[0]
        line = "".join(" " if value is None else flat for value in cells)
    else:
        line = "".join(" " if value is None else _bar((value - low) / (high - low)) for value in cells)
    return line.rjust(width)


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _means(values: Sequence[float | None], width: int) -> list[float | None]:
    """The mean of each group of values, one a cell; the newest group is always a whole one."""
    size = max(-(-len(values) // max(width, 1)), 1)
    groups = [values[max(end - size, 0) : end] for end in range(len(values), 0, -size)]
    return [_mean([value for value in group if value is not None]) for group in reversed(groups)]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _bar(share: float) -> str:
    return _BARS[min(int(max(share, 0.0) * len(_BARS)), len(_BARS) - 1)]
