"""What holds for every format: rows are read as they were written, and no bytes at all end in a traceback."""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kitetui.errors import UserError
from kitetui.record import COLUMNS, Format, open_reader
from kitetui.record.capture import CaptureWriter
from kitetui.record.conversion import convert
from kitetui.record.formats import continue_file, new_writer, repair, repair_folder
from kitetui.record.gaplog import COLUMNS as GAP_COLUMNS
from kitetui.record.gaplog import repair_log
from kitetui.record.jsonl import repair as repair_jsonl
from kitetui.record.rows import TickRows, frames_of
from kitetui.wire.layout import INDEX_FULL, INDEX_QUOTE, LTP, PRICE_CHANGE
from tests.record.csv.helpers import any_rows, infy, name_of, rows_of
from tests.wire.strategies import Drawn

ALL = list(Format)
OF_ROWS = [each for each in Format if each is not Format.CAPTURE]


def write(kind: Format, path: Path, batches: Sequence[TickRows]) -> None:
    made = new_writer(kind, path, name_of, COLUMNS)
    for rows in batches:
        if isinstance(made, CaptureWriter):
            made.frames(list(frames_of(rows)))
        else:
            made.write(rows)
        made.flush(sync=False)
    made.close()


def joined(batches: Sequence[TickRows]) -> TickRows:
    names = (field.name for field in fields(TickRows))
    return TickRows(*(np.concatenate([getattr(rows, name) for rows in batches]) for name in names))


def read(path: Path) -> TickRows:
    return joined([TickRows.none(), *open_reader(path)])


def check_same(found: TickRows, expected: TickRows, kind: Format) -> None:
    words = expected.words.copy()
    if kind in (Format.CSV, Format.JSONL):  # whose index has no change of price but the one that follows
        rows = np.isin(expected.lengths, (INDEX_QUOTE, INDEX_FULL))
        words[rows, PRICE_CHANGE] = found.words[rows, PRICE_CHANGE]
    np.testing.assert_array_equal(found.words, words)
    for name in ("lengths", "received_at", "connection", "sequence", "snapshot"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


@pytest.mark.parametrize("kind", OF_ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(batches=st.lists(any_rows(most=8), min_size=1, max_size=3))
def test_any_rows_are_read_as_they_were_written(
    kind: Format, batches: list[TickRows], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("recording") / f"ticks{kind.suffix}"
    write(kind, path, batches)
    check_same(read(path), joined(batches), kind)


@st.composite
def any_messages(draw: st.DrawFn) -> TickRows:
    """Rows of messages of several ticks, some of the same token, of which any carry the mark."""
    token = st.sampled_from([408065, 779521])
    packets: list[Drawn] = []
    columns: dict[str, list[int]] = {"received_at": [], "connection": [], "sequence": [], "snapshot": []}
    numbers = [1, 1]
    for number in range(draw(st.integers(1, 4))):
        connection = draw(st.integers(0, 1))
        for is_marked in draw(st.lists(st.booleans(), min_size=1, max_size=4)):
            prices = {"instrument_token": draw(token), "last_price": draw(st.integers(0, 2))}
            packets.append(Drawn(LTP, prices))
            values = (number * 10**9, connection, numbers[connection], is_marked)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
            numbers[connection] += 1
    return rows_of(packets, **columns)


@pytest.mark.parametrize("kind", OF_ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(rows=any_messages())
def test_marks_survive_the_way_into_a_capture_and_back(
    kind: Format, rows: TickRows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    first, capture, last = folder / f"a{kind.suffix}", folder / "b.kcap", folder / f"c{kind.suffix}"
    write(kind, first, [rows])
    for source, target in ((first, capture), (capture, last)):
        for _ in convert(open_reader(source), target, Format.of_name(target), COLUMNS):
            pass
    for path in (first, capture, last):
        check_same(read(path), rows, kind)


@pytest.mark.parametrize("kind", ALL)
def test_a_recording_says_what_it_is_and_how_its_instruments_are_called(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / "anything"
    write(kind, path, [infy(3)])
    assert Format.of_file(path) is kind
    reader = open_reader(path)
    assert sum(map(len, reader)) == 3
    assert reader.names == {408065: name_of(408065)}
    assert reader.position == 1.0
    assert sum(map(len, reader)) == 3


@pytest.mark.parametrize("kind", [each for each in ALL if each is not Format.CSV])  # whose parts are larger
def test_many_rows_come_in_parts_and_say_how_far_they_are(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    write(kind, path, [infy(12_000)])
    reader = open_reader(path)
    parts, positions = [], []
    for rows in reader:
        parts.append(rows)
        positions.append(reader.position)
    assert max(map(len, parts)) < 12_000
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] == 1.0
    check_same(joined(parts), infy(12_000), kind)


@pytest.mark.parametrize("kind", ALL)
def test_a_recording_without_a_row_is_one(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    write(kind, path, [])
    assert len(read(path)) == 0


@pytest.mark.parametrize("kind", [each for each in ALL if each is not Format.PARQUET])
def test_a_recording_goes_on_where_it_ended(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    rows = infy(6)
    write(kind, path, [rows[:3]])
    made = continue_file(kind, path, name_of, COLUMNS)
    if isinstance(made, CaptureWriter):
        made.frames(list(frames_of(rows[3:])))
    else:
        made.write(rows[3:])
    made.close()
    check_same(read(path), rows, kind)


def test_parquet_cannot_be_continued_and_says_what_can(tmp_path: Path) -> None:
    path = tmp_path / "ticks.parquet"
    write(Format.PARQUET, path, [infy(1)])
    with pytest.raises(UserError, match="cannot be continued; let -o name a folder"):
        continue_file(Format.PARQUET, path, name_of, COLUMNS)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("other", ALL)
def test_a_recording_of_another_format_is_not_continued(kind: Format, other: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    write(other, path, [infy(1)])
    if kind is other:
        return
    before = path.read_bytes()
    with pytest.raises(UserError, match=f"holds no {kind}; leave out --append"):
        continue_file(kind, path, name_of, COLUMNS)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ALL)
def test_a_file_that_holds_data_is_left_alone(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    path.write_text("something else\n")
    with pytest.raises(UserError, match="-o"):
        new_writer(kind, path, name_of, COLUMNS)
    assert path.read_text() == "something else\n"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ALL)
def test_damage_anywhere_ends_in_a_sentence_and_never_in_a_traceback(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    write(kind, path, [infy(40)])
    content = path.read_bytes()
    chance = random.Random(11)
    for number in range(80):
        damaged = bytearray(content)
        for _ in range(1 + number % 3):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged if number % 2 else damaged[: chance.randrange(len(damaged))])
        try:
            reader = open_reader(path, partial=True)
            assert sum(map(len, reader)) <= 41
        except UserError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either way is good


@pytest.mark.parametrize("kind", ALL)
def test_what_is_whole_needs_no_mending(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    write(kind, path, [infy(3)])
    content = path.read_bytes()
    assert repair(kind, path) is None
    assert path.read_bytes() == content


FULL_DISK = """
import sys
from pathlib import Path
from kitetui.errors import RecordingError, UserError
from kitetui.record import COLUMNS, Format
from kitetui.record.capture import CaptureWriter
from kitetui.record.rows import frames_of
from kitetui.record.formats import new_writer
from tests.record.csv.helpers import infy, name_of

made = new_writer(Format(sys.argv[1]), Path(sys.argv[2]), name_of, COLUMNS)
flushed = 0
rows = infy(60_000)
try:
    while True:
        part = rows[flushed : flushed + 100]
        made.frames(list(frames_of(part))) if isinstance(made, CaptureWriter) else made.write(part)
        made.flush(sync=True)
        flushed += 100
except RecordingError as error:
    print(flushed, error)
try:
    made.close()
except UserError:
    pass
"""


@pytest.mark.parametrize("kind", ALL)
def test_a_full_disk_leaves_all_that_was_flushed(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(kind), str(path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)),
    )
    flushed, _, said = done.stdout.partition(" ")
    assert f"cannot write to {path}" in said
    assert "is whole" in said
    repair(kind, path)
    found = read(path)
    assert len(found) >= int(flushed) > 0
    np.testing.assert_array_equal(found.sequence, np.arange(1, len(found) + 1))


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
    assert list(repair_folder(tmp_path)) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == STRANGERS


def test_a_database_of_somebody_else_keeps_its_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "ticks-mine.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE notes (text)")
        database.commit()
        before = sorted(each.name for each in tmp_path.iterdir())
        assert list(repair_folder(tmp_path)) == []
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
