"""The table as CSV, and files that never replace others."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.instruments import Kind
from kitetui.tui.export import TableRow, dated_stem, table_csv, write_new
from kitetui.tui.layout import Column
from kitetui.tui.rows import RowState
from kitetui.wire import layout
from tests.tui.rows import BOOK, CURRENCY, INDEX, NOW, instrument, tick

COLUMNS = [
    *(Column.SYMBOL, Column.LTP, Column.CHANGE, Column.PERCENT, Column.VOLUME, Column.BID, Column.ASK),
    *(Column.HIGH, Column.LOW, Column.OI, Column.AGE),
]
RECEIVED_AT = int((NOW - 1.5) * 1e9)
AGE = 2.25
"""Seconds: counted by another clock than that of the receipt."""


def table_row(of=None, state=RowState.LIVE, which=None):
    """A row of the table; `of` is its tick, None before the first."""
    ticked = () if of is None else (of, RECEIVED_AT, AGE)
    return TableRow(which or instrument(), state, *ticked)


def exported(*rows, columns=COLUMNS):
    """What a CSV reader makes of an export."""
    return list(csv.DictReader(io.StringIO(table_csv(rows, columns))))


def test_a_row_has_exact_prices_whole_numbers_and_times_in_india():
    (row,) = exported(table_row(tick(oi=1_31_00_000)))
    assert row == {
        "instrument_token": str(instrument().instrument_token),
        "exchange": "NSE",
        "tradingsymbol": "RELIANCE",
        "last_price": "1412.35",
        "net_change": "11.75",
        "change": repr((1412.35 - 1400.60) * 100 / 1400.60),
        "volume_traded": "12408771",
        "bid_price_1": "1412.30",
        "ask_price_1": "1412.40",
        "high": "1418.00",
        "low": "1398.50",
        "oi": "13100000",
        "age": "2.2",
        "exchange_timestamp": "2026-11-22T10:42:17+05:30",
        "received_at": "2026-11-22T10:42:15.500000+05:30",
        "state": "live",
    }


def test_only_the_columns_that_are_seen_are_written_and_in_their_order():
    text = table_csv([], [Column.SYMBOL, Column.PERCENT, Column.LTP])
    assert text == "instrument_token,exchange,tradingsymbol,change,last_price,received_at,state\n"


def test_rows_keep_their_order():
    names = ["TCS", "INFY", "SBIN"]
    rows = exported(*(table_row(which=instrument(name)) for name in names))
    assert [row["tradingsymbol"] for row in rows] == names


def test_every_column_of_the_watchlist_but_pictures_is_known():
    pictures = {"1H"}
    for column in Column:
        header = table_csv([], [column]).count(",")
        bare = table_csv([], []).count(",")
        assert (header > bare) == (column is not Column.SYMBOL and column.value not in pictures), column


@pytest.mark.parametrize("state", RowState)
def test_every_row_says_what_its_figures_are_worth(state):
    (row,) = exported(table_row(tick(), state))
    assert row["state"] == state.name.lower()


def test_before_the_first_tick_all_but_the_names_is_empty():
    (row,) = exported(table_row(None, RowState.WAITING))
    assert {name for name, text in row.items() if text} == {
        "instrument_token",
        "exchange",
        "tradingsymbol",
        "state",
    }


@pytest.mark.parametrize(
    ("of", "empty"),
    [
        (
            tick(length=layout.LTP),
            {"net_change", "change", "volume_traded", "bid_price_1", "high", "low", "oi"},
        ),
        (tick(length=layout.QUOTE), {"bid_price_1", "ask_price_1", "oi", "exchange_timestamp"}),
        (tick(INDEX, layout.INDEX_FULL), {"volume_traded", "bid_price_1", "ask_price_1", "oi"}),
        (tick(close=0), {"net_change", "change", "oi"}),
        (tick(high=0, low=0), {"high", "low", "oi"}),
        (tick(book=[(0, 0, 0)] * 5 + BOOK[5:]), {"bid_price_1", "oi"}),
        (tick(book=BOOK[:5] + [(0, 0, 0)] * 5), {"ask_price_1", "oi"}),
    ],
)
def test_what_the_screen_shows_as_a_blank_is_empty_and_never_0(of, empty):
    (row,) = exported(table_row(of))
    assert {name for name, text in row.items() if not text} >= empty
    assert row["last_price"]
    if of.length == layout.FULL:
        assert {name for name, text in row.items() if not text} == empty


def test_prices_below_zero_and_of_currencies_are_exact():
    falling = table_row(tick(last_price=-3763, close=1000))
    pair = table_row(tick(CURRENCY, last_price=842_575_000, close=842_250_125))
    rows = exported(falling, pair)
    assert [row["last_price"] for row in rows] == ["-37.63", "84.2575"]
    assert [row["net_change"] for row in rows] == ["-47.63", "0.0324875"]


def test_an_index_without_a_close_has_its_own_change_as_sent():
    (row,) = exported(table_row(tick(INDEX, layout.INDEX_FULL, close=0, price_change=10360)))
    assert row["net_change"] == "103.60"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\x1b[2JX", "�[2JX"),
        ('M,"M', 'M,"M'),
        ("A\nB", "A B"),
        ("M&M", "M&M"),
    ],
)
def test_no_name_is_a_formula_or_a_command(name, cell):
    (row,) = exported(table_row(tick(), which=instrument(name, kind=Kind.EQUITY)))
    assert row["tradingsymbol"] == cell


def test_exports_are_named_by_the_date_and_time_in_india():
    assert dated_stem(NOW) == "kitetui-20261122-104217"


def test_a_file_never_replaces_another(tmp_path):
    paths = [write_new(tmp_path, "kitetui-20261122-104217", ".csv", text) for text in ("first ₹", "second")]
    assert [path.name for path in paths] == ["kitetui-20261122-104217.csv", "kitetui-20261122-104217-2.csv"]
    assert [path.read_text("utf-8") for path in paths] == ["first ₹", "second"]


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="absent: No such file or directory; start kitetui in a folder"):
        write_new(tmp_path / "absent", "table", ".csv", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_one_sentence_and_leaves_no_half_a_file(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.touch()
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("kitetui.tui.export.new_file", lambda *_: (path, io.FileIO(full, "w")))
    with pytest.raises(UserError, match="No space left on device; start kitetui in a folder"):
        write_new(tmp_path, "table", ".csv", "text")
    assert not path.exists()
