from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.csv import COLUMNS, columns_of, parse_columns, sniff
from kitetui.record.csv.schema import HEADER


def test_columns_are_read_in_the_order_given() -> None:
    assert parse_columns("last_price, received_at") == ("last_price", "received_at")
    assert parse_columns(",".join(COLUMNS)) == COLUMNS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("received_at,last_prise", 'no column "last_prise"; did you mean last_price?'),
        ("Bid_Price_1", 'no column "Bid_Price_1"; did you mean bid_price_1?'),
        ("", 'no column ""; the columns are received_at, connection'),
        ("zzz", 'no column "zzz"; the columns are received_at, connection'),
        ("\x1b[31m", 'no column "'),
        ("open,high,open", "names open twice; name each column once"),
    ],
)
def test_a_column_that_cannot_be_is_named(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_columns(text)
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "head",
    [
        HEADER,
        HEADER + "2021-07-05T10:41:27.123456+05:30,1,1",
        "\ufeff" + HEADER.replace("\n", "\r\n"),
        "last_price,sequence\n",
        "received_at,instrument_token,my_own\n",
        '"received_at","instrument_token"\n',
    ],
)
def test_a_csv_of_ticks_is_known_by_its_columns(head: str) -> None:
    assert sniff(head.encode())


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"date,open,high,low,close\n",
        b"from,to,seconds,connection,symbols,reason\n",
        b"PAR1\x15\x04\x15",
        b'{"received_at": 1, "instrument_token": 2}\n',
        b"\xff\xfe\x00",
    ],
)
def test_anything_else_is_none(head: bytes) -> None:
    assert not sniff(head)


def test_the_columns_of_a_file_are_those_of_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("\ufeff" + HEADER, encoding="utf-8", newline="\r\n")
    assert columns_of(path) == COLUMNS


def test_a_file_of_something_else_has_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(bytes(1 << 20))
    with pytest.raises(UserError, match=r"ticks\.csv is no CSV of ticks"):
        columns_of(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*ticks\.csv: No such file"):
        columns_of(tmp_path / "ticks.csv")
