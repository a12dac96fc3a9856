"""How long candles are, and where they begin: the rule by which every tick falls into exactly one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import Exchange

_DAY: Final = 86_400
_IST: Final = 19_800
"""Seconds that India is ahead of UTC."""

_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "d": _DAY}

_LATER_OPENING: Final = 9 * 3600 + 15 * 60
_EARLIER_OPENING: Final = 9 * 3600
_OPENINGS: Final = np.full(256, _LATER_OPENING, dtype=np.int64)
_OPENINGS[[Exchange.CDS, Exchange.BCD, Exchange.MCX, Exchange.MCXSX, Exchange.NCO]] = _EARLIER_OPENING


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of candles that divides a day, in seconds.

    Candles are counted from the opening, as on Kite's own charts: 09:15 IST, and 09:00 for currencies and
    commodities; those of a whole day begin at midnight IST. A candle has its first moment and not its last.
    """

    seconds: int

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read a length such as `30s`, `1min`, `15min`, `1h` or `1d`. Raises ValueError."""
        found = re.fullmatch(r"([1-9][0-9]{0,5})(s|min|h|d)", text)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not seconds or _DAY % seconds:
            raise ValueError(
                f"no candles of {text!r}; name a part of a day, such as 30s, 1min, 15min, 1h or 1d"
            )
        return cls(seconds)

    def starts(self, times: NDArray[np.int64], tokens: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return when the candle of each tick begins.

        times: of the ticks, UTC seconds. tokens: their instruments. All have shape (n,).
        """
        openings = _OPENINGS.take(tokens & 0xFF) if self.seconds < _DAY else 0
        return times - (times + _IST - openings) % self.seconds


def days(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day in India of each of these UTC seconds, counted from 1970."""
    return (times + _IST) // _DAY
