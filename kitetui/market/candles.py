"""Candles of any length: of ticks that are all there, and of ticks as they come.

The rule is the same for both:

- A candle begins where `Interval` says (for minutes: the full minute), and takes in the ticks from then until
  before the next. Where nothing ticked there is none.
- A tick's time is the exchange's where its packet has one (full packets, and those of indices), else that of
  its receipt. An exchange's time of more than a minute ahead of the receipt is wrong, and not used.
- Ticks of an instrument count in the order in which they came.
- Kite's volume is that of the day so far. A tick adds what is more than at the instrument's tick before; the
  first one adds nothing. On a new day (IST) it adds all that it says, and where the volume fell otherwise (a
  correction) nothing. Ticks of mode ltp and of indices have none.
- A last price of 0 is none: the exchange sends it before the first trade.

What carries the mark `Ticks.snapshot` may be days old and is no tick here: give the marks, and no candle is
made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.market.folding import NONE, CandleRows, Interval, count_volume, days, fold, rows_of
from kitetui.times import IST
from kitetui.wire import TickBatch
from kitetui.wire.layout import DIVISORS, EXCHANGE_TIME, TOKEN
from kitetui.wire.tables import Column, to_arrow, to_pandas, to_polars

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_AHEAD: Final = 60
"""Seconds that the exchange's time may be ahead of the receipt's."""

_LATE: Final = 2
"""Seconds that a candle is held open for ticks that were under way when it ended."""

_GATHERED: Final = 16_384
"""Ticks that are folded together, if no candle closes before."""

_OPTIONAL: Final = ("volume", "oi")


_NEVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Candle:
    """What an instrument did in one span of time; what its ticks did not carry is None.

    start: when it begins, UTC. Prices are in rupees or points. oi: open interest at its end.
    """

    instrument_token: int
    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int | None
    ticks: int
    oi: int | None

    @property
    def day(self) -> date:
        """The day in India."""
        return self.start.astimezone(IST).date()


_CANDLE: Final = tuple(field.name for field in fields(Candle))


class Candles:
    """Candles of any number of instruments in columns, sorted by start and then by instrument token.

    Iterating gives `Candle` objects; `candles["close"]` gives a column.
    """

    __slots__ = ("_rows",)

    columns: Final = (
        *("instrument_token", "start", "day", "open", "high", "low", "close", "volume", "ticks", "oi"),
    )
    """The names of the columns."""

    def __init__(self, rows: CandleRows | None = None) -> None:
        self._rows = CandleRows.none() if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Candle]:
        for values in zip(*map(self._values, _CANDLE), strict=True):
            yield Candle(*values)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a whole column, shape (n,).

        Prices are float64 in rupees or points. `start` is datetime64[s] in UTC; `day` is datetime64[D], the
        day in India, which begins while UTC still has the day before. The others are int64, and `volume`
        and `oi` are 0 where no tick of the candle carried them (see `present`).

        Raises KeyError for a name that is no column.
        """
        match name:
            case "open" | "high" | "low" | "close":
                prices: NDArray[np.float64] = getattr(self._rows, name) / DIVISORS.take(
                    self._rows.token & 0xFF
                )
                return prices
            case "start":
                return self._rows.start.astype("M8[s]")
            case "day":
                return days(self._rows.start).astype("M8[D]")
            case "instrument_token":
                return self._rows.token.astype(np.int64)
            case "ticks" | "volume" | "oi":
                counts: NDArray[np.int64] = np.maximum(getattr(self._rows, name), 0)
                return counts
        raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")

    def present(self, name: str) -> NDArray[np.bool_]:
        """Return for each candle whether it has the column's value, shape (n,), bool."""
        if name in _OPTIONAL:
            there: NDArray[np.bool_] = getattr(self._rows, name) != NONE
            return there
        return np.ones(len(self), dtype=np.bool_)

    def of(self, tokens: int | Iterable[int]) -> Candles:
        """Return the candles of these instrument tokens."""
        wanted = [tokens] if isinstance(tokens, int) else list(tokens)
        return Candles(self._rows[np.isin(self._rows.token, wanted)])

    def to_pandas(self) -> pandas.DataFrame:
        """Return a DataFrame; raises UserError where pandas is not installed."""
        return to_pandas(self._table())

    def to_polars(self) -> polars.DataFrame:
        """Return a DataFrame; raises UserError where polars is not installed."""
        return to_polars(self._table())

    def to_arrow(self) -> pyarrow.Table:
        """Return a Table; raises UserError where pyarrow is not installed."""
        return to_arrow(self._table())

    def __repr__(self) -> str:
        return f"Candles({len(self)} of {len(np.unique(self._rows.token))} instruments)"

    def _table(self) -> dict[str, Column]:
        return {
            name: Column(self[name], ~self.present(name) if name in _OPTIONAL else None)
            for name in self.columns
        }

    def _values(self, name: str) -> list[Any]:
        if name == "start":
            return [datetime.fromtimestamp(start, UTC) for start in self._rows.start.tolist()]
        values, present = self[name].tolist(), self.present(name).tolist()
        return [value if there else None for value, there in zip(values, present, strict=True)]


def resample(
    batch: TickBatch,
    interval: str,
    received_at: NDArray[np.int64] | None = None,
    snapshot: NDArray[np.bool_] | None = None,
) -> Candles:
    """Return the candles of all ticks of a batch, the unfinished last ones too.

    interval: their length, which divides a day: `30s`, `1min`, `15min`, `1h` or `1d`.
    received_at: for each tick when it was received, shape (n,), UTC nanoseconds; it may be left out where
    each packet has the exchange's time.
    snapshot: for each tick whether it carries the mark, shape (n,), bool; left out, none does.

    Raises ValueError for another interval, and for ticks without any time.
    """
    length = Interval.parse(interval)
    times = _times(batch, received_at)
    ticks, _ = count_volume(rows_of(batch, length.starts(times, _tokens(batch)), snapshot), CandleRows.none())
    return _in_order(fold(ticks))


class CandleBuilder:
    """Candles as they close, out of ticks as they come.

    A candle is returned once, when a tick of any instrument has a time of two seconds after its end: so long
    others may be under way. One that comes for it later is left out, and counted in `late`; its volume is in
    that of the next. Otherwise the candles are those of `resample` over the same ticks.

    interval: their length, as for `resample`. Raises ValueError for another.
    """

    def __init__(self, interval: str) -> None:
        self._interval = Interval.parse(interval)
        self._gathered: list[CandleRows] = []
        self._count = 0
        self._open = CandleRows.none()
        self._seen = CandleRows.none()
        self._closed = 0
        self._first_end = _NEVER
        self.late = 0
        """Ticks that came for candles that were out already."""

    def add(
        self,
        batch: TickBatch,
        received_at: NDArray[np.int64] | None = None,
        snapshot: NDArray[np.bool_] | None = None,
    ) -> Candles:
        """Take in ticks, and return the candles that have closed, sorted by start and instrument token.

        received_at, snapshot: as for `resample`, which raises ValueError in the same case.
        """
        times = _times(batch, received_at)
        rows = rows_of(batch, self._interval.starts(times, _tokens(batch)), snapshot)
        is_tick = rows.ticks > 0
        ends = rows.start + self._interval.seconds
        in_time = ends > self._closed
        self.late += int((is_tick & ~in_time).sum())
        if len(kept := rows[in_time | ~is_tick]):
            self._gathered.append(kept)
            self._count += len(kept)
        self._first_end = min(self._first_end, int(ends.min(where=in_time & is_tick, initial=_NEVER)))
        self._closed = max(self._closed, int(times.max(where=is_tick, initial=0)) - _LATE)
        if self._first_end <= self._closed:
            return self._close()
        if self._count >= _GATHERED:
            self._fold()
        return Candles()

    def flush(self) -> Candles:
        """Return the candles that are still open, as at a day's end; what comes for them then is late."""
        self._fold()
        ends = self._open.start + self._interval.seconds
        self._closed = max(self._closed, int(ends.max(initial=0)))
        return self._close()

    def _close(self) -> Candles:
        self._fold()
        ends = self._open.start + self._interval.seconds
        is_closed = ends <= self._closed
        closed, self._open = self._open[is_closed], self._open[~is_closed]
        self._first_end = int(ends.min(where=~is_closed, initial=_NEVER))
        return _in_order(closed)

    def _fold(self) -> None:
        if self._gathered:
            ticks, self._seen = count_volume(CandleRows.joined(self._gathered), self._seen)
            self._open = fold(CandleRows.joined([self._open, ticks]))
            self._gathered.clear()
            self._count = 0


def _times(batch: TickBatch, received_at: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return the time of each tick, UTC seconds."""
    exchange = batch.words[:, EXCHANGE_TIME].view(np.uint32).astype(np.int64)
    if received_at is not None:
        received = received_at // 1_000_000_000
        return np.where((exchange == 0) | (exchange > received + _AHEAD), received, exchange)
    if not exchange.all():
        raise ValueError("some of these ticks carry no time of the exchange; pass received_at too")
    return exchange


def _tokens(batch: TickBatch) -> NDArray[np.uint32]:
    return batch.words[:, TOKEN].view(np.uint32)


def _in_order(rows: CandleRows) -> Candles:
    return Candles(rows[np.lexsort((rows.token, rows.start))])
