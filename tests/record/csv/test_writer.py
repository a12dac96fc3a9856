from __future__ import annotations

import csv
import io
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import Ticks
from kitetui.record.cells.text import field_text
from kitetui.record.csv import COLUMNS, CsvEncoder, CsvWriter
from kitetui.record.csv.schema import HEADER
from kitetui.record.output import continued_file, empty_file
from kitetui.record.rows import TickRows
from kitetui.wire import decode_frames, encode_frame
from kitetui.wire.layout import FIELDS
from tests.record.csv.helpers import any_rows, infy, name_of, reference
from tests.wire.packets import INFY_FULL, INFY_QUOTE, frame

RECEIVED_AT = 1_625_461_887_123_456_789  # 2021-07-05T10:41:27.123456 in IST
NAMES = {408065: ("NSE", "INFY"), 256265: ("NSE", "NIFTY 50"), 519937: ("NSE", 'M,"M')}


def ticks_of(*frames: bytes, sequence: int = 1, connection: int = 0, snapshot: bool = False) -> TickRows:
    """Return the ticks of these frames, each a second after the one before."""
    batch = decode_frames(frames)
    received_at = RECEIVED_AT + batch.frames.astype(np.int64) * 1_000_000_000
    return TickRows.of([Ticks(connection, batch, received_at, sequence, np.full(len(batch), snapshot), 0.0)])


def rows_of(
    *frames: bytes, sequence: int = 1, connection: int = 0, snapshot: bool = False
) -> list[dict[str, str]]:
    """Return what a CSV reader makes of the text of these frames."""
    rows = ticks_of(*frames, sequence=sequence, connection=connection, snapshot=snapshot)
    return list(csv.DictReader(io.StringIO(HEADER + CsvEncoder(NAMES.get).rows(rows).decode())))


def one_packet(length: int, **words: int) -> bytes:
    """Return a frame of one packet whose words are 0 but for those given as `w0=…`."""
    row = np.zeros((1, 46), dtype=np.int64)
    for name, value in words.items():
        row[0, int(name.removeprefix("w"))] = value
    return encode_frame(row.astype(np.uint32).view(np.int32), [length])


def test_the_columns_stand_in_the_promised_order() -> None:
    fixed = (
        "received_at connection sequence instrument_token exchange tradingsymbol mode last_price "
        "last_traded_quantity average_traded_price volume_traded total_buy_quantity total_sell_quantity "
        "open high low close change last_trade_time exchange_timestamp oi oi_day_high oi_day_low"
    ).split()
    sides = [
        f"{side}_{what}_{level}"
        for side in ("bid", "ask")
        for level in range(1, 6)
        for what in ("price", "quantity", "orders")
    ]
    assert list(COLUMNS) == [*fixed, *sides, "snapshot"]


def test_a_full_packet_fills_every_column() -> None:
    (row,) = rows_of(frame(INFY_FULL), sequence=7, connection=1)
    assert row == {
        "received_at": "2021-07-05T10:41:27.123456+05:30",
        "connection": "2",
        "sequence": "7",
        "instrument_token": "408065",
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "mode": "full",
        "last_price": "1573.70",
        "last_traded_quantity": "7",
        "average_traded_price": "1570.37",
        "volume_traded": "1192471",
        "total_buy_quantity": "256443",
        "total_sell_quantity": "363009",
        "open": "1569.15",
        "high": "1575.00",
        "low": "1561.05",
        "close": "1567.80",
        "change": repr((1573.70 - 1567.80) * 100 / 1567.80),
        "last_trade_time": "2021-07-05T10:41:27+05:30",
        "exchange_timestamp": "2021-07-05T10:41:27+05:30",
        "oi": "0",
        "oi_day_high": "0",
        "oi_day_low": "0",
        **depth(
            "bid", (1573.40, 5, 1), (1573.00, 140, 2), (1572.95, 2, 1), (1572.90, 219, 7), (1572.85, 50, 1)
        ),
        **depth(
            "ask",
            (1573.70, 172, 3),
            (1573.75, 44, 3),
            (1573.85, 302, 3),
            (1573.90, 141, 2),
            (1573.95, 724, 5),
        ),
        "snapshot": "0",
    }


def depth(side: str, *levels: tuple[float, int, int]) -> dict[str, str]:
    cells = {}
    for number, (price, quantity, orders) in enumerate(levels, start=1):
        cells[f"{side}_price_{number}"] = f"{price:.2f}"
        cells[f"{side}_quantity_{number}"] = str(quantity)
        cells[f"{side}_orders_{number}"] = str(orders)
    return cells


def test_what_a_quote_does_not_carry_is_empty() -> None:
    (row,) = rows_of(frame(INFY_QUOTE))
    assert row["last_price"] == "1573.15"
    assert row["close"] == "1567.80"
    empty = {name for name, value in row.items() if value == ""}
    assert empty == set(COLUMNS[COLUMNS.index("change") + 1 :]) - {"snapshot"}


def test_what_an_ltp_packet_does_not_carry_is_empty() -> None:
    (row,) = rows_of(one_packet(8, w0=408065, w1=157315))
    filled = {name for name, value in row.items() if value}
    assert filled == {*COLUMNS[: COLUMNS.index("last_price") + 1], "snapshot"}


@pytest.mark.parametrize(("length", "timestamp"), [(28, ""), (32, "2021-07-05T10:41:27+05:30")])
def test_an_index_has_prices_and_no_quantities(length: int, timestamp: str) -> None:
    words = {"w0": 256265, "w1": 2481235, "w7": 2470000, "w8": 2486110, "w9": 2469905, "w10": 2470885}
    (row,) = rows_of(one_packet(length, **words, w15=1_625_461_887))
    assert (row["exchange"], row["tradingsymbol"]) == ("NSE", "NIFTY 50")
    assert (row["open"], row["high"], row["low"], row["close"]) == (
        "24700.00",
        "24861.10",
        "24699.05",
        "24708.85",
    )
    assert row["exchange_timestamp"] == timestamp
    assert row["volume_traded"] == row["oi"] == row["bid_price_1"] == row["last_trade_time"] == ""


def test_no_time_is_an_empty_cell() -> None:
    (row,) = rows_of(one_packet(184, w0=408065, w1=157315))
    assert row["last_trade_time"] == row["exchange_timestamp"] == ""


def test_a_change_without_a_close_is_nought() -> None:
    (row,) = rows_of(one_packet(44, w0=408065, w1=157315))
    assert row["change"] == "0.0"


def test_quantities_above_two_thousand_million_stay_positive() -> None:
    (row,) = rows_of(one_packet(44, w0=408065, w1=157315, w4=4_294_967_295))
    assert row["volume_traded"] == "4294967295"


def test_prices_below_zero_stay_below_zero() -> None:
    (row,) = rows_of(one_packet(8, w0=0x07 | 1 << 8, w1=-3763))
    assert row["last_price"] == "-37.63"


def test_a_currency_pair_keeps_every_decimal() -> None:
    (row,) = rows_of(one_packet(8, w0=3 | 1 << 8, w1=842575001))
    assert row["last_price"] == "84.2575001"


def test_an_unnamed_token_is_recorded_under_its_segment() -> None:
    (row,) = rows_of(one_packet(8, w0=1234 << 8 | 7, w1=100))
    assert (row["instrument_token"], row["exchange"], row["tradingsymbol"]) == (str(1234 << 8 | 7), "MCX", "")


def test_a_symbol_with_commas_and_quotes_reads_back() -> None:
    (row,) = rows_of(one_packet(8, w0=519937, w1=100))
    assert row["tradingsymbol"] == 'M,"M'


def test_rows_keep_the_order_and_the_times_of_arrival() -> None:
    rows = rows_of(frame(INFY_FULL, INFY_QUOTE), frame(INFY_QUOTE), sequence=41)
    assert [row["sequence"] for row in rows] == ["41", "42", "43"]
    assert [row["mode"] for row in rows] == ["full", "quote", "quote"]
    seconds = [datetime.fromisoformat(row["received_at"]).second for row in rows]
    assert seconds == [27, 27, 28]


def test_a_name_that_is_learnt_later_stands_in_the_rows_from_then_on() -> None:
    names: dict[int, tuple[str, str]] = {}
    encoder = CsvEncoder(names.get)
    rows = ticks_of(frame(INFY_QUOTE))
    before = encoder.rows(rows)
    names.update(NAMES)
    assert b",NSE,," in before
    assert b",NSE,INFY," in encoder.rows(rows)


def test_one_field_of_a_tick_reads_as_in_its_row() -> None:
    for packet in (INFY_FULL, INFY_QUOTE):
        (row,) = rows_of(frame(packet))
        (tick,) = decode_frames([frame(packet)])
        for name in FIELDS.keys() & row.keys():
            assert field_text(tick, name) == row[name], name


def test_a_tick_that_may_be_no_news_is_marked() -> None:
    (row,) = rows_of(frame(INFY_FULL), snapshot=True)
    assert row["snapshot"] == "1"


def test_columns_stand_as_they_were_chosen() -> None:
    encoder = CsvEncoder(NAMES.get, ("last_price", "tradingsymbol", "sequence"))
    for count in (1, 100):
        assert encoder.rows(ticks_of(frame(*[INFY_FULL] * count))).startswith(b"1573.70,INFY,1\n")


def test_no_rows_are_no_text() -> None:
    assert CsvEncoder(NAMES.get).rows(TickRows.none()) == b""


def test_a_sequence_goes_on_beyond_32_bits() -> None:
    (*_, row) = rows_of(frame(*[INFY_FULL] * 30), sequence=10**15)
    assert row["sequence"] == str(10**15 + 29)


@pytest.mark.parametrize("count", [1, 30])
def test_a_name_cannot_break_its_row(count: int) -> None:
    encoder = CsvEncoder(lambda token: ("N\nSE", "IN\r\0FY\n"), ("exchange", "tradingsymbol"))
    assert encoder.rows(ticks_of(frame(*[INFY_FULL] * count))) == b"NSE,INFY\n" * count


@given(any_rows(), st.integers(1, 3), st.permutations(COLUMNS), st.integers(2, len(COLUMNS)))
def test_every_batch_is_written_as_row_by_row(
    rows: TickRows, times: int, order: list[str], count: int
) -> None:
    many = rows[np.arange(len(rows) * times) % len(rows)]
    columns = order[:count]
    assert CsvEncoder(name_of, columns).rows(many).decode() == reference(many, columns)


def test_more_rows_than_are_written_at_once_stay_in_order() -> None:
    rows = ticks_of(frame(*[INFY_FULL] * 2500))
    text = CsvEncoder(NAMES.get, ("sequence",)).rows(rows).decode()
    assert text.split() == [str(number) for number in range(1, 2501)]


def test_a_new_file_begins_with_its_header(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    writer = CsvWriter(empty_file(path), name_of, is_new=True)
    assert path.read_text() == HEADER
    assert writer.size == len(HEADER)
    writer.close()


def test_a_file_goes_on_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    rows = infy(3)
    first = CsvWriter(empty_file(path), name_of, is_new=True)
    first.write(rows[:1])
    first.close()
    second = CsvWriter(continued_file(path), name_of, is_new=False)
    second.write(rows[1:])
    assert path.read_bytes() == HEADER.encode() + CsvEncoder(name_of).rows(rows)
    assert second.size == path.stat().st_size
    second.close()


def test_rows_are_there_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    writer = CsvWriter(empty_file(path), name_of, ("sequence", "mode"), is_new=True)
    writer.write(infy(2))
    writer.write(TickRows.none())
    assert path.read_text() == "sequence,mode\n1,full\n2,full\n"
    writer.close()


@pytest.mark.parametrize("sync", [False, True])
def test_the_disk_is_waited_for_only_when_it_is_asked_for(
    sync: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    writer = CsvWriter(empty_file(tmp_path / "ticks.csv"), name_of, is_new=True)
    writer.flush(sync=sync)
    assert len(synced) == sync
    writer.close()
