from __future__ import annotations

import os
from pathlib import Path

import pytest

from kitetui.record.csv import HEADER, CsvEncoder, CsvWriter
from kitetui.record.output import continued_file, empty_file
from kitetui.record.rows import Rows
from tests.record.csv.helpers import infy, name_of


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
    writer.write(Rows.none())
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
