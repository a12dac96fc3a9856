"""Recordings as an analyst's programs read them: what they say a column is, and what it adds up to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from kitetui.record import COLUMNS, Format, open_reader
from kitetui.record.conversion import convert
from kitetui.record.formats import new_writer
from kitetui.record.rows import TickRows
from tests.record.csv.helpers import assert_same, name_of, rows_of
from tests.wire.packets import FULL, INFY, token
from tests.wire.strategies import Drawn

SILVER = token("NCO", 7)

TICKS = [
    Drawn(
        FULL,
        {
            "instrument_token": of,
            "last_price": price,
            "close": price - 5,
            "bid_quantity_1": bid,
            "ask_quantity_1": ask,
            "volume_traded": 2**32 - 1,
            "exchange_timestamp": 1_795_000_000,
        },
    )
    for of, price, bid, ask in [(INFY, 17_811, 3, 2_999), (SILVER, 2_645_230_000, 40, 10), (INFY, -5, 1, 2)]
]
PRICES = [178.11, 264523.0, -0.05]
LEANS = [3 - 2_999, 40 - 10, 1 - 2]
"""The first bid's quantity less the first offer's."""

SUMS = "sum(last_price), sum(bid_quantity_1 - ask_quantity_1), sum(volume_traded), sum(CAST(snapshot AS INT))"


def ticks() -> TickRows:
    return rows_of(
        TICKS,
        received_at=[1_795_000_000_123_456_000 + step for step in (0, 1000, 2000)],
        connection=[0, 1, 0],
        sequence=[1, 1, 2],
        snapshot=[1, 0, 0],
    )


def recorded(folder: Path, kind: Format, *, integers: bool = False) -> Path:
    path = folder / f"ticks{kind.suffix}"
    made = new_writer(kind, path, name_of, COLUMNS, integers=integers)
    made.write(ticks())
    made.close()
    return path


def check_frame(frame: Any) -> None:
    """Check a table of pandas or polars, in the order in which the ticks came."""
    assert frame["last_price"].to_list() == PRICES
    assert (frame["bid_quantity_1"] - frame["ask_quantity_1"]).to_list() == LEANS
    assert frame["volume_traded"].to_list() == [2**32 - 1] * 3
    assert [int(each) for each in frame["snapshot"]] == [1, 0, 0]
    assert frame["connection"].to_list() == [1, 2, 1]
    assert (frame["connection"] - 2).min() == -1


def check_sums(answer: tuple[Any, ...]) -> None:
    assert answer == (pytest.approx(sum(PRICES)), sum(LEANS), 3 * (2**32 - 1), 1)


def test_parquet_has_signed_counts_and_rupees_in_every_program(tmp_path: Path) -> None:
    path = recorded(tmp_path, Format.PARQUET)
    pandas = pd.read_parquet(path).sort_values("row")
    assert (pandas["last_price"].dtype, pandas["volume_traded"].dtype) == (np.float64, np.int64)
    assert str(pandas["received_at"].dtype) == "datetime64[ns, UTC]"
    check_frame(pandas)
    polars = pl.read_parquet(path).sort("row")
    assert (polars["last_price"].dtype, polars["volume_traded"].dtype) == (pl.Float64, pl.Int64)
    check_frame(polars)
    check_sums(duckdb.sql(f"SELECT {SUMS} FROM '{path}'").fetchall()[0])
    types = dict(row[:2] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall())
    assert (types["last_price"], types["volume_traded"]) == ("DOUBLE", "BIGINT")
    assert types["exchange_timestamp"] == types["received_at"]
    assert types["received_at"].startswith("TIMESTAMP")


def test_parquet_with_integers_divides_to_the_same(tmp_path: Path) -> None:
    path = recorded(tmp_path, Format.PARQUET, integers=True)
    frame = pd.read_parquet(path).sort_values("row")
    assert (frame["last_price"] / frame["divisor"]).to_list() == PRICES
    rupees = duckdb.sql(f"SELECT sum(last_price / divisor) FROM '{path}'").fetchall()[0][0]
    assert rupees == pytest.approx(sum(PRICES))


def test_csv_reads_without_a_word_of_its_types(tmp_path: Path) -> None:
    path = recorded(tmp_path, Format.CSV)
    pandas = pd.read_csv(path, parse_dates=["received_at"])
    assert (pandas["last_price"].dtype, pandas["snapshot"].dtype) == (np.float64, np.int64)
    check_frame(pandas)
    polars = pl.read_csv(path)
    assert (polars["last_price"].dtype, polars["snapshot"].dtype) == (pl.Float64, pl.Int64)
    check_frame(polars)
    check_sums(duckdb.sql(f"SELECT {SUMS} FROM '{path}'").fetchall()[0])
    types = dict(row[:2] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall())
    assert (types["snapshot"], types["volume_traded"], types["last_price"]) == ("BIGINT", "BIGINT", "DOUBLE")


def test_json_lines_read_as_a_table(tmp_path: Path) -> None:
    path = recorded(tmp_path, Format.JSONL)
    for frame in (pd.read_json(path, lines=True), pl.read_ndjson(path)):
        assert list(frame["last_price"]) == PRICES
        assert list(frame["volume_traded"]) == [2**32 - 1] * 3
    answer = duckdb.sql(f"SELECT sum(last_price), sum(volume_traded) FROM '{path}'").fetchall()[0]
    assert answer == (pytest.approx(sum(PRICES)), 3 * (2**32 - 1))


def test_the_view_of_sqlite_has_rupees_and_the_microsecond(tmp_path: Path) -> None:
    path = recorded(tmp_path, Format.SQLITE)
    with closing(sqlite3.connect(path)) as database:
        check_sums(database.execute(f"SELECT {SUMS} FROM prices").fetchone())
        prices = "SELECT * FROM prices ORDER BY received_at"
        frame = pd.read_sql(prices, database, parse_dates=["received_at"])
        check_frame(frame)
        received_at = frame["received_at"].astype("datetime64[ns, UTC]").astype("int64")
        assert received_at.to_list() == ticks().received_at.tolist()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM prices WHERE tradingsymbol = 'S408065' AND exchange = 'NSE'",
        "SELECT * FROM ticks WHERE instrument_token = 408065 AND received_at > 1795000000000000000",
    ],
)
def test_a_symbols_day_is_found_without_reading_the_others(query: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(recorded(tmp_path, Format.SQLITE))) as database:
        plan = str(database.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
    assert "SEARCH ticks USING INDEX ticks_of_instrument" in plan


@pytest.mark.parametrize("kind", [each for each in Format if each is not Format.CAPTURE])
@pytest.mark.parametrize("integers", [False, True])
def test_what_went_through_parquet_is_exactly_what_it_was(
    kind: Format, integers: bool, tmp_path: Path
) -> None:
    source, parquet = recorded(tmp_path, kind), tmp_path / "between.parquet"
    again = tmp_path / f"again{kind.suffix}"
    for _ in convert(open_reader(source), parquet, Format.PARQUET, COLUMNS, integers=integers):
        pass
    for _ in convert(open_reader(parquet), again, kind, COLUMNS):
        pass
    assert_same(TickRows.joined(list(open_reader(again))), ticks())
    if kind in (Format.CSV, Format.JSONL):
        assert again.read_bytes() == source.read_bytes()
