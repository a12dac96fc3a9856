from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitetui.errors import UserError
from kitetui.record.parquet import ParquetReader, repair, sniff, writer
from kitetui.record.parquet.schema import pyarrow
from tests.record.csv.helpers import assert_same, infy, joined
from tests.record.parquet.helpers import in_turns, table_of, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of twelve thousand ticks of INFY."""
    return written(tmp_path / "ticks.parquet", infy(12_000))


def again(path: Path, table: Any) -> Path:
    """Write a table over a file, as another program does."""
    pyarrow().parquet.write_table(table, path)
    return path


def test_a_file_that_another_program_wrote_again_reads_the_same(path: Path) -> None:
    again(path, table_of(path))
    assert_same(joined(list(ParquetReader(path))), infy(12_000))


def test_a_table_of_another_program_is_named(path: Path) -> None:
    again(path, pyarrow().table({"price": [1, 2]}))
    with pytest.raises(UserError, match="is Parquet, but no recording of kitetui; name another file"):
        ParquetReader(path)


@pytest.mark.parametrize("name", ["received_at", "row", "ask_orders_5"])
def test_a_recording_that_lacks_a_column_is_none(name: str, path: Path) -> None:
    again(path, table_of(path).drop_columns([name]))
    with pytest.raises(UserError, match="no recording of kitetui"):
        ParquetReader(path)


def test_a_row_that_cannot_be_costs_those_around_it_and_is_said(path: Path) -> None:
    table = table_of(path)
    place = table.column_names.index("length")
    lengths = np.where(np.arange(len(table)) == 11_000, 45, 184).astype(np.uint8)
    again(path, table.set_column(place, "length", pyarrow().array(lengths)))
    reader = ParquetReader(path)
    assert_same(joined(list(reader)), infy(10_000))
    assert reader.damage == ["rows 10,001 to 12,000 cannot be read: a row has a length that no packet has"]


def test_a_file_cut_off_anywhere_is_refused(path: Path) -> None:
    content = path.read_bytes()
    for end in [*range(0, len(content), len(content) // 20), len(content) - 1]:
        path.write_bytes(content[:end])
        with pytest.raises(UserError, match=r"cannot read .*; name another recording"):
            ParquetReader(path)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*ticks\.parquet"):
        ParquetReader(tmp_path / "ticks.parquet")


def test_another_file_is_none(path: Path) -> None:
    assert sniff(path.read_bytes()[:4096])
    assert not sniff(b"")
    assert not sniff(b"KCAP")


def test_a_flipped_bit_costs_its_group_alone_and_never_changes_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GROUP_ROWS", 4_096)
    rows = in_turns(12_288)
    path = written(tmp_path / "ticks.parquet", *(rows[start : start + 4_096] for start in (0, 4_096, 8_192)))
    metadata = pyarrow().parquet.ParquetFile(path).metadata
    content = path.read_bytes()
    column = metadata.row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    for at in range(start + 40, start + column.total_compressed_size, column.total_compressed_size // 8):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        reader = ParquetReader(path)
        found = joined(list(reader))
        assert found.sequence.tolist() == [*range(1, 4_097), *range(8_193, 12_289)]
        (said,) = reader.damage
        assert said.startswith("rows 4,097 to 8,192 cannot be read: ")
        assert reader.position == 1.0


WRITTEN_BY_0_1_0 = Path(__file__).parent / "written_by_0_1_0"
"""A whole file with prices in 32 bits and unsigned counts, and a journal with the same rows."""


def test_a_file_of_0_1_0_reads_as_before(tmp_path: Path) -> None:
    (rows,) = ParquetReader(WRITTEN_BY_0_1_0 / "ticks.parquet")
    assert rows.batch["last_price"].tolist() == [
        1573.71,
        84.2575002,
        8494.0001,
        -37.62,
        84.2576,
        25000.01,
        25001.01,
    ]
    assert rows.batch["volume_traded"].tolist()[:4] == [5, 5, 5, 5]
    assert set(rows.batch["exchange_timestamp"].tolist()) == {0, 1_795_000_000}
    assert_same(joined(list(ParquetReader(written(tmp_path / "new.parquet", rows)))), rows)


def test_what_0_1_0_left_unfinished_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "unfinished.parquet"
    shutil.copy(WRITTEN_BY_0_1_0 / "unfinished.parquet.journal", tmp_path)
    assert repair(path) == "finished unfinished.parquet with the 7 rows of its journal"
    assert_same(
        joined(list(ParquetReader(path))), joined(list(ParquetReader(WRITTEN_BY_0_1_0 / "ticks.parquet")))
    )
