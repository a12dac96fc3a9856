"""What a recording holds can be taken in hand as what was streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.record import COLUMNS, File, Files, Format, open_reader
from kitetui.record.rows import TickRows, frames_of
from kitetui.wire import decode_frame
from tests.record.helpers import at, ticks
from tests.wire.packets import INFY_FULL, frame


@pytest.mark.parametrize("kind", [Format.CSV, Format.SQLITE, Format.PARQUET, Format.JSONL])
def test_recorded_rows_are_batches_again(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    messages = [ticks(at("2026-11-23T10:42:17") + number, sequence=1 + number) for number in range(3)]
    files = Files(File(path, kind, COLUMNS), {408065: ("NSE", "INFY")}.get)
    files.write(messages)
    files.close()
    (rows,) = open_reader(path)
    assert rows.batch.to_dicts() == [tick for each in messages for tick in each.batch.to_dicts()]
    assert rows.batch.to_pandas(received_at=rows.received_at)["received_at"].is_monotonic_increasing


T = 1_625_461_887_000_000_000


def test_rows_received_together_are_one_message() -> None:
    rows = TickRows.of([ticks(T, T), ticks(T + 1, sequence=3)])
    first, second = frames_of(rows)
    assert (first.data, first.received_at, first.sequence) == (frame(INFY_FULL, INFY_FULL), T, 1)
    assert (second.data, second.received_at, second.sequence) == (frame(INFY_FULL), T + 1, 3)


def test_connections_and_jumps_of_the_sequence_part_messages() -> None:
    rows = TickRows.of([ticks(T), ticks(T, connection=1), ticks(T, sequence=9), ticks(T, sequence=11)])
    assert [(each.connection, each.sequence) for each in frames_of(rows)] == [(0, 1), (1, 1), (0, 9), (0, 11)]


def test_a_message_has_the_places_of_its_rows_that_carry_the_mark() -> None:
    marked, plain = ticks(T, T, snapshot=True), ticks(T, sequence=3)
    first, second = frames_of(TickRows.of([marked, plain, ticks(T + 1, connection=1, snapshot=True)]))
    assert (first.data, first.snapshot, first.sent) == (frame(*[INFY_FULL] * 3), (0, 1), False)
    assert (second.connection, second.snapshot) == (1, (0,))
    (mixed,) = frames_of(TickRows.of([plain, ticks(T, sequence=4, snapshot=True)]))
    assert mixed.snapshot == (1,)


def test_no_rows_are_no_messages() -> None:
    assert list(frames_of(TickRows.none())) == []


def test_more_rows_than_a_message_counts_are_several() -> None:
    rows = TickRows.of([ticks(*[T] * 40_000), ticks(*[T] * 40_000, sequence=40_001)])
    counts = [
        len(decode_frame(bytes(each.data))) for each in frames_of(rows) if not isinstance(each.data, str)
    ]
    assert counts == [65_535, 14_465]


def test_places_are_those_in_the_message_that_a_row_is_in() -> None:
    rows = TickRows.of([ticks(*[T] * 35_000), ticks(*[T] * 35_000, sequence=35_001)])
    rows.snapshot[[0, 65_534, 65_535, 69_999]] = True
    assert [each.snapshot for each in frames_of(rows)] == [(0, 65_534), (0, 4_464)]
