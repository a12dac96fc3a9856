"""Columns as tables of pandas, polars and Arrow, each of which is imported only when it is asked for.

And ticks as the official Python client has them: a dictionary each, with its keys, their order and its
values. But for two things: times carry their zone (UTC) and are None where Kite sent none, and prices below
zero stay below zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError
from kitetui.wire import layout
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE, Exchange, divisor_of, priced

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values of a column, shape (n,), and where there is none, shape (n,).

    A price of NaN and a time of NaT are missing by themselves. Times are in UTC; days have no zone.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None

    @property
    def is_time(self) -> bool:
        """Whether these are moments in UTC, and not days."""
        return self.values.dtype.kind == "M" and self.values.dtype != np.dtype("M8[D]")


def to_pandas(columns: Mapping[str, Column]) -> pandas.DataFrame:
    """Return a `DataFrame`; whole numbers that may be missing are of its type `Int64`.

    Raises UserError where pandas is not installed.
    """
    with _needed("pandas", "pandas"):
        import pandas as pd

    def converted(column: Column) -> Any:
        if column.is_time:
            return pd.DatetimeIndex(column.values.astype("M8[ns]"), tz="UTC")
        if column.missing is not None:
            return pd.arrays.IntegerArray(column.values, column.missing)
        return column.values

    return pd.DataFrame({name: converted(column) for name, column in columns.items()})


def to_polars(columns: Mapping[str, Column]) -> polars.DataFrame:
    """Return a `DataFrame`. Raises UserError where polars is not installed."""
    with _needed("polars", "polars"):
        import polars as pl

    def converted(column: Column) -> Any:
        if column.is_time:
            return pl.Series(column.values.astype("M8[ns]")).dt.replace_time_zone("UTC")
        series = pl.Series(column.values, nan_to_null=True)
        return series if column.missing is None else series.set(pl.Series(column.missing), None)

    return pl.DataFrame({name: converted(column) for name, column in columns.items()})


def to_arrow(columns: Mapping[str, Column]) -> pyarrow.Table:
    """Return a `Table`. Raises UserError where pyarrow is not installed."""
    with _needed("pyarrow", "parquet"):
        import pyarrow as arrow

    def converted(column: Column) -> Any:
        if column.is_time:
            return arrow.array(column.values.astype("M8[ns]"), arrow.timestamp("ns", "UTC"))
        return arrow.array(column.values, mask=column.missing, from_pandas=True)

    return arrow.table({name: converted(column) for name, column in columns.items()})


@contextmanager
def _needed(package: str, extra: str) -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise UserError(f"this table needs {package}", f"run pip install 'kitetui[{extra}]'") from None


_UNSIGNED: Final = 0xFFFFFFFF
_LTP_WORDS: Final = layout.LAST_PRICE + 1
_QUOTE_WORDS: Final = layout.CLOSE + 1


def words_needed(longest: int) -> int:
    """Return how many words of each row dictionaries need, if no packet is longer than this one."""
    if longest == LTP:
        return _LTP_WORDS
    return layout.WORDS if longest == FULL else layout.DEPTH


@lru_cache(maxsize=1024)  # ticks of the same second follow one another
def time_of(seconds: int) -> datetime | None:
    """Return a time in UTC from a row's word, None for 0."""
    return datetime.fromtimestamp(seconds & _UNSIGNED, UTC) if seconds else None


def dict_of(words: Sequence[int], length: int) -> dict[str, Any]:
    """Return the dictionary of a row, given its words, as many as it needs, and the length of its packet."""
    return _MAKERS[length](priced(words))


def _ltp(words: Sequence[int]) -> dict[str, Any]:
    token, last = words[:_LTP_WORDS]
    return {
        "tradable": token & 0xFF != Exchange.INDICES,
        "mode": "ltp",
        "instrument_token": token & _UNSIGNED,
        "last_price": last / divisor_of(token),
    }


def _index(words: Sequence[int]) -> dict[str, Any]:
    token, last, *_, open_, high, low, close = words[:_QUOTE_WORDS]
    divisor = divisor_of(token)
    return {
        "tradable": token & 0xFF != Exchange.INDICES,
        "mode": "quote",
        "instrument_token": token & _UNSIGNED,
        "last_price": last / divisor,
        "ohlc": {
            "high": high / divisor,
            "low": low / divisor,
            "open": open_ / divisor,
            "close": close / divisor,
        },
        "change": _change(last / divisor, close / divisor),
    }


def _full_index(words: Sequence[int]) -> dict[str, Any]:
    timestamp = time_of(words[layout.EXCHANGE_TIME])
    return {**_index(words), "mode": "full", "exchange_timestamp": timestamp}


def _quote(words: Sequence[int]) -> dict[str, Any]:
    token, last, quantity, average, volume, buying, selling, open_, high, low, close = words[:_QUOTE_WORDS]
    divisor = divisor_of(token)
    return {
        "tradable": token & 0xFF != Exchange.INDICES,
        "mode": "quote",
        "instrument_token": token & _UNSIGNED,
        "last_price": last / divisor,
        "last_traded_quantity": quantity & _UNSIGNED,
        "average_traded_price": average / divisor,
        "volume_traded": volume & _UNSIGNED,
        "total_buy_quantity": buying & _UNSIGNED,
        "total_sell_quantity": selling & _UNSIGNED,
        "ohlc": {
            "open": open_ / divisor,
            "high": high / divisor,
            "low": low / divisor,
            "close": close / divisor,
        },
        "change": _change(last / divisor, close / divisor),
    }


def _full(words: Sequence[int]) -> dict[str, Any]:
    # All in one go, the words of a quote too: this is the dictionary that is made most, and the longest.
    (token, last, quantity, average, volume, buying, selling, open_, high, low, close,
     traded_at, oi, oi_high, oi_low, sent_at) = words[: layout.DEPTH]  # fmt: skip
    divisor = divisor_of(token)
    rest = iter(words[layout.DEPTH :])
    entries = [
        {"quantity": entry & _UNSIGNED, "price": price / divisor, "orders": orders}
        for entry, price, orders in zip(rest, rest, rest, strict=True)
    ]
    return {
        "tradable": token & 0xFF != Exchange.INDICES,
        "mode": "full",
        "instrument_token": token & _UNSIGNED,
        "last_price": last / divisor,
        "last_traded_quantity": quantity & _UNSIGNED,
        "average_traded_price": average / divisor,
        "volume_traded": volume & _UNSIGNED,
        "total_buy_quantity": buying & _UNSIGNED,
        "total_sell_quantity": selling & _UNSIGNED,
        "ohlc": {
            "open": open_ / divisor,
            "high": high / divisor,
            "low": low / divisor,
            "close": close / divisor,
        },
        "change": _change(last / divisor, close / divisor),
        "last_trade_time": time_of(traded_at),
        "oi": oi & _UNSIGNED,
        "oi_day_high": oi_high & _UNSIGNED,
        "oi_day_low": oi_low & _UNSIGNED,
        "exchange_timestamp": time_of(sent_at),
        "depth": {"buy": entries[: layout.DEPTH_LEVELS], "sell": entries[layout.DEPTH_LEVELS :]},
    }


def _change(last: float, close: float) -> float:
    return (last - close) * 100 / close if close else 0.0


_MAKERS: Final = {LTP: _ltp, INDEX_QUOTE: _index, INDEX_FULL: _full_index, QUOTE: _quote, FULL: _full}
