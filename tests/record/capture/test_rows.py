"""Which ticks of a capture carry the mark: as it was noted, and where nothing was noted as it is derived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import ConnectionState, RawFrame
from kitetui.record.capture import CaptureReader, CaptureWriter
from kitetui.record.capture.layout import (
    BLOCK_HEAD,
    HEAD,
    BeginNote,
    Record,
    RecordKind,
    SnapshotNote,
    StateNote,
    encode_note,
    parse_note,
)
from kitetui.record.capture.rows import SnapshotFlags
from kitetui.record.output import continued_file
from kitetui.record.rows import TickRows
from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, Unsubscribe, decode_frames, parse_request
from tests.record.capture.helpers import FIRST_VERSION, NAMES, T, data, marks_in, sent, write, writer_on
from tests.wire.packets import INFY, INFY_FULL, INFY_QUOTE, LTP, frame, packet
from tests.wire.strategies import Drawn, frames_of_packets

SBIN = 779521
STRANGE = INFY.to_bytes(4, "big") + bytes(200)


def ltp(price: int, token: int = INFY) -> bytes:
    return packet(LTP, instrument_token=token, last_price=price)


def marked_one_by_one(path: Path) -> list[bool]:
    """For each tick of a capture whether it carries the mark, found message by message."""
    marks, flags = SnapshotFlags(), []
    for record in CaptureReader(path).records():
        match record.kind:
            case RecordKind.DATA:
                places = marks.of(record)
                count = len(decode_frames([record.data]))
                flags += [place in places for place in range(count)]
            case RecordKind.SENT:
                marks.asked(record.connection, parse_request(record.data))
            case RecordKind.NOTE:
                marks.noted(record.connection, parse_note(record.data))
    return flags


def check(path: Path, expected: Sequence[bool]) -> None:
    assert marks_in(path) == list(expected)
    assert marked_one_by_one(path) == list(expected)


def test_ticks_carry_the_marks_that_were_noted_and_no_others(path: Path) -> None:
    request = sent(T, Subscribe((INFY,)))
    live = [data(T + 1, ltp(1), ltp(1)), data(T + 2, ltp(1), sequence=3)]
    write(path, [*request, *live, data(T + 3, ltp(1), ltp(2), ltp(2), sequence=4, snapshot=(0, 2))])
    check(path, [False, False, False, True, False, True])


def test_a_message_may_have_a_packet_of_a_token_that_carries_the_mark_and_one_that_does_not(
    path: Path,
) -> None:
    write(path, [data(T, ltp(1), ltp(2), snapshot=(0,)), data(T, ltp(3), ltp(4), snapshot=(1,))])
    check(path, [True, False, False, True])


def test_places_count_the_packets_that_can_be_read(path: Path) -> None:
    write(path, [data(T, STRANGE, ltp(1), STRANGE, ltp(2), snapshot=(1,))])
    check(path, [False, True])


def test_a_note_is_of_the_next_message_of_its_connection_whatever_stands_between(path: Path) -> None:
    writer = writer_on(path)
    writer.note(1, T, SnapshotNote((0,)))
    writer.frames([data(T, ltp(1)), data(T, ltp(2), snapshot=(0,))])
    writer.note(0, T, StateNote(ConnectionState.RETRYING, "closed"))
    writer.frames([*sent(T, Subscribe((INFY,))), data(T, ltp(3), connection=2)])
    writer.frames([data(T, ltp(4), connection=1), data(T, ltp(5), connection=1)])
    writer.close()
    check(path, [False, True, False, True, False])


def test_places_that_a_message_does_not_have_are_passed_over(path: Path) -> None:
    write(path, [data(T, ltp(1), snapshot=(0, 1, 7)), data(T, ltp(2)), data(T, STRANGE, snapshot=(0,))])
    check(path, [True, False])


def test_notes_of_marks_hold_even_if_the_block_that_announces_them_is_damaged(path: Path) -> None:
    write(path, [*sent(T, Subscribe((INFY,))), data(T, ltp(1), snapshot=(0,)), data(T, ltp(1))])
    content = bytearray(path.read_bytes())
    content[len(HEAD) + BLOCK_HEAD + 3] ^= 1
    path.write_bytes(content)
    check(path, [True, False])


drawn_messages = st.lists(
    st.lists(st.tuples(st.sampled_from([INFY, SBIN]), st.integers(0, 2), st.booleans()), max_size=4),
    max_size=8,
)


@given(drawn_messages)
def test_any_marks_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[tuple[int, int, bool]]]
) -> None:
    path = tmp_path_factory.mktemp("capture") / "ticks.kcap"
    frames = [
        data(
            T + number,
            *(ltp(price, token) for token, price, _ in message),
            connection=number % 3,
            snapshot=tuple(place for place, (_, _, is_marked) in enumerate(message) if is_marked),
        )
        for number, message in enumerate(drawn)
    ]
    write(path, frames[:4], frames[4:])
    check(path, [is_marked for message in drawn for _, _, is_marked in message])


def without_notes(path: Path, *frames: object) -> None:
    """Write a capture as kitetui 0.1.0 did, of frames and notes on connection 0."""
    writer = writer_on(path)
    writer.note(0, T, FIRST_VERSION)
    for each in frames:
        if isinstance(each, StateNote):
            writer.note(0, T, each)
        elif isinstance(each, list):
            writer.frames(each)
    writer.close()


def test_without_notes_what_follows_a_request_carries_the_mark_until_it_differs(path: Path) -> None:
    without_notes(
        path,
        sent(T, Subscribe((INFY,)), SetMode(Mode.LTP, (INFY,))),
        [data(T + 1, ltp(1)), data(T + 2, ltp(1)), data(T + 3, ltp(2), ltp(2), ltp(3))],
        [data(T + 4, ltp(3), connection=1), data(T + 5, ltp(9, SBIN))],
    )
    check(path, [True, True, False, True, False, False, False])


def test_without_notes_an_answer_to_a_mode_carries_the_mark(path: Path) -> None:
    without_notes(path, [data(T, ltp(1))], sent(T, SetMode(Mode.FULL, (INFY,))), [data(T, ltp(1), ltp(2))])
    check(path, [False, True, False])


@pytest.mark.parametrize("lost", [ConnectionState.RETRYING, ConnectionState.DOWN, ConnectionState.CONNECTING])
def test_without_notes_what_a_lost_connection_asked_for_does_not_come(
    path: Path, lost: ConnectionState
) -> None:
    without_notes(path, sent(T, Subscribe((INFY,))), StateNote(lost, "closed"), [data(T, INFY_FULL)])
    check(path, [False])


def test_without_notes_what_is_asked_for_before_a_connection_counts_as_live_comes(path: Path) -> None:
    live = StateNote(ConnectionState.LIVE, "")
    without_notes(path, sent(T, Subscribe((INFY,))), live, [data(T, INFY_FULL)])
    check(path, [True])


def test_without_notes_an_answer_to_what_was_given_up_meanwhile_carries_the_mark(path: Path) -> None:
    without_notes(path, sent(T, Subscribe((INFY,)), Unsubscribe((INFY,))), [data(T, INFY_FULL)])
    check(path, [True])


def test_a_capture_of_the_first_version_may_be_continued_and_the_other_way_round(path: Path) -> None:
    part = [*sent(T, Subscribe((INFY,))), data(T, INFY_QUOTE), data(T, INFY_FULL, snapshot=(0,))]
    bare = [*part[:-1], data(T, INFY_FULL)]
    without_notes(path, bare)
    write(path, part)
    without_notes(path, bare)
    check(path, [True, False, False, True, True, False])


def test_a_message_whose_number_is_not_known_was_not_decoded_so_that_its_marks_are_derived(
    path: Path,
) -> None:
    write(path, [*sent(T, Subscribe((INFY,))), *(data(T, ltp(price), sequence=0) for price in (1, 1, 2))])
    check(path, [True, True, False])


@given(drawn_messages, st.integers(0, 8))
def test_derived_marks_are_the_same_for_one_message_and_for_many(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[tuple[int, int, bool]]], place: int
) -> None:
    path = tmp_path_factory.mktemp("capture") / "ticks.kcap"
    frames = [
        data(T + number, *(ltp(price, token) for token, price, _ in message), connection=number % 2)
        for number, message in enumerate(drawn)
    ]
    requests = [*sent(T, Subscribe((INFY, SBIN))), *sent(T, Subscribe((SBIN,)), connection=1)]
    without_notes(path, [*frames[:place], *requests, *frames[place:]])
    assert marks_in(path) == marked_one_by_one(path)


def marked_since(path: Path, since: int) -> list[tuple[int, ...]]:
    """The places of each message from a moment on."""
    marks, found = SnapshotFlags(), []
    for record in CaptureReader(path).records(since):
        if record.kind is RecordKind.NOTE:
            marks.noted(record.connection, parse_note(record.data))
        elif record.kind is RecordKind.SENT:
            marks.asked(record.connection, parse_request(record.data))
        else:
            found.append(marks.of(record))
    return found


@pytest.mark.parametrize("flushes", [False, True])
def test_marks_are_those_that_were_noted_from_any_moment_on(path: Path, *, flushes: bool) -> None:
    writer = CaptureWriter(
        continued_file(path), name_of=NAMES.get, now=lambda: datetime(2020, 1, 1, tzinfo=UTC)
    )
    expected: list[tuple[int, ...]] = []
    for number in range(6):
        places = ((), (0,), (1,))[number % 3]
        writer.frames([*sent(T + number, Subscribe((INFY,)))])
        writer.frames([data(T + number, ltp(1), ltp(1), sequence=1 + number, snapshot=places)])
        expected.append(places)
        if flushes:
            writer.flush(sync=False)
    writer.close()
    for number in range(6):
        assert marked_since(path, T + number) == expected[number:]


def test_marks_of_many_messages_are_those_of_each() -> None:
    marks = SnapshotFlags()
    marks.noted(0, BeginNote("1.0", ""))
    records = [
        Record(RecordKind.DATA, 0, T, 1, frame(ltp(1), ltp(2))),
        Record(RecordKind.DATA, 0, T, 3, frame(ltp(3))),
    ]
    taken = []
    for record, places in zip(records, [(1,), ()], strict=True):
        marks.noted(0, parse_note(encode_note(SnapshotNote(places))))
        taken.append(marks.take(record))
    flags = marks.flags(records, taken, decode_frames([record.data for record in records]))
    np.testing.assert_array_equal(flags, [False, True, False])


def test_the_rows_are_the_ticks_with_all_that_is_known_of_them(path: Path) -> None:
    writer = writer_on(path)
    writer.frames(sent(T, Subscribe((INFY,)), connection=2))
    writer.frames([data(T + 5, INFY_FULL, INFY_QUOTE, sequence=1, connection=2, snapshot=(0,))])
    writer.note(2, T + 6, StateNote(ConnectionState.RETRYING, "closed"))
    writer.frames(sent(T + 7, Subscribe((INFY,)), connection=2))
    writer.frames([data(T + 8, INFY_QUOTE, sequence=9, connection=2, snapshot=(0,)), data(T + 9, INFY_FULL)])
    writer.close()
    batches = list(CaptureReader(path))
    assert [each for rows in batches for each in rows.lengths.tolist()] == [184, 44, 44, 184]
    assert [each for rows in batches for each in rows.received_at.tolist()] == [T + 5, T + 5, T + 8, T + 9]
    assert [each for rows in batches for each in rows.connection.tolist()] == [2, 2, 2, 0]
    assert [each for rows in batches for each in rows.sequence.tolist()] == [1, 2, 9, 1]
    assert [each for rows in batches for each in rows.snapshot.tolist()] == [True, False, True, False]


@given(st.lists(frames_of_packets, max_size=6))
def test_the_rows_are_those_that_the_messages_decode_to(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[Drawn]]
) -> None:
    path = tmp_path_factory.mktemp("capture") / "ticks.kcap"
    messages = [frame(*(each.data for each in packets)) for packets in drawn]
    write(path, [RawFrame(0, message, T, 0) for message in messages])
    found, expected = list(CaptureReader(path)), decode_frames(messages)
    np.testing.assert_array_equal(
        np.concatenate([TickRows.none().words, *(each.words for each in found)]), expected.words
    )
    assert [each for rows in found for each in rows.lengths.tolist()] == expected.lengths.tolist()


def test_a_night_of_heartbeats_is_decoded_in_parts(path: Path) -> None:
    write(path, [RawFrame(0, HEARTBEAT, T + number, 1) for number in range(40_000)])
    passed = list(CaptureReader(path))
    assert len(passed) > 1
    assert sum(map(len, passed)) == 0


def test_messages_whose_number_is_not_known_are_counted(path: Path) -> None:
    write(path, [data(T, INFY_FULL, INFY_FULL, sequence=0), data(T + 1, INFY_FULL, sequence=0)])
    assert [each for rows in CaptureReader(path) for each in rows.sequence.tolist()] == [1, 2, 3]


def test_a_capture_of_many_messages_is_read_in_parts_and_says_how_far_it_is(path: Path) -> None:
    write(path, *([data(T, *[INFY_FULL] * 3000, sequence=1 + 3000 * number)] for number in range(3)))
    rows = CaptureReader(path)
    positions = [rows.position for each in rows if len(each)]
    assert len(positions) == 3
    assert positions == sorted(set(positions))
    assert 0 < positions[0] < 1
    assert rows.position == 1.0
