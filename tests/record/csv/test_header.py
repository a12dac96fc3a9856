from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.csv import COLUMNS, HEADER, columns_of, sniff


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
