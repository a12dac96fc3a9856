"""Batches as tables of pandas, polars and Arrow."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from kitetui.errors import UserError
from kitetui.wire import TickBatch, decode_frame
from tests.wire.packets import (
    FULL,
    INDEX_FULL,
    INFY_FULL,
    INFY_QUOTE,
    LTP,
    frame,
    packet,
    token,
)

Table = Mapping[str, list[Any]]
Converted = Callable[..., Table]

RECEIVED = np.array([1_625_461_887_123_456_789 + row for row in range(4)])
MINUTE = "2021-07-05 05:11:27+00:00"


def from_pandas(batch: TickBatch, columns: Sequence[str] | None = None, **options: Any) -> Table:
    table = batch.to_pandas(columns, **options)
    return {
        name: [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
        for name, column in table.items()
    }


def from_polars(batch: TickBatch, columns: Sequence[str] | None = None, **options: Any) -> Table:
    return batch.to_polars(columns, **options).to_dict(as_series=False)


def from_arrow(batch: TickBatch, columns: Sequence[str] | None = None, **options: Any) -> Table:
    return batch.to_arrow(columns, **options).to_pydict()


every_package = pytest.mark.parametrize("converted", [from_pandas, from_polars, from_arrow])


def one_of_most_kinds() -> TickBatch:
    """Rows in the order ltp, index full, quote, full."""
    index = packet(INDEX_FULL, instrument_token=token("INDICES"), last_price=11000, close=10000)
    return decode_frame(frame(packet(LTP, last_price=157_315), index, INFY_QUOTE, INFY_FULL))


@every_package
def test_a_table_has_every_column_by_default(converted: Converted) -> None:
    assert tuple(converted(one_of_most_kinds())) == TickBatch.columns


@every_package
def test_columns_can_be_chosen_in_any_order(converted: Converted) -> None:
    assert converted(one_of_most_kinds(), ["last_price", "instrument_token"]) == {
        "last_price": [1573.15, 110.0, 1573.15, 1573.70],
        "instrument_token": [408065, token("INDICES"), 408065, 408065],
    }


@every_package
def test_what_a_packet_does_not_carry_is_missing_and_never_zero(converted: Converted) -> None:
    table = converted(one_of_most_kinds())
    assert table["volume_traded"] == [None, None, 1_175_986, 1_192_471]
    assert table["oi"] == [None, None, None, 0]
    assert table["bid_price_1"] == [None, None, None, 1573.40]
    assert table["bid_orders_5"] == [None, None, None, 1]
    assert table["ask_quantity_5"] == [None, None, None, 724]
    assert table["close"] == [None, 100.0, 1567.80, 1567.80]
    assert [value and round(value, 3) for value in table["change"]] == [None, 10.0, 0.341, 0.376]
    assert table["mode"] == ["ltp", "full", "quote", "full"]
    assert table["tradable"] == [True, False, True, True]


@every_package
def test_times_are_in_utc_and_missing_where_there_is_none(converted: Converted) -> None:
    times = converted(one_of_most_kinds())["exchange_timestamp"]
    assert [time and str(time) for time in times] == [None, None, None, MINUTE]


@every_package
def test_the_times_of_receipt_come_first(converted: Converted) -> None:
    table = converted(one_of_most_kinds(), ["last_price"], received_at=RECEIVED)
    assert list(table) == ["received_at", "last_price"]
    assert str(table["received_at"][0]).startswith("2021-07-05 05:11:27.123456")


@every_package
def test_an_unknown_column_is_a_key_error(converted: Converted) -> None:
    with pytest.raises(KeyError, match="no column 'price'"):
        converted(one_of_most_kinds(), ["price"])


@every_package
def test_counts_of_all_32_bits_stay_as_they_are(converted: Converted) -> None:
    batch = decode_frame(frame(packet(FULL, instrument_token=0xFFFFFF01, oi=2**32 - 1)))
    table = converted(batch, ["instrument_token", "oi"])
    assert table == {"instrument_token": [0xFFFFFF01], "oi": [2**32 - 1]}


@pytest.mark.parametrize("batch", [one_of_most_kinds(), decode_frame(b"\x00")], ids=["some", "none"])
def test_types_do_not_depend_on_what_came(batch: TickBatch) -> None:
    columns = ["instrument_token", "tradable", "close", "exchange_timestamp", "oi"]
    received = RECEIVED[: len(batch)]
    assert [str(kind) for kind in batch.to_pandas(columns, received_at=received).dtypes] == [
        "datetime64[ns, UTC]",
        "int64",
        "bool",
        "float64",
        "datetime64[ns, UTC]",
        "Int64",
    ]
    assert [str(kind) for kind in batch.to_polars(columns, received_at=received).dtypes] == [
        "Datetime(time_unit='ns', time_zone='UTC')",
        "Int64",
        "Boolean",
        "Float64",
        "Datetime(time_unit='ns', time_zone='UTC')",
        "Int64",
    ]
    assert [str(kind) for kind in batch.to_arrow(columns, received_at=received).schema.types] == [
        "timestamp[ns, tz=UTC]",
        "int64",
        "bool",
        "double",
        "timestamp[ns, tz=UTC]",
        "int64",
    ]


def test_a_missing_price_of_pandas_is_nan() -> None:
    assert math.isnan(one_of_most_kinds().to_pandas()["close"][0])


@pytest.mark.parametrize(
    ("package", "method", "extra"),
    [
        ("pandas", "to_pandas", "pandas"),
        ("polars", "to_polars", "polars"),
        ("pyarrow", "to_arrow", "parquet"),
    ],
)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    package: str, method: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"needs {package}; run pip install 'kitetui\[{extra}\]'"):
        getattr(one_of_most_kinds(), method)()
