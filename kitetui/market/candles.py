"""Candles of any length: of ticks that are all there, and of ticks as they come.

The rule is the same for both:

- A candle begins where `Interval` says (for minutes: the full minute), and takes in the ticks from then until
  before the next. Where nothing ticked there is none.
- A tick's time is the exchange's where its packet has one (full packets, and those of indices), else that of
  its receipt. An exchange's time of more than a minute ahead of the receipt is wrong, and not used.
- Ticks of an instrument count in the order in which they came.
- Ticks of the pre-open and of the closing auction (by the calendar) make no candle; what was traded before
  the opening is in the first candle of the day.
- Kite's volume is that of the day so far. A tick adds what is more than the highest of the instrument's day
  before; the first one adds nothing. On a new day (IST) it adds all that it says. Ticks of mode ltp and of
  indices have none.
- A last price of 0 is none: the exchange sends it before the first trade.

What carries the mark `Ticks.snapshot` may be days old and is no tick here: give the marks, and do not leave
such packets out. No candle is made of one; where it is the first of its instrument, volume counts from its
total and on its day, so that what is traded until the first tick is there. One without the exchange's time
may be of any day, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.market.calendar import Calendar, Phase
from kitetui.market.calendarfile import load_calendar
from kitetui.market.folding import NONE, CandleRows, Interval, count_volume, days, fold, rows_of
from kitetui.times import IST
from kitetui.wire import Exchange, TickBatch
from kitetui.wire.layout import DIVISORS, EXCHANGE_TIME, TOKEN, VOLUME, token_list
from kitetui.wire.tables import Column, to_arrow, to_pandas, to_polars
from kitetui.wire.tokenrows import TokenRows

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

_FIRST_DAY: Final = date(1970, 1, 1)


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
        "instrument_token",
        "start",
        "day",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "ticks",
        "oi",
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
        """Return the candles of these instrument tokens. Raises TypeError for a symbol or the like."""
        return Candles(self._rows[np.isin(self._rows.token, token_list(tokens))])

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
    *,
    calendar: Calendar | None = None,
) -> Candles:
    """Return the candles of all ticks of a batch, the unfinished last ones too.

    interval: their length, a day at most: `30s`, `1min`, `5minute`, `75min`, `1h` or `1d`.
    received_at: for each tick when it was received, shape (n,), UTC nanoseconds; it may be left out where
    each packet has the exchange's time.
    snapshot: for each tick whether it carries the mark, shape (n,), bool; left out, none does.
    calendar: when markets trade; the shipped one by default.

    Raises ValueError for another interval, and for ticks without any time.
    """
    rows, _ = _Reading(interval, calendar).rows(batch, received_at, snapshot)
    ticks, _ = count_volume(rows, CandleRows.none())
    return _in_order(fold(ticks))


class CandleBuilder:
    """Candles as they close, out of ticks as they come.

    A candle is returned once, two seconds after its end, for so long ticks may be under way: by the time of a
    tick of its own instrument, or by the clock of the receipt, of any instrument's tick or as `advance` is
    told. No exchange's time closes a candle of another instrument. A tick that comes for a candle later is
    left out, and counted in `late`; its volume is in that of the next. Otherwise the candles are those of
    `resample` over the same ticks.

    interval, calendar: as for `resample`. Raises ValueError for another interval.
    """

    def __init__(self, interval: str, *, calendar: Calendar | None = None) -> None:
        self._reading = _Reading(interval, calendar)
        self._seconds = self._reading.interval.seconds
        self._gathered: list[CandleRows] = []
        self._count = 0
        self._open = CandleRows.none()
        self._seen = CandleRows.none()
        self._instruments = TokenRows()
        self._own_time = np.empty(0, dtype=np.int64)
        self._received = -_NEVER
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

        received_at, snapshot: as for `resample`, which raises ValueError in the same case. Without the times
        of receipt an instrument's candles are closed by its own ticks, and by `advance`.
        """
        rows, times = self._reading.rows(batch, received_at, snapshot)
        is_tick = rows.ticks > 0
        ends = rows.start + self._seconds
        numbers = self._numbers(rows.token)
        in_time = ends > self._closed(numbers)
        self.late += int((is_tick & ~in_time).sum())
        if len(kept := rows[in_time | ~is_tick]):
            self._gathered.append(kept)
            self._count += len(kept)
        self._first_end = min(self._first_end, int(ends.min(where=in_time & is_tick, initial=_NEVER)))
        np.maximum.at(self._own_time, numbers[is_tick], times[is_tick])
        if received_at is not None:
            latest = int(received_at.max(where=is_tick, initial=-_NEVER)) // 1_000_000_000
            self._received = max(self._received, latest)
        newest = max(self._received, int(times.max(where=is_tick, initial=-_NEVER)))
        if self._first_end + _LATE <= newest:
            return self._close()
        if self._count >= _GATHERED:
            self._fold()
        return Candles()

    def advance(self, now: float) -> Candles:
        """Return the candles that have ended by the clock, UTC seconds, whatever has ticked."""
        self._received = max(self._received, int(now))
        return self._close() if self._first_end + _LATE <= self._received else Candles()

    def flush(self) -> Candles:
        """Return the candles that are still open, as at a day's end; what comes for them then is late."""
        self._fold()
        ends = self._open.start + self._seconds
        self._received = max(self._received, int(ends.max(initial=-_NEVER)) + _LATE)
        return self._close()

    def _numbers(self, tokens: NDArray[np.uint32]) -> NDArray[np.intp]:
        numbers = self._instruments.of(tokens)
        if (more := len(self._instruments) - len(self._own_time)) > 0:
            self._own_time = np.append(self._own_time, np.full(more, -_NEVER))
        return numbers

    def _closed(self, numbers: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return up to when the candles of these instruments are out, or are to be, UTC seconds."""
        closed: NDArray[np.int64] = np.maximum(self._own_time[numbers], self._received) - _LATE
        return closed

    def _close(self) -> Candles:
        self._fold()
        ends = self._open.start + self._seconds
        is_closed = ends <= self._closed(self._numbers(self._open.token))
        closed, self._open = self._open[is_closed], self._open[~is_closed]
        self._first_end = int(ends.min(where=~is_closed, initial=_NEVER))
        return _in_order(closed)

    def _fold(self) -> None:
        if self._gathered:
            ticks, self._seen = count_volume(CandleRows.joined(self._gathered), self._seen)
            self._open = fold(CandleRows.joined([self._open, ticks]))
            self._gathered.clear()
            self._count = 0


class _Reading:
    """What of a batch are ticks, in which candle each of them is, and from where volume counts."""

    def __init__(self, interval: str, calendar: Calendar | None) -> None:
        self.interval = Interval.parse(interval)
        self._calendar = load_calendar() if calendar is None else calendar
        self._auctions: dict[tuple[int, int], list[tuple[Phase, int, int]]] = {}

    def rows(
        self,
        batch: TickBatch,
        received_at: NDArray[np.int64] | None,
        snapshot: NDArray[np.bool_] | None,
    ) -> tuple[CandleRows, NDArray[np.int64]]:
        """Return a row a packet, and the time of each, UTC seconds."""
        tokens, times = _tokens(batch), _times(batch, received_at)
        is_tick = np.ones(len(batch), dtype=np.bool_) if snapshot is None else ~snapshot
        totals = np.where(
            batch.present("volume_traded"), batch.words[:, VOLUME].view(np.uint32), np.int64(NONE)
        )
        totals[~is_tick & (batch.words[:, EXCHANGE_TIME] == 0)] = NONE
        for rows, phase in self._in_auctions(tokens, times):
            is_tick[rows] = False
            totals[rows] = np.where((totals[rows] != NONE) & (phase is Phase.PRE_OPEN), 0, NONE)
        return rows_of(batch, self.interval.starts(times, tokens), is_tick, totals), times

    def _in_auctions(
        self, tokens: NDArray[np.uint32], times: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.intp], Phase]]:
        """Yield the ticks of each pre-open and each closing auction."""
        of_day = (days(times) << 8) | (tokens & 0xFF)
        for key in np.unique(of_day).tolist():
            for phase, start, end in self._auctions_of(key >> 8, key & 0xFF):
                at = np.flatnonzero((of_day == key) & (times >= start) & (times < end))
                if len(at):
                    yield at, phase

    def _auctions_of(self, day: int, segment: int) -> list[tuple[Phase, int, int]]:
        if (day, segment) not in self._auctions:
            on = _FIRST_DAY + timedelta(days=day)
            self._auctions[day, segment] = [
                (phase, start, end)
                for phase in (Phase.PRE_OPEN, Phase.CLOSING_AUCTION)
                for start, end in self._calendar.spans(phase, Exchange.of(segment), on)
            ]
        return self._auctions[day, segment]


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
