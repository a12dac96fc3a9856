from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kitetui.errors import UserError
from kitetui.record.sqlite import SqliteReader, SqliteWriter, repair, sniff
from tests.record.csv.helpers import assert_same, infy, joined, name_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of twelve thousand ticks of INFY."""
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    writer.write(infy(12_000))
    writer.close()
    return path


def change(path: Path, statement: str) -> None:
    """Do with a database what no recorder does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)


def test_one_that_is_being_written_is_read_up_to_its_last_flush(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    writer = SqliteWriter(path, name_of)
    writer.write(infy(5))
    writer.flush(sync=False)
    writer.write(infy(5))
    assert_same(joined(list(SqliteReader(path))), infy(5))
    writer.close()


def test_a_name_with_signs_of_an_address_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "100% of #1?mode=rwc.sqlite"
    writer = SqliteWriter(path, name_of)
    writer.write(infy(1))
    writer.close()
    assert_same(joined(list(SqliteReader(path))), infy(1))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticks SET length = 45 WHERE rowid = 7000",
        "UPDATE ticks SET length = 'full' WHERE rowid = 7000",
        "UPDATE ticks SET received_at = x'00' WHERE rowid = 7000",
        "UPDATE ticks SET sequence = 1e300 WHERE rowid = 7000",
    ],
)
def test_a_row_that_cannot_be_is_left_out_and_said(statement: str, path: Path) -> None:
    change(path, statement)
    reader = SqliteReader(path)
    rows = joined(list(reader))
    assert rows.sequence.tolist() == [*range(1, 7000), *range(7001, 12_001)]
    (sentence,) = reader.damage
    assert sentence.startswith("row 7,000 cannot be read: ")


def test_a_database_without_names_is_refused(path: Path) -> None:
    change(path, "DROP TABLE instruments")
    with pytest.raises(UserError, match="no such table: instruments; name another recording"):
        SqliteReader(path)


def test_a_database_without_ticks_has_none_and_says_why(path: Path) -> None:
    change(path, "DROP VIEW prices")
    change(path, "DROP TABLE ticks")
    reader = SqliteReader(path)
    assert not list(reader)
    assert reader.damage == ["rows from 1 on cannot be read: no such table: ticks"]


def test_a_later_version_is_said(path: Path) -> None:
    change(path, "PRAGMA user_version = 2")
    with pytest.raises(UserError, match="version 2, and this kitetui reads up to 1; install a later one"):
        SqliteReader(path)


def test_a_file_that_lacks_its_end_is_refused(path: Path) -> None:
    content = path.read_bytes()
    for end in range(0, len(content) * 19 // 20, len(content) // 20):
        path.write_bytes(content[:end])
        with pytest.raises(UserError, match="name another recording"):
            SqliteReader(path)


def test_what_a_kill_left_in_the_log_is_taken_over(tmp_path: Path) -> None:
    live, left = tmp_path / "live.sqlite", tmp_path / "ticks.sqlite"
    writer = SqliteWriter(live, name_of)
    writer.write(infy(300))
    writer.flush(sync=False)
    for end in ("", "-wal"):
        shutil.copy(f"{live}{end}", f"{left}{end}")
    writer.close()
    assert repair(left) == "took over what was in the write-ahead log of ticks.sqlite"
    assert {each.name for each in tmp_path.iterdir()} == {"live.sqlite", "ticks.sqlite"}
    assert_same(joined(list(SqliteReader(left))), infy(300))
    assert repair(left) is None


def test_a_log_that_is_torn_costs_what_was_not_whole(tmp_path: Path) -> None:
    live, left = tmp_path / "live.sqlite", tmp_path / "ticks.sqlite"
    writer = SqliteWriter(live, name_of)
    for _ in range(4):
        writer.write(infy(100))
        writer.flush(sync=False)
    log = Path(f"{live}-wal").read_bytes()
    shutil.copy(live, left)
    main = left.read_bytes()
    counts = set()
    for end in range(0, len(log) + 1, len(log) // 30):
        left.write_bytes(main)
        Path(f"{left}-wal").write_bytes(log[:end])
        assert repair(left)
        try:
            count = sum(map(len, SqliteReader(left)))
        except UserError:  # the tables themselves were not whole
            count = 0
        assert count % 100 == 0
        counts.add(count)
    writer.close()
    assert len(counts) > 2


def test_a_log_beside_what_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ticks.sqlite"
    path.write_bytes(b"something else" * 100)
    Path(f"{path}-wal").write_bytes(b"")
    with pytest.raises(UserError, match=r"cannot repair .*ticks\.sqlite: .*; name another file with -o"):
        repair(path)


def test_another_database_is_no_recording(tmp_path: Path, path: Path) -> None:
    other = tmp_path / "other.sqlite"
    change(other, "CREATE TABLE ticks (price)")
    assert not sniff(other.read_bytes()[:4096])
    assert not sniff(b"")
    assert sniff(path.read_bytes()[:4096])


def test_a_page_that_is_spoilt_costs_few_rows_and_the_end_none_before_it(path: Path) -> None:
    content = path.read_bytes()
    size = 4096
    for page in (len(content) // size // 3, len(content) // size - 1):
        path.write_bytes(content[: page * size] + bytes(size) + content[(page + 1) * size :])
        reader = SqliteReader(path)
        rows = joined(list(reader))
        assert 11_900 < len(rows) < 12_000
        assert (np.diff(rows.sequence) > 0).all()
        (sentence,) = reader.damage
        assert sentence.endswith("cannot be read: database disk image is malformed")
        assert reader.position == 1.0
