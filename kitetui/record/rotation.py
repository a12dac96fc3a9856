"""When a recording goes on in a new file: with each day, hour or so in India, or at a size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from kitetui.errors import UserError
from kitetui.times import IST

_PERIODS: Final = {"d": 86_400, "h": 3_600, "m": 60}
_SIZES: Final = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,8})(d|h|m|KB|MB|GB)")
_NANOSECONDS: Final = 1_000_000_000
_DAY: Final = _PERIODS["d"]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What ends a file.

    period: seconds; periods begin at midnight in India. size: bytes of any one file. None: not by that.
    """

    period: int | None = _DAY
    size: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1d`, `1h`, `500MB`, or one of each with a comma. Raises UserError."""
        period = size = None
        for part in text.split(","):
            match = _LIMIT.fullmatch(part.strip())
            if match is None:
                raise _unclear(text)
            number, unit = int(match[1]), match[2]
            if unit in _SIZES and size is None:
                size = number * _SIZES[unit]
            elif unit in _PERIODS and period is None and _divides(number * _PERIODS[unit]):
                period = number * _PERIODS[unit]
            else:
                raise _unclear(text)
        return cls(period, size)

    def period_of(self, at: int) -> int:
        """Return the number of the period that a moment is in; moments are UTC nanoseconds."""
        return (at + _OFFSET) // (self.period * _NANOSECONDS) if self.period else 0

    def ends_at(self, at: int) -> int | None:
        """Return when the period of this moment is over."""
        if not self.period:
            return None
        return (self.period_of(at) + 1) * self.period * _NANOSECONDS - _OFFSET

    def is_full(self, size: int) -> bool:
        """Whether a file of so many bytes takes no more."""
        return self.size is not None and size >= self.size


_OFFSET: Final = int(IST.utcoffset(None).total_seconds()) * _NANOSECONDS


def _divides(period: int) -> bool:
    """Whether a day is made of such periods, or the period is of whole days."""
    return _DAY % period == 0 or period % _DAY == 0


def _unclear(text: str) -> UserError:
    return UserError(
        f"--rotate takes a period that divides the day (1d, 1h, 15m), a size (500MB, 2GB), "
        f"or both with a comma, and not {text!r}"
    )
