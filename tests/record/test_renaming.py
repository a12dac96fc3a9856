"""What was received before a renaming keeps its name, and what comes after it has the new one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kitetui.feed import RawFrame
from kitetui.record import COLUMNS, File, Files, Format, open_reader
from kitetui.record.conversion import convert
from tests.record.helpers import NAMES, Clock, at, files_in, names_in, rows_of, sequences, ticks
from tests.wire.packets import INFY_FULL, frame

MORNING = at("2026-11-24T08:31:05")
SECOND = 1_000_000_000
OTHER = {408065: ("NFO", "NIFTY26DECFUT")}


def renamed(path: Path, kind: Format, *, count: int = 1) -> Path:
    """Record so many ticks a message in one file: three messages, of which the second has both names."""
    clock = Clock(MORNING)
    files = Files(File(path, kind, COLUMNS), NAMES.get, clock)
    files.write([ticks(*[MORNING - SECOND] * count)])
    files.rename(OTHER.get, in_new_files=False)
    clock.now += 9 * SECOND  # a disk that is slow to take it moves no name
    files.write([ticks(*[MORNING - 1] * count, *[MORNING] * count, sequence=1 + count)])
    files.write([ticks(*[MORNING + SECOND] * count, sequence=1 + 3 * count)])
    files.close()
    return path


def in_csv(path: Path) -> list[str]:
    return [row["tradingsymbol"] for row in rows_of(path)]


def in_jsonl(path: Path) -> list[str]:
    return [json.loads(line)["tradingsymbol"] for line in path.read_text().splitlines()]


def in_parquet(path: Path) -> list[str]:
    parquet = pytest.importorskip("pyarrow.parquet")
    names: list[str] = parquet.read_table(path).sort_by("row")["tradingsymbol"].to_pylist()
    return names


ROWS = {Format.CSV: in_csv, Format.JSONL: in_jsonl, Format.PARQUET: in_parquet}
"""What reads the names of the rows of each format whose rows have them."""


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("kind", ROWS)
def test_each_row_of_one_file_has_the_name_of_its_time(tmp_path: Path, kind: Format, count: int) -> None:
    path = renamed(tmp_path / "ticks", kind, count=count)
    assert ROWS[kind](path) == ["INFY"] * 2 * count + ["NIFTY26DECFUT"] * 2 * count


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture of three ticks, of which the first alone has the name of before."""
    path = tmp_path / "ticks.kcap"
    files = Files(File(path, Format.CAPTURE, COLUMNS), NAMES.get, Clock(MORNING))
    for number, moment in enumerate((MORNING - 1, MORNING, MORNING + 1)):
        files.write([RawFrame(0, frame(INFY_FULL), moment, 1 + number), ticks(moment, sequence=1 + number)])
        if not number:
            files.rename(OTHER.get, in_new_files=False)
    files.close()
    return path


def test_a_capture_notes_a_name_before_what_comes_under_it(capture: Path) -> None:
    reader = open_reader(capture)
    assert [(reader.names[408065][1], rows.sequence.tolist()) for rows in reader] == [
        ("INFY", [1]),
        ("NIFTY26DECFUT", [2, 3]),
    ]


@pytest.mark.parametrize("kind", ROWS)
def test_what_is_made_of_such_a_capture_has_both_names(capture: Path, kind: Format) -> None:
    path = capture.with_suffix(kind.suffix)
    for _ in convert(open_reader(capture), path, kind, COLUMNS):
        pass
    assert ROWS[kind](path) == ["INFY", "NIFTY26DECFUT", "NIFTY26DECFUT"]


def test_a_database_has_the_last_name_of_a_token(tmp_path: Path) -> None:
    path = renamed(tmp_path / "ticks.sqlite", Format.SQLITE)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT * FROM instruments").fetchall() == [(408065, "NFO", "NIFTY26DECFUT")]


@pytest.mark.parametrize("kind", Format)
def test_in_new_files_each_has_one_name(tmp_path: Path, kind: Format) -> None:
    files = files_in(tmp_path, Clock(MORNING), formats=[kind], rotate="1d")
    for number, moment in enumerate((MORNING - 1, MORNING, MORNING + 1)):
        files.write([RawFrame(0, frame(INFY_FULL), moment, 1 + number), ticks(moment, sequence=1 + number)])
        if not number:
            files.rename(OTHER.get, in_new_files=True)
    files.close()
    paths = [tmp_path / f"ticks-20261124-083105{end}{kind.suffix}" for end in ("", "-2")]
    assert [found(path) for path in paths] == [("INFY", [1]), ("NIFTY26DECFUT", [2, 3])]
    assert [len(rows_of(log)) for log in tmp_path.glob("*.gaps.csv")] == [0, 0]


def found(path: Path) -> tuple[str, list[int]]:
    reader = open_reader(path)
    sequence = [each for rows in reader for each in rows.sequence.tolist()]
    return reader.names[408065][1], sequence


def test_nothing_that_comes_after_it_is_no_file(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING), rotate="1d")
    files.write([ticks(MORNING)])
    files.rename(OTHER.get, in_new_files=True)
    files.write([])
    files.close()
    assert names_in(tmp_path) == ["ticks-20261124-083105.csv"]


def test_the_new_files_end_when_those_before_would_have(tmp_path: Path) -> None:
    clock = Clock(MORNING)
    files = files_in(tmp_path, clock, rotate="1d")
    files.write([ticks(MORNING)])
    clock.now += SECOND
    files.rename(OTHER.get, in_new_files=True)
    midnight = at("2026-11-25T00:00:00")
    files.write([ticks(clock.now, midnight, sequence=2)])
    files.close()
    names = ["ticks-20261124-083105.csv", "ticks-20261124-083106.csv", "ticks-20261125-000000.csv"]
    assert {name: sequences(tmp_path / name) for name in names_in(tmp_path)} == dict(
        zip(names, ([1], [2], [3]), strict=True)
    )
    assert in_csv(tmp_path / names[2]) == ["NIFTY26DECFUT"]
