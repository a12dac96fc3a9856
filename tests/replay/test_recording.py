"""Rows of a recording, encoded back to the messages that brought them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest

from kitetui.record.capture.layout import BeginNote, Record, RecordKind, SnapshotNote, parse_note
from kitetui.record.rows import TickRows
from kitetui.replay import RowsRecording
from kitetui.wire import decode_frames
from kitetui.wire.layout import WORDS
from tests.replay.recordings import INFY, NIFTY, SBIN, full, index, moment
from tests.wire.packets import frame

MESSAGES = [
    (0, 0, (full(INFY, 1), full(SBIN, 2))),
    (1, 0, (full(SBIN, 3),)),
    (1, 1, (index(4), index(5), index(6))),
    (2, 1, (full(INFY, 7)[:8],)),
    (3, 0, (full(INFY, 8)[:44], full(SBIN, 9))),
]
"""When, on which connection, and what."""


def recorded(marked: Sequence[int] = ()) -> TickRows:
    """The rows of these messages. marked: the places of rows that carry the mark."""
    counts: dict[int, int] = {}
    sequence = []
    for _, connection, packets in MESSAGES:
        for _ in packets:
            counts[connection] = counts.get(connection, 0) + 1
            sequence.append(counts[connection])
    batch = decode_frames([frame(*packets) for _, _, packets in MESSAGES])
    sizes = [len(packets) for _, _, packets in MESSAGES]
    snapshot = np.zeros(len(batch), dtype=np.bool_)
    snapshot[list(marked)] = True
    return TickRows(
        words=batch.words,
        lengths=batch.lengths,
        received_at=np.repeat(np.array([moment(when) for when, _, _ in MESSAGES]), sizes),
        connection=np.repeat(np.array([where for _, where, _ in MESSAGES], dtype=np.uint8), sizes),
        sequence=np.array(sequence),
        snapshot=snapshot,
    )


class RowReader:
    """A reader of rows that yields so many at a time."""

    damage: Sequence[str] = ()
    position = 0.0

    def __init__(self, rows: TickRows, at_a_time: int) -> None:
        self.names: Mapping[int, tuple[str, str]] = {INFY: ("NSE", "INFY")}
        self._rows = rows
        self._at_a_time = at_a_time

    def __iter__(self) -> Iterator[TickRows]:
        for start in range(0, len(self._rows), self._at_a_time):
            yield self._rows[start : start + self._at_a_time]


def source(rows: TickRows, at_a_time: int = 100) -> RowsRecording:
    return RowsRecording(RowReader(rows, at_a_time), span=(moment(0), moment(3)))


def messages(played: RowsRecording, since: int | None = None) -> list[Record]:
    """The messages without the notes."""
    return [each for each in played.records(since) if each.kind is not RecordKind.NOTE]


@pytest.mark.parametrize("at_a_time", range(1, 10))
def test_messages_are_those_that_were_recorded_however_rows_are_read(at_a_time: int) -> None:
    records = messages(source(recorded(), at_a_time))
    assert {record.kind for record in records} == {RecordKind.DATA}
    assert [(record.at, record.connection, record.data) for record in records] == [
        (moment(when), where, frame(*packets)) for when, where, packets in MESSAGES
    ]
    assert [record.sequence for record in records] == [1, 3, 1, 4, 4]


def test_every_iteration_begins_anew() -> None:
    replayed = source(recorded())
    assert list(replayed.records()) == list(replayed.records())


def test_rows_before_the_start_are_left_out() -> None:
    records = messages(source(recorded(), 2), since=moment(2))
    assert [record.at for record in records] == [moment(2), moment(3)]


@pytest.mark.parametrize("at_a_time", range(1, 10))
def test_notes_of_marks_come_before_their_messages_however_rows_are_read(at_a_time: int) -> None:
    begun, *records = source(recorded(marked=[0, 3, 5, 6]), at_a_time).records()
    note = parse_note(begun.data)
    assert isinstance(note, BeginNote)
    assert note.marks
    assert [
        (parse_note(each.data), after.kind, after.at - each.at, after.connection - each.connection)
        for each, after in pairwise(records)
        if each.kind is RecordKind.NOTE
    ] == [(SnapshotNote(places), RecordKind.DATA, 0, 0) for places in ((0,), (0, 2), (0,))]
    assert [each.kind for each in records].count(RecordKind.DATA) == len(MESSAGES)


def test_a_file_that_was_received_at_one_moment_is_not_held_back_whole() -> None:
    count = 120_000
    rows = TickRows(
        words=np.zeros((count, WORDS), dtype=np.int32),
        lengths=np.full(count, 8, dtype=np.uint8),
        received_at=np.full(count, moment(0)),
        connection=np.zeros(count, dtype=np.uint8),
        sequence=np.arange(1, count + 1),
        snapshot=np.zeros(count, dtype=np.bool_),
    )
    records = messages(source(rows, 20_000))
    assert [record.sequence for record in records] == [1, 60_001]


def test_an_empty_recording_has_no_messages() -> None:
    assert messages(source(TickRows.none())) == []


def test_names_are_those_of_the_reader_unless_others_are_given() -> None:
    reader = RowReader(recorded(), 10)
    assert RowsRecording(reader, span=(0, 1)).names[INFY] == ("NSE", "INFY")
    assert RowsRecording(reader, span=(0, 1), names={NIFTY: ("NSE", "NIFTY 50")}).names == {
        NIFTY: ("NSE", "NIFTY 50")
    }
