"""Kite's list is read as it is sent; what is no list is refused, and what is no row is left out."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.instruments.instrument import ListRow
from kitetui.instruments.listing import ListError, Listing, read_listing
from tests.instruments.helpers import (
    COLUMNS,
    Line,
    download,
    future,
    index,
    option,
    share,
    table_of,
    token_of,
)

NOVEMBER, WEEKLY = date(2026, 11, 24), date(2026, 12, 1)


def listing_of(folder: Path, *lines: Line) -> Listing:
    return read_listing(download(folder, lines))


def row_of(folder: Path, line: Line) -> ListRow:
    listing = listing_of(folder, line)
    assert listing.left_out == {}
    (row,) = listing.rows
    return row


def refusal(path: Path) -> str:
    with pytest.raises(ListError) as caught:
        read_listing(path)
    assert "; " in str(caught.value)
    assert str(caught.value).isprintable()
    return str(caught.value)


def changed(line: Line, **values: object) -> Line:
    """A line with other values in some columns."""
    return tuple(values.get(name, value) for name, value in zip(COLUMNS, line, strict=True))


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (share("INFY", "INFOSYS", token=408065), (408065, "NSE", "INFY", "INFOSYS", "EQ", None, None, 5, 1)),
        (index("NIFTY 50"), ("NSE", "NIFTY 50", "NIFTY 50", "INDEX", None, None, 1, 0)),
        (future("NIFTY", NOVEMBER), ("NFO", "NIFTY26NOVFUT", "NIFTY", "FUT", "2026-11-24", None, 5, 75)),
        (
            option("NIFTY", WEEKLY, 25000, "CE", weekly=True),
            ("NFO", "NIFTY26D0125000CE", "NIFTY", "CE", "2026-12-01", "25000", 5, 75),
        ),
        (
            option("VEDL", NOVEMBER, 97.5, "PE"),
            ("NFO", "VEDL26NOV97.5PE", "VEDL", "PE", "2026-11-24", "97.5", 5, 75),
        ),
        (
            option("USDINR", NOVEMBER, 84.25, "CE", "CDS", tick_size="0.0025"),
            ("CDS", "USDINR26NOV84.25CE", "USDINR", "CE", "2026-11-24", "84.25", 25_000, 75),
        ),
        (
            future("GOLDM", NOVEMBER, "MCX", tick_size=1.0),
            ("MCX", "GOLDM26NOVFUT", "GOLDM", "FUT", "2026-11-24", None, 100, 75),
        ),
    ],
    ids=["share", "index", "future", "weekly option", "half a rupee", "currency", "commodity"],
)
def test_a_row_of_each_kind_is_read(tmp_path: Path, line: Line, fields: Sequence[object]) -> None:
    row = row_of(tmp_path, line)
    assert row[-2 - len(fields) : -2] == fields
    assert row[-2:] == (0, 1)


def test_a_list_is_read_inside_gzip_or_not(tmp_path: Path) -> None:
    content = table_of([share("INFY")])
    inside = read_listing(download(tmp_path, gzip.compress(content)))
    assert read_listing(download(tmp_path, content)) == inside
    assert len(inside.rows) == 1


def test_the_columns_are_found_wherever_they_stand(tmp_path: Path) -> None:
    columns = [*reversed(COLUMNS), "a_new_one"]
    line = [*reversed(share("INFY", "INFOSYS")), "new"]
    (row,) = read_listing(download(tmp_path, table_of([line], columns))).rows
    assert row == row_of(tmp_path, share("INFY", "INFOSYS"))


@pytest.mark.parametrize(
    "name", ['TATA "A", LTD', "A, B & C", "'", "A;B", "Larsen  &  Toubro", "é", "रिलायंस", "=1+1", ""]
)
def test_quotes_commas_and_other_scripts_in_a_name_are_kept(tmp_path: Path, name: str) -> None:
    assert row_of(tmp_path, share("X", name))[3] == name


@pytest.mark.parametrize("name", ["\x1b[2JA", "A\x07", "A\u202eB", "A\nB", "A\x00B"])
def test_what_could_move_a_cursor_is_taken_out_of_a_name(tmp_path: Path, name: str) -> None:
    kept = row_of(tmp_path, share("X", name))[3]
    assert kept.isprintable()
    assert "A" in kept


def test_bytes_that_are_no_text_spoil_one_name_alone(tmp_path: Path) -> None:
    content = table_of([share("AAA", "caf?"), share("BBB", "B")]).replace(b"caf?", b"caf\xe9")
    first, second = read_listing(download(tmp_path, content)).rows
    assert (first[2], first[3]) == ("AAA", "caf�")
    assert second[3] == "B"


@pytest.mark.parametrize("tick_size", ["0", "0.0", "", 0.0])
def test_what_has_no_tick_size_gets_the_smallest(tmp_path: Path, tick_size: object) -> None:
    assert row_of(tmp_path, share("X", tick_size=tick_size))[7] == 1


def test_a_price_and_a_lot_of_nothing_are_no_obstacle(tmp_path: Path) -> None:
    assert row_of(tmp_path, share("X", lot_size=""))[8] == 0
    assert row_of(tmp_path, changed(share("X"), last_price=""))[2] == "X"
    assert row_of(tmp_path, changed(share("X"), last_price="-1e9"))[2] == "X"


def test_a_kind_that_is_not_known_is_said_to_be_none(tmp_path: Path) -> None:
    assert row_of(tmp_path, changed(share("X"), instrument_type="GILT"))[4] == ""
    assert row_of(tmp_path, changed(share("X"), instrument_type="INDEX"))[4] == ""


@pytest.mark.parametrize(
    "values",
    [
        {"instrument_token": ""},
        {"instrument_token": "x"},
        {"instrument_token": "0"},
        {"instrument_token": "-255"},
        {"instrument_token": "4095"},
        {"instrument_token": 2**32 + 1},
        {"instrument_token": 2**80 + 1},
        {"instrument_token": "9" * 5000},
        {"tradingsymbol": ""},
        {"tradingsymbol": "A\x1b[2J"},
        {"exchange": ""},
        {"exchange": "NSE\x07"},
        {"expiry": "soon"},
        {"expiry": "2026-13-01"},
        {"tick_size": "nan"},
        {"tick_size": "Infinity"},
        {"tick_size": "-0.05"},
        {"tick_size": "1e999999"},
        {"lot_size": "x"},
        {"lot_size": "-1"},
        {"lot_size": 2**80},
        {"instrument_type": "CE", "strike": ""},
        {"instrument_type": "CE", "strike": "nan"},
        {"instrument_type": "CE", "strike": "Infinity"},
        {"instrument_type": "CE", "strike": "1e999999"},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_used_is_left_out_and_counted(tmp_path: Path, values: dict[str, object]) -> None:
    listing = listing_of(tmp_path, changed(share("BAD"), **values), share("GOOD"))
    assert [row[2] for row in listing.rows] == ["GOOD"]
    assert listing.remarks == ["1 row left out: unreadable"]


def test_a_row_with_too_few_or_too_many_fields_is_left_out(tmp_path: Path) -> None:
    listing = listing_of(tmp_path, share("SHORT")[:-1], [*share("LONG"), ""], (), share("GOOD"))
    assert [row[2] for row in listing.rows] == ["GOOD"]
    assert listing.left_out.total() == 3


def test_of_two_with_the_same_symbol_or_token_the_first_is_taken(tmp_path: Path) -> None:
    listing = listing_of(
        tmp_path,
        share("AAA", "first", token=257),
        share("AAA", "second", token=513),
        share("BBB", "other", token=257),
        share("AAA", "elsewhere", "BSE"),
    )
    assert [row[3] for row in listing.rows] == ["first", "elsewhere"]
    assert listing.remarks == [
        "1 row left out: same token as another",
        "1 row left out: same name as another",
    ]


def test_a_good_list_needs_no_remarks(tmp_path: Path) -> None:
    assert listing_of(tmp_path, share("AAA"), share("BBB")).remarks == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"<html><body>Log in to this hotel</body></html>",
        b'{"status": "error"}',
        b"\x00\xff",
        b"a,b\n",
    ],
    ids=["nothing", "a line", "login page", "json", "bytes", "another table"],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes) -> None:
    for sent in (content, gzip.compress(content)):
        assert refusal(download(tmp_path, sent)).startswith(
            "what came is no list of instruments; look whether"
        )


@pytest.mark.parametrize("missing", ["instrument_token", "tradingsymbol", "exchange", "expiry"])
def test_a_column_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    columns = [name if name != missing else "renamed" for name in COLUMNS]
    answer = refusal(download(tmp_path, table_of([share("X")], columns)))
    assert answer == f"the list of instruments has no column {missing}; update kitetui"


def test_a_column_that_is_not_used_may_be_missing(tmp_path: Path) -> None:
    columns = [name.replace("last_price", "x").replace("exchange_token", "y") for name in COLUMNS]
    assert len(read_listing(download(tmp_path, table_of([share("X")], columns))).rows) == 1


def test_half_a_download_is_refused_wherever_it_broke_off(tmp_path: Path) -> None:
    content = gzip.compress(table_of(share(f"S{number}") for number in range(200)))
    for length in range(2, len(content), 97):
        assert refusal(download(tmp_path, content[:length])).startswith("the list of instruments broke off")


def test_a_download_with_a_false_byte_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(table_of(share(f"S{number}") for number in range(200))))
    content[len(content) // 2] ^= 0xFF
    assert "try again in a few minutes" in refusal(download(tmp_path, bytes(content)))


def test_a_quote_that_is_never_closed_is_damage(tmp_path: Path) -> None:
    content = table_of([share("AAA")]) + b'"' + b"x" * 200_000
    assert refusal(download(tmp_path, content)).startswith("the list of instruments is damaged")


@given(st.binary(max_size=200))
def test_any_bytes_behind_a_head_are_rows_or_left_out(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = download(tmp_path_factory.getbasetemp(), table_of([share("AAA", token=257)]) + content)
    rows = read_listing(path).rows
    assert rows[0][2] == "AAA"
    assert len({row[0] for row in rows}) == len(rows)


FIELDS = st.sampled_from(
    ["", "0", "1", "-1", "1e99", "nan", "inf", "0.05", "CE", "NSE", "2026-11-24", '"', "\x1b"]
)


@given(st.lists(st.lists(FIELDS, min_size=12, max_size=12), max_size=5))
def test_any_fields_are_a_row_that_can_be_kept_or_left_out(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[str]]
) -> None:
    numbered = [[str(token_of(str(at), "NSE")), *line[1:]] for at, line in enumerate(lines)]
    listing = read_listing(download(tmp_path_factory.getbasetemp(), table_of(numbered)))
    assert len(listing.rows) + listing.left_out.total() == len(lines)
    for row in listing.rows:
        assert all(isinstance(value, str | None) or 0 <= value < 2**32 for value in row)
        assert f"{row[1]}{row[2]}{row[3]}".isprintable()
