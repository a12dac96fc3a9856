from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.parquet import ParquetReader, repair
from kitetui.record.parquet.arrow import pyarrow, schema
from kitetui.record.parquet.repair import _groups, _Journal
from kitetui.record.parquet.writer import GROUP_ROWS, journal_of, part_of
from tests.record.csv.helpers import assert_same, infy, joined
from tests.record.parquet.helpers import in_turns, left_by_a_kill, written


def test_what_was_flushed_before_a_kill_is_made_a_file(tmp_path: Path) -> None:
    rows = infy(3_000)
    path = left_by_a_kill(tmp_path / "ticks.parquet", rows[:1000], rows[1000:])
    assert repair(path) == "finished ticks.parquet with the 3,000 rows of its journal"
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.parquet"]
    assert_same(joined(list(ParquetReader(path))), rows)
    assert repair(path) is None


def test_more_than_a_group_is_mended_too(tmp_path: Path) -> None:
    rows = in_turns(GROUP_ROWS + 5_000)
    parts = [rows[start : start + 10_000] for start in range(0, len(rows), 10_000)]
    path = left_by_a_kill(tmp_path / "ticks.parquet", *parts)
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), rows)


def test_a_journal_that_is_torn_anywhere_gives_its_whole_flushes(tmp_path: Path) -> None:
    rows = infy(40)
    parts = [rows[start : start + 10] for start in range(0, 40, 10)]
    path = left_by_a_kill(tmp_path / "ticks.parquet", *parts)
    journal = journal_of(path).read_bytes()
    counts = []
    for end in [*range(0, len(journal), len(journal) // 40), len(journal)]:
        path.unlink(missing_ok=True)
        journal_of(path).write_bytes(journal[:end])
        assert repair(path)
        found = joined(list(ParquetReader(path)))
        assert_same(found, rows[: len(found)])
        counts.append(len(found))
    assert counts == sorted(counts)
    assert set(counts) == {0, 10, 20, 30, 40}


def test_a_torn_end_is_said(tmp_path: Path) -> None:
    first = journal_of(left_by_a_kill(tmp_path / "first.parquet", infy(10))).stat().st_size
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10), infy(10))
    torn = journal_of(path).read_bytes()[:-100]
    journal_of(path).write_bytes(torn)
    assert repair(path) == (
        "finished ticks.parquet with the 10 rows of its journal, "
        f"whose last {len(torn) - first:,} bytes were torn"
    )


def test_many_small_flushes_are_few_batches(tmp_path: Path) -> None:
    rows = infy(600)
    path = left_by_a_kill(tmp_path / "ticks.parquet", *(rows[at : at + 1] for at in range(len(rows))))
    (group,) = _groups(_Journal(pyarrow(), journal_of(path)))
    assert len(group) < 256
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), rows)


def test_a_kill_during_the_mending_leaves_it_to_be_mended(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10))
    part_of(path).write_bytes(b"half a file")
    assert repair(path)
    assert_same(joined(list(ParquetReader(path))), infy(10))


def test_a_journal_beside_a_finished_file_goes(tmp_path: Path) -> None:
    path = written(tmp_path / "ticks.parquet", infy(10))
    journal_of(path).write_bytes(schema().serialize().to_pybytes())
    assert repair(path) is None
    assert [each.name for each in tmp_path.iterdir()] == ["ticks.parquet"]
    assert_same(joined(list(ParquetReader(path))), infy(10))


def test_where_it_cannot_be_mended_is_said(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path / "ticks.parquet", infy(10))
    part_of(path).unlink()
    part_of(path).mkdir()
    with pytest.raises(UserError, match=r"cannot mend .*; name another file with -o"):
        repair(path)
    assert journal_of(path).exists()


@pytest.mark.parametrize("content", [b"notes", b"\xff\xff\xff\xff and more", bytes(5000)])
def test_a_journal_of_somebody_else_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ticks.parquet"
    journal_of(path).write_bytes(content)
    with pytest.raises(UserError, match="is no journal of kitetui; move it away"):
        repair(path)
    assert journal_of(path).read_bytes() == content
    assert not path.exists()
