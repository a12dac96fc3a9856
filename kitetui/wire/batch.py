"""Many ticks in columns: what a binary message, or several at once, decode into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from kitetui.wire import layout
from kitetui.wire.layout import (
    DECIMALS,
    DIVISORS,
    FIELDS,
    MODE_OF_LENGTH,
    Exchange,
    FieldKind,
    PacketError,
    prices_of,
    token_list,
)
from kitetui.wire.tables import Column, dict_of, to_arrow, to_pandas, to_polars, words_needed
from kitetui.wire.tick import Tick

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


COLUMNS: Final = (
    "instrument_token",
    "mode",
    "tradable",
    "last_price",
    "last_traded_quantity",
    "average_traded_price",
    "volume_traded",
    "total_buy_quantity",
    "total_sell_quantity",
    "open",
    "high",
    "low",
    "close",
    "change",
    "net_change",
    "price_change",
    "last_trade_time",
    "exchange_timestamp",
    "oi",
    "oi_day_high",
    "oi_day_low",
    *(
        name
        for name, field in FIELDS.items()
        if field.word >= layout.DEPTH and field.lengths == {layout.FULL}
    ),
)


class TickBatch:
    """Ticks in the order of their arrival, kept as one matrix of integers.

    Iterating gives `Tick` objects; `batch["last_price"]` gives a column, and `batch[10:20]` a smaller batch.

    words: the rows, shape (n, 46), int32; see `kitetui.wire.layout`.
    lengths: the packet length of each row, shape (n,), uint8.
    frames: for each row the index of the message that it came in, shape (n,), int32.
    errors: what could not be read, in order.
    heartbeats: how many of the messages were the one-byte heartbeat.
    """

    columns: Final = COLUMNS
    """The names of all columns."""

    __slots__ = ("errors", "frames", "heartbeats", "lengths", "words")

    def __init__(
        self,
        words: NDArray[np.int32],
        lengths: NDArray[np.uint8],
        frames: NDArray[np.int32],
        errors: Sequence[PacketError] = (),
        heartbeats: int = 0,
    ) -> None:
        self.words = words
        self.lengths = lengths
        self.frames = frames
        self.errors = list(errors)
        self.heartbeats = heartbeats

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Tick]:
        for words, length in zip(self.words.tolist(), self.lengths.tolist(), strict=True):
            yield Tick(words, length)

    @overload
    def __getitem__(self, chosen: str) -> NDArray[Any]: ...

    @overload
    def __getitem__(self, chosen: slice | NDArray[Any] | Sequence[int]) -> TickBatch: ...

    def __getitem__(self, chosen: str | slice | NDArray[Any] | Sequence[int]) -> NDArray[Any] | TickBatch:
        """Return a whole column by its name, or some rows as a batch: a slice, a mask, or row numbers.

        A batch of rows leaves out errors and heartbeats, which belong to messages and not to rows.

        Prices are float64 in rupees or points, and NaN in rows whose packet does not carry them;
        `change` is in percent and `net_change` in rupees. Counts are int64. Times are int64 UNIX
        seconds in UTC, 0 where there is none. `tradable` is bool, `mode` a string.

        Raises KeyError for a name that is no column.
        """
        if not isinstance(chosen, str):
            rows = chosen if isinstance(chosen, slice) else _row_numbers(chosen)
            return TickBatch(self.words[rows], self.lengths[rows], self.frames[rows])
        name = chosen
        match name:
            case "change":
                return self._change()
            case "net_change":
                return self._net_change()
            case "tradable":
                return np.not_equal(self._segments(), Exchange.INDICES)
            case "mode":
                return _MODE_NAMES[self.lengths]
        field = FIELDS.get(name)
        if field is None:
            raise KeyError(f"no column {name!r}; there are {', '.join(sorted(COLUMNS))}")
        if field.kind is FieldKind.PRICE:
            prices: NDArray[np.float64] = self._prices(field.word) / DIVISORS.take(self._segments())
            np.copyto(prices, np.nan, where=~self.present(name))
            return prices
        counts = self.words[:, field.word].view(np.uint32).astype(np.int64)
        return np.where(self.present(name), counts, 0)

    def as_sent(self, name: str) -> NDArray[np.int64]:
        """Return a column of the packets as integers, shape (n,), int64; 0 in rows that do not carry it.

        A price is `batch.as_sent("last_price") / batch.divisors`. Raises KeyError for a derived column.
        """
        field = FIELDS[name]
        is_price = field.kind is FieldKind.PRICE
        sent = self._prices(field.word) if is_price else self.words[:, field.word].view(np.uint32)
        return np.where(self.present(name), sent, np.int64(0))

    @property
    def divisors(self) -> NDArray[np.int64]:
        """What the integer prices of each row are divided by, shape (n,), int64."""
        divisors: NDArray[np.int64] = 10 ** DECIMALS.take(self._segments())
        return divisors

    def times(self, name: str) -> NDArray[np.datetime64]:
        """Return a column of times, shape (n,), datetime64[s] in UTC; NaT where there is none.

        name: `exchange_timestamp` or `last_trade_time`; any other raises KeyError.
        """
        if name not in FIELDS or FIELDS[name].kind is not FieldKind.TIME:
            raise KeyError(f"no column of times {name!r}; there are exchange_timestamp and last_trade_time")
        seconds = self.as_sent(name)
        times = seconds.astype("M8[s]")
        times[seconds == 0] = np.datetime64("NaT")
        return times

    def of(self, tokens: int | Iterable[int]) -> TickBatch:
        """Return the ticks of these instrument tokens. Raises TypeError for a symbol or the like."""
        return self[np.isin(self["instrument_token"], token_list(tokens))]

    @classmethod
    def concat(cls, batches: Iterable[TickBatch]) -> TickBatch:
        """Return the ticks, errors and heartbeats of several batches, in order, with `frames` numbered on."""
        parts = [cls(_NO_WORDS, _NO_LENGTHS, _NO_FRAMES), *batches]
        frames, errors, first = [], [], 0
        for part in parts:
            frames.append(part.frames + np.int32(first))
            errors += [replace(error, frame=error.frame + first) for error in part.errors]
            first += 1 + max(part.frames.max(initial=-1), *(error.frame for error in part.errors), -1)
        return cls(
            np.concatenate([part.words for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate(frames),
            errors,
            sum(part.heartbeats for part in parts),
        )

    def present(self, name: str) -> NDArray[np.bool_]:
        """Return for each row whether its packet carries the field."""
        return _CARRIES[name].take(self.lengths)

    def tick(self, row: int) -> Tick:
        """Return one row as a `Tick`."""
        return Tick(self.words[row].tolist(), int(self.lengths[row]))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the official Python client's list of tick dictionaries; see `Tick.to_dict`."""
        needed = words_needed(int(self.lengths.max(initial=0)))
        rows = self.words[:, :needed].tolist()
        return [dict_of(words, length) for words, length in zip(rows, self.lengths.tolist(), strict=True)]

    def to_pandas(
        self, columns: Iterable[str] | None = None, *, received_at: NDArray[np.int64] | None = None
    ) -> pandas.DataFrame:
        """Return a `pandas.DataFrame` with a row a tick.

        columns: which, in order, out of `TickBatch.columns`; all by default. received_at: for each tick
        when it was received, shape (n,), UTC nanoseconds, as in `Ticks.received_at`; it becomes the first
        column. Prices are float64 in rupees or points, times datetime64[ns, UTC], counts Int64, or int64
        where every packet has them; what a packet does not carry is missing, and never 0.

        Raises UserError where pandas is not installed, KeyError for a name that is no column.
        """
        return to_pandas(self._table(columns, received_at))

    def to_polars(
        self, columns: Iterable[str] | None = None, *, received_at: NDArray[np.int64] | None = None
    ) -> polars.DataFrame:
        """Return a `polars.DataFrame` with a row a tick; as `to_pandas`, with null for what is missing."""
        return to_polars(self._table(columns, received_at))

    def to_arrow(
        self, columns: Iterable[str] | None = None, *, received_at: NDArray[np.int64] | None = None
    ) -> pyarrow.Table:
        """Return a `pyarrow.Table` with a row a tick; as `to_pandas`, with null for what is missing."""
        return to_arrow(self._table(columns, received_at))

    def __repr__(self) -> str:
        return f"TickBatch({len(self)} ticks, {len(self.errors)} errors, {self.heartbeats} heartbeats)"

    def _table(
        self, columns: Iterable[str] | None, received_at: NDArray[np.int64] | None
    ) -> dict[str, Column]:
        table = {} if received_at is None else {"received_at": Column(received_at.astype("M8[ns]"))}
        table |= {name: self._column(name) for name in (self.columns if columns is None else columns)}
        return table

    def _column(self, name: str) -> Column:
        field = FIELDS.get(name)
        if field is None or field.kind is FieldKind.PRICE:
            return Column(self[name])
        if field.kind is FieldKind.TIME:
            return Column(self.times(name))
        is_everywhere = name == "instrument_token"
        return Column(self[name], None if is_everywhere else ~self.present(name))

    def _prices(self, word: int) -> NDArray[np.int64]:
        return prices_of(self.words[:, word], self.words[:, layout.TOKEN])

    def _segments(self) -> NDArray[np.int32]:
        return self.words[:, layout.TOKEN] & 0xFF

    def _change(self) -> NDArray[np.float64]:
        close, last = self["close"], self["last_price"]
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = (last - close) * 100 / close
        return np.where(close == 0, 0.0, percent)

    def _net_change(self) -> NDArray[np.float64]:
        last, close = self._prices(layout.LAST_PRICE), self._prices(layout.CLOSE)
        change = (last - close) / DIVISORS[self._segments()]
        # What an index sends may be of another moment than its last price.
        change = np.where(_IS_INDEX[self.lengths] & (close == 0), self["price_change"], change)
        return np.where(self.present("close"), change, np.nan)


def _row_numbers(chosen: NDArray[Any] | Sequence[int]) -> NDArray[Any]:
    rows = np.asarray(chosen)
    if rows.ndim != 1:
        raise TypeError("rows of a batch are a slice, a mask or row numbers; for a single one use batch.tick")
    return rows if len(rows) else rows.astype(np.intp)


def _by_length(lengths: frozenset[int]) -> NDArray[np.bool_]:
    table = np.zeros(layout.FULL + 1, dtype=np.bool_)
    table[list(lengths)] = True
    return table


_CARRIES = {name: _by_length(field.lengths) for name, field in FIELDS.items()}
_IS_INDEX = _by_length(frozenset({layout.INDEX_QUOTE, layout.INDEX_FULL}))
_MODE_NAMES = np.array([MODE_OF_LENGTH.get(length, "") for length in range(layout.FULL + 1)])
_NO_WORDS = np.empty((0, layout.WORDS), dtype=np.int32)
_NO_LENGTHS = np.empty(0, dtype=np.uint8)
_NO_FRAMES = np.empty(0, dtype=np.int32)
