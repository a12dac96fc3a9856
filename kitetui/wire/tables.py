"""Columns as tables of pandas, polars and Arrow, each of which is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The values of a column, shape (n,), and where there is none, shape (n,).

    A price of NaN and a time of NaT are missing by themselves. Times are in UTC.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None


def to_pandas(columns: Mapping[str, Column]) -> pandas.DataFrame:
    """Return a `DataFrame`; whole numbers that may be missing are of its type `Int64`.

    Raises UserError where pandas is not installed.
    """
    with _needed("pandas", "pandas"):
        import pandas as pd

    def converted(column: Column) -> Any:
        if column.values.dtype.kind == "M":
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
        if column.values.dtype.kind == "M":
            return pl.Series(column.values.astype("M8[ns]")).dt.replace_time_zone("UTC")
        series = pl.Series(column.values, nan_to_null=True)
        return series if column.missing is None else series.set(pl.Series(column.missing), None)

    return pl.DataFrame({name: converted(column) for name, column in columns.items()})


def to_arrow(columns: Mapping[str, Column]) -> pyarrow.Table:
    """Return a `Table`. Raises UserError where pyarrow is not installed."""
    with _needed("pyarrow", "parquet"):
        import pyarrow as arrow

    def converted(column: Column) -> Any:
        if column.values.dtype.kind == "M":
            return arrow.array(column.values.astype("M8[ns]"), arrow.timestamp("ns", "UTC"))
        return arrow.array(column.values, mask=column.missing, from_pandas=True)

    return arrow.table({name: converted(column) for name, column in columns.items()})


@contextmanager
def _needed(package: str, extra: str) -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise UserError(f"this table needs {package}", f"run pip install 'kitetui[{extra}]'") from None
