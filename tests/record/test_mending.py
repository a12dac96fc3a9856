"""A folder is mended: what a kill left of recordings, and nothing that is somebody else's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kitetui.record.gaplog import COLUMNS as GAP_COLUMNS
from kitetui.record.gaplog import repair_log
from kitetui.record.jsonl import repair as repair_jsonl
from kitetui.record.mending import mend_folder

STRANGERS = {
    "ticks-mine.csv": b"hello",
    "ticks-mine.jsonl": b'{"note": 1}\n{"no',
    "ticks-mine.kcap": b"KCAX and more",
    "ticks-mine.gaps.csv": b"from,to\n1,2\n3",
    "ticks-mine.parquet.journal": b"mine",
    "ticks-mine.txt": b"torn",
}


def test_files_that_are_not_ours_stay_as_they_are(tmp_path: Path) -> None:
    for name, content in STRANGERS.items():
        (tmp_path / name).write_bytes(content)
    assert list(mend_folder(tmp_path)) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == STRANGERS


def test_a_database_of_somebody_else_keeps_its_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "ticks-mine.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE notes (text)")
        database.commit()
        before = sorted(each.name for each in tmp_path.iterdir())
        assert list(mend_folder(tmp_path)) == []
        assert sorted(each.name for each in tmp_path.iterdir()) == before
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("end", [3, len(",".join(GAP_COLUMNS)), -5])
def test_a_torn_gap_log_loses_its_last_line_to_a_file_beside_it(tmp_path: Path, end: int) -> None:
    path = tmp_path / "ticks.gaps.csv"
    whole = f"{','.join(GAP_COLUMNS)}\n2026-11-26T10:00:00+05:30,2026-11-26T10:00:01+05:30,1,1,2,x\n".encode()
    path.write_bytes(whole[:end])
    said = repair_log(path)
    assert said is not None
    assert said.endswith("to ticks.gaps.csv.torn")
    assert path.read_bytes() + (tmp_path / "ticks.gaps.csv.torn").read_bytes() == whole[:end]
    assert path.read_bytes() in (b"", f"{','.join(GAP_COLUMNS)}\n".encode())


def test_torn_json_lines_lose_their_last_line_to_a_file_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    for left in (b"", b'{"received_at":"2026-11-26T10:00:00+05:30"}\n'):
        path.write_bytes(left + b'{"received_')
        assert (repair_jsonl(path) or "").startswith("moved the unfinished last row of ticks.jsonl, 11 bytes")
        assert path.read_bytes() == left
