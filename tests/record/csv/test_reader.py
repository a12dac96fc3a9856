from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.errors import UserError
from kitetui.record.csv import COLUMNS, CsvEncoder, CsvReader, reader
from kitetui.record.csv.schema import HEADER
from kitetui.record.rows import TickRows
from kitetui.wire.layout import CLOSE, INDEX_FULL, INDEX_QUOTE, LAST_PRICE, PRICE_CHANGE, TOKEN
from tests.record.csv.helpers import any_rows, assert_same, infy, joined, name_of, written

LINE = "2021-07-05T10:41:27.123456+05:30,2,7,408065,NSE,INFY,ltp,1573.70" + "," * (len(COLUMNS) - 8) + "\n"


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "ticks.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


FileOf = Callable[[str | bytes], Path]


def read(path: Path) -> TickRows:
    """All rows of a file of which nothing is damaged."""
    found = CsvReader(path)
    rows = joined(list(found))
    assert found.damage == []
    assert found.position == 1.0
    return rows


def damage_of(path: Path, count: int) -> list[str]:
    """What cannot be read of a file of which so many rows can."""
    found = CsvReader(path)
    assert sum(map(len, found)) == count
    return list(found.damage)


def as_read(rows: TickRows) -> TickRows:
    """Rows as a CSV has them: the change of an index is in no column."""
    is_index = np.isin(rows.lengths, (INDEX_QUOTE, INDEX_FULL))
    words = rows.words.copy()
    words[is_index, PRICE_CHANGE] = (words[:, LAST_PRICE] - words[:, CLOSE])[is_index]
    return TickRows(words, rows.lengths, rows.received_at, rows.connection, rows.sequence, rows.snapshot)


@given(rows=any_rows())
def test_what_was_written_is_read_to_the_last_word(
    rows: TickRows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("read") / "ticks.csv", rows)
    found = CsvReader(path)
    assert_same(joined(list(found)), as_read(rows))
    assert found.damage == []
    tokens = set(rows.words[:, TOKEN].view(np.uint32).tolist())
    assert found.names == {token: name for token in tokens if (name := name_of(token))}


@given(rows=any_rows(10), order=st.permutations(COLUMNS))
def test_columns_may_stand_in_any_order(
    rows: TickRows, order: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("read") / "ticks.csv", rows, order)
    assert_same(read(path), as_read(rows))


def test_a_file_of_many_blocks_reads_as_one(file_of: FileOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_BLOCK", 1000)
    lines = [LINE.replace(",2,7,", f",2,{number},") for number in range(1, 501)]
    found = CsvReader(file_of(HEADER + "".join(lines)))
    for _ in range(2):
        positions, sequence = [], []
        for rows in found:
            positions.append(found.position)
            sequence += rows.sequence.tolist()
        assert sequence == list(range(1, 501))
        assert len(positions) > 10
        assert positions == sorted(set(positions))
        assert (positions[-1], found.position) == (1.0, 1.0)


def test_a_file_cut_off_anywhere_gives_its_whole_rows(file_of: FileOf) -> None:
    full = CsvEncoder(name_of).rows(joined([read(file_of(HEADER + LINE))]))
    content = HEADER.encode() + full * 3
    for end in range(len(HEADER), len(content)):
        found = CsvReader(file_of(content[:end]))
        rows = sum(map(len, found))
        assert rows == (end - len(HEADER)) // len(full)
        torn = [] if (end - len(HEADER)) % len(full) == 0 else [f"line {rows + 2} is the last and is cut off"]
        assert found.damage == torn


@pytest.mark.parametrize(
    ("cell", "wrong", "column"),
    [
        ("2021-07-05T10:41:27.123456+05:30", "2021-07-05T10:41:27.123456+00:00", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "2021-02-31T10:41:27.123456+05:30", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "2021-13-05T10:41:27.123456+05:30", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "2021-07-05T24:41:27.123456+05:30", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "2021-07-05T10:41:27.12345x+05:30", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "2021-07-05T10:41:27.123456+05:300", "received_at"),
        ("2021-07-05T10:41:27.123456+05:30", "", "received_at"),
        (",2,7,", ",0,7,", "connection"),
        (",2,7,", ",257,7,", "connection"),
        (",2,7,", ",,7,", "connection"),
        (",2,7,", ",2,seven,", "sequence"),
        (",2,7,", ",2,-7,", "sequence"),
        (",2,7,", ",2,1x345678901,", "sequence"),
        (",2,7,", ",2,12345678901234567890,", "sequence"),
        ("408065", "4294967296", "instrument_token"),
        ("408065", "", "instrument_token"),
        (",ltp,", ",lap,", "mode"),
        (",ltp,", ",full,", "open"),  # without a volume it would be an index
        ("1573.70", "1573.7O", "last_price"),
        ("1573.70", "1573.701", "last_price"),
        ("1573.70", "15.73.70", "last_price"),
        ("1573.70", "-", "last_price"),
        ("1573.70", ".70", "last_price"),
        ("1573.70", "21474836.48", "last_price"),
        ("1573.70", "-21474836.49", "last_price"),
        ("1573.70", "9" * 30 + ".70", "last_price"),
        ("1573.70", "", "last_price"),
        (",\n", ",yes\n", "snapshot"),
    ],
)
def test_a_cell_that_cannot_be_read_costs_its_line_alone(
    cell: str, wrong: str, column: str, file_of: FileOf
) -> None:
    assert LINE.count(cell) == 1
    path = file_of(HEADER + LINE + LINE.replace(cell, wrong) + LINE)
    assert damage_of(path, 2) == [f"line 3 has no {column} that can be read"]


@pytest.mark.parametrize(
    ("wrong", "cells"),
    [("2021-07-05T10:41:27\n", 1), (LINE[:-1] + ",,\n", len(COLUMNS) + 2), ("\0\0\0\n", 1)],
)
def test_a_line_of_another_number_of_cells_is_passed_over(wrong: str, cells: int, file_of: FileOf) -> None:
    path = file_of(HEADER + LINE + wrong + LINE)
    assert damage_of(path, 2) == [f"line 3 has {cells} cells, not {len(COLUMNS)}"]


def test_a_quote_that_does_not_close_costs_its_line_alone(file_of: FileOf) -> None:
    path = file_of(HEADER + LINE.replace("INFY", '"INFY') + LINE)
    assert damage_of(path, 1) == [f"line 2 has 6 cells, not {len(COLUMNS)}"]


def test_a_file_that_is_wrong_all_over_is_said_in_few_words(file_of: FileOf) -> None:
    sentences = damage_of(file_of(HEADER + "what\n" * 1000), 0)
    assert len(sentences) < 30
    assert sentences[-1] == "and 980 more"


def test_a_line_without_end_takes_no_memory(file_of: FileOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_BLOCK", 1000)
    monkeypatch.setattr(reader, "_LONGEST", 500)
    path = file_of(HEADER + LINE + "\0" * 100_000 + "\n" + LINE)
    (sentence,) = damage_of(path, 2)
    assert sentence.startswith("line 3 has ")
    with path.open("rb") as file:
        assert max(map(len, reader._blocks(file))) <= 1000 + 500


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\r\n",
        lambda text: "\n".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
        ) + "\n",
    ],
    ids=["CRLF", "BOM", "empty lines", "all quoted"],
)  # fmt: skip
def test_what_other_programs_make_of_a_file_reads_the_same(
    changed: Callable[[str], str], file_of: FileOf
) -> None:
    expected = read(file_of(HEADER + LINE * 2))
    assert len(expected) == 2
    assert_same(read(file_of(changed(HEADER + LINE * 2))), expected)


@pytest.mark.parametrize(
    ("token", "text", "price"),
    [
        (408065, "1573.7", 157370),
        (408065, "1573", 157300),
        (408065, "-0.05", -5),
        (408065, "-21474836.48", -(2**31)),
        (1 << 8 | 3, "84.2575001", 842575001),
        (1 << 8 | 3, "84.25", 842500000),
        (1 << 8 | 6, "84.2575", 842575),
        (1 << 8 | 6, "-84", -840000),
    ],
)
def test_a_price_is_read_without_a_float(token: int, text: str, price: int, file_of: FileOf) -> None:
    rows = read(file_of(HEADER + LINE.replace("408065", str(token)).replace("1573.70", text)))
    assert rows.words[0, LAST_PRICE] == price


def test_a_recording_that_does_not_say_what_may_be_an_answer_is_not_taken_for_news(file_of: FileOf) -> None:
    text = ",".join(COLUMNS[:-1]) + "\n" + LINE.replace(",\n", "\n")
    with pytest.raises(UserError, match="has no column snapshot; record it again, without --columns"):
        read(file_of(text))


def test_the_first_column_that_is_missing_is_named(tmp_path: Path) -> None:
    columns = tuple(name for name in COLUMNS if name not in ("high", "low"))
    path = written(tmp_path / "ticks.csv", TickRows.none(), columns)
    with pytest.raises(UserError, match="has no column high; record it again, without --columns"):
        CsvReader(path)


def test_a_part_of_the_columns_is_read_in_part(tmp_path: Path) -> None:
    rows = infy(3)
    columns = ("instrument_token", "close", "received_at")
    path = written(tmp_path / "ticks.csv", rows, columns)
    (found,) = CsvReader(path, partial=True)
    expected = np.zeros_like(rows.words)
    for word in (TOKEN, CLOSE):
        expected[:, word] = rows.words[:, word]
    np.testing.assert_array_equal(found.words, expected)
    np.testing.assert_array_equal(found.received_at, rows.received_at)


def test_a_part_without_times_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.csv", TickRows.none(), ("instrument_token", "close"))
    with pytest.raises(UserError, match="has no column received_at"):
        CsvReader(path, partial=True)


def test_a_foreign_file_is_named_as_one(file_of: FileOf) -> None:
    with pytest.raises(UserError, match="is no CSV of ticks"):
        CsvReader(file_of("date,open,high,low,close\n2021-07-05,1,2,3,4\n"))


@pytest.mark.parametrize("name", ["sequence", "instrument_token", "last_price", "volume_traded", "close"])
@pytest.mark.parametrize(
    "cell",
    ["9" * 9_000, "-" * 9_000, f"{'1' * 9_000}.50", f"0.{'5' * 9_000}"],
    ids=["digits", "signs", "whole", "part"],
)
def test_a_cell_of_thousands_of_characters_costs_its_line_alone(
    name: str, cell: str, file_of: FileOf
) -> None:
    cells = LINE.rstrip("\n").split(",")
    cells[COLUMNS.index(name)] = cell
    path = file_of(f"{HEADER}{LINE}{','.join(cells)}\n{LINE}")
    assert damage_of(path, 2) == [f"line 3 has no {name} that can be read"]
