"""The arithmetic of candles: rows of ticks become rows of candles, and candles of the same span become one.

A tick is a candle of its own price, so that folding ticks, and folding them into candles that are there
already, is the same: in whatever parts ticks come, the same candles are made of them.

How long candles are and where they begin is the rule by which every tick falls into exactly one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import Exchange, TickBatch
from kitetui.wire.layout import LAST_PRICE, OI, TOKEN, prices_of

_DAY: Final = 86_400
_IST: Final = 19_800
"""Seconds that India is ahead of UTC."""

_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "second"), 1),
    **dict.fromkeys(("m", "min", "minute"), 60),
    **dict.fromkeys(("h", "hour"), 3600),
    **dict.fromkeys(("d", "day"), _DAY),
}
"""As in Kite's own names (`5minute`, `day`) and in those of charts and tables (`5m`, `5min`, `1D`)."""

_LATER_OPENING: Final = 9 * 3600 + 15 * 60
_EARLIER_OPENING: Final = 9 * 3600
_OPENINGS: Final = np.full(256, _LATER_OPENING, dtype=np.int64)
_OPENINGS[[Exchange.CDS, Exchange.BCD, Exchange.MCX, Exchange.MCXSX, Exchange.NCO]] = _EARLIER_OPENING


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of candles, in seconds, a day at most.

    Candles are counted from each day's opening, as on Kite's own charts: 09:15 IST, and 09:00 for currencies
    and commodities; the last of a day may be short. Those of a whole day begin at midnight IST. A candle has
    its first moment and not its last.
    """

    seconds: int

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read a length such as `30s`, `1m`, `5minute`, `75min`, `1h` or `day`. Raises ValueError."""
        found = re.fullmatch(r"([1-9][0-9]{0,5})?([a-z]+)", text.lower()) if text.isascii() else None
        unit = _UNITS.get(found[2], 0) if found else 0
        seconds = int(found[1] or 1) * unit if found else 0
        if not 0 < seconds <= _DAY:
            raise ValueError(
                f"no candles of {text!r}; name a part of a day, such as 30s, 1min, 75min, 1h or 1d"
            )
        return cls(seconds)

    def starts(self, times: NDArray[np.int64], tokens: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return when the candle of each tick begins.

        times: of the ticks, UTC seconds. tokens: their instruments. All have shape (n,).
        """
        openings = _OPENINGS.take(tokens & 0xFF) if self.seconds < _DAY else 0
        of_day = (times + _IST) % _DAY
        starts = openings + (of_day - openings) // self.seconds * self.seconds
        return times - of_day + np.maximum(starts, 0)


def days(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day in India of each of these UTC seconds, counted from 1970."""
    return (times + _IST) // _DAY


NONE: Final = -1
"""The volume and the open interest that were not sent."""

_SHIFT: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True, eq=False)
class CandleRows:
    """Ticks or candles in columns, each of shape (n,).

    start: UTC seconds. Prices are as sent. volume, oi: `NONE` where they were not sent.
    """

    token: NDArray[np.uint32]
    start: NDArray[np.int64]
    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    ticks: NDArray[np.int64]
    volume: NDArray[np.int64]
    oi: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.token)

    def __getitem__(self, rows: NDArray[Any] | slice) -> CandleRows:
        """Return some of the rows."""
        return CandleRows(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def none(cls) -> CandleRows:
        """Return no rows."""
        kinds = (np.uint32, *[np.int64] * 8)
        return cls(*(np.empty(0, dtype=kind) for kind in kinds))

    @classmethod
    def joined(cls, parts: Iterable[CandleRows]) -> CandleRows:
        """Return the rows of all parts, in order."""
        full = [part for part in parts if len(part)] or [cls.none()]
        if len(full) == 1:
            return full[0]
        return cls(*(np.concatenate([getattr(part, name) for part in full]) for name in cls.__slots__))


def rows_of(
    batch: TickBatch,
    start: NDArray[np.int64],
    is_tick: NDArray[np.bool_],
    totals: NDArray[np.int64],
) -> CandleRows:
    """Return a row a tick; its volume is the day's total so far, as given in `totals`.

    What is no tick, shape (n,), makes no candle: its total only says from where volume counts.
    """
    token = batch.words[:, TOKEN].view(np.uint32)
    price = prices_of(batch.words[:, LAST_PRICE], token)
    oi = np.where(batch.present("oi"), batch.words[:, OI].view(np.uint32), np.int64(NONE))
    return CandleRows(token.copy(), start, price, price, price, price, is_tick.astype(np.int64), totals, oi)


def count_volume(ticks: CandleRows, before: CandleRows) -> tuple[CandleRows, CandleRows]:
    """Return ticks with the volume since the tick before, and for each instrument what was seen last.

    Ticks are then sorted by instrument; those without a price (before the first trade) and what counts as no
    tick are gone. From the latter volume counts only where nothing of the instrument was seen before.
    before: what was seen last of the ticks before these, as returned from here.
    """
    rows = CandleRows.joined([before, ticks])
    arrival = np.arange(len(rows), dtype=np.uint64)
    rows = rows[np.sort((rows.token.astype(np.uint64) << _SHIFT) | arrival) & _LOW]
    places = np.flatnonzero(rows.volume != NONE)
    is_first = np.append(True, rows.token[places][1:] != rows.token[places][:-1])[: len(places)]
    places = places[is_first | (rows.ticks[places] > 0)]
    carrying = rows[places]
    steps, highest = _steps(carrying)
    is_last = np.append(carrying.token[1:] != carrying.token[:-1], True)[: len(places)]
    seen = replace(carrying, ticks=np.zeros_like(carrying.ticks), volume=highest)[is_last]
    volume = rows.volume.copy()
    volume[places] = steps
    is_tick = (rows.ticks > 0) & (rows.close != 0)
    rows = replace(rows, volume=volume)
    return (rows if is_tick.all() else rows[is_tick]), seen


def fold(rows: CandleRows) -> CandleRows:
    """Return one row for each instrument and span of time, sorted by instrument and start.

    Within a candle the order of the rows is that of time.
    """
    if not len(rows):
        return rows
    keys = (rows.token.astype(np.uint64) << _SHIFT) | (rows.start.astype(np.uint64) & _LOW)
    if (keys[1:] < keys[:-1]).any():
        order = np.argsort(keys, kind="stable")
        rows, keys = rows[order], keys[order]
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    lasts = np.append(firsts[1:], len(rows)) - 1
    has_volume = np.maximum.reduceat(rows.volume, firsts) != NONE
    volume = np.add.reduceat(np.maximum(rows.volume, 0), firsts)
    with_oi = np.maximum.reduceat(np.where(rows.oi != NONE, np.arange(len(rows)), NONE), firsts)
    return CandleRows(
        token=rows.token[firsts],
        start=rows.start[firsts],
        open=rows.open[firsts],
        high=np.maximum.reduceat(rows.high, firsts),
        low=np.minimum.reduceat(rows.low, firsts),
        close=rows.close[lasts],
        ticks=np.add.reduceat(rows.ticks, firsts),
        volume=np.where(has_volume, volume, NONE),
        oi=np.where(with_oi != NONE, rows.oi[with_oi], NONE),
    )


def _steps(ticks: CandleRows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what the total of each tick adds to the highest of its instrument's day, and that highest.

    Totals come out of order, and those of more than 32 bits begin again at 0: both count each trade once.
    """
    if not len(ticks):
        return ticks.volume, ticks.volume
    day, total = days(ticks.start), ticks.volume
    begins = np.append(True, ticks.token[1:] != ticks.token[:-1])
    is_first = begins | np.append(True, day[1:] != day[:-1])
    group = np.cumsum(is_first)
    change = np.where(is_first, 0, np.diff(total, prepend=0))
    if (np.abs(change) > _WRAP // 2).any():
        # One that falls by more than half the range has begun again; back up, it came out of order.
        turn = (change < -_WRAP // 2).astype(np.int64) - (change > _WRAP // 2)
        turns = np.cumsum(turn)
        turns -= turns[is_first][group - 1]
        lowest = -_highest(-np.minimum(turns, 0), group)
        total = total + (turns - lowest) * _WRAP
    highest = _highest(total, group)
    steps = np.diff(highest, prepend=0)
    steps[is_first] = np.where(begins, 0, ticks.volume)[is_first]
    return steps, highest


_WRAP: Final = 2**32
_APART: Final = 2**40
"""More than any total, so that groups put so far apart do not mix."""


def _highest(values: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the highest value so far of each group; groups are numbered in order."""
    apart = group * _APART
    highest: NDArray[np.int64] = np.maximum.accumulate(values + apart) - apart
    return highest
