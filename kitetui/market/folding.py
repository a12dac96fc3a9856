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
from kitetui.wire.layout import LAST_PRICE, OI, TOKEN, VOLUME, prices_of

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
    batch: TickBatch, start: NDArray[np.int64], snapshot: NDArray[np.bool_] | None = None
) -> CandleRows:
    """Return a row a tick; its volume is that of the day, as sent.

    One that carries the mark `snapshot`, shape (n,), counts as no tick: it only says from where volume
    counts.
    """
    token = batch.words[:, TOKEN].view(np.uint32)
    price = prices_of(batch.words[:, LAST_PRICE], token)
    counts = np.ones(len(batch), dtype=np.int64) if snapshot is None else (~snapshot).astype(np.int64)
    volume, oi = (
        np.where(batch.present(field), batch.words[:, word].view(np.uint32), np.int64(NONE))
        for field, word in (("volume_traded", VOLUME), ("oi", OI))
    )
    return CandleRows(token.copy(), start, price, price, price, price, counts, volume, oi)


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
    is_last = np.append(carrying.token[1:] != carrying.token[:-1], True)[: len(places)]
    seen = carrying[is_last]
    seen = replace(seen, ticks=np.zeros_like(seen.ticks))
    volume = rows.volume.copy()
    volume[places] = _steps(carrying)
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


def _steps(ticks: CandleRows) -> NDArray[np.int64]:
    """Return how far the volume of each tick is from that of its instrument's tick before."""
    steps = np.zeros_like(ticks.volume)
    now, then = ticks.volume[1:], ticks.volume[:-1]
    day = days(ticks.start)
    is_another_day = day[1:] != day[:-1]
    is_same = ticks.token[1:] == ticks.token[:-1]
    steps[1:] = np.where(is_another_day, now, np.maximum(now - then, 0)) * is_same
    return steps
