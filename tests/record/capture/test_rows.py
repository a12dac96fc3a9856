"""The rows of a capture: its messages decoded, with all that is known of each tick."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.feed import ConnectionState, RawFrame
from kitetui.record.capture import CaptureRows, StateNote
from kitetui.record.rows import Rows
from kitetui.wire import HEARTBEAT, Subscribe, decode_frames
from tests.record.capture.helpers import T, data, sent, write, writer_on
from tests.wire.packets import INFY, INFY_FULL, INFY_QUOTE, frame
from tests.wire.strategies import Drawn, frames_of_packets


def test_the_rows_are_the_ticks_with_all_that_is_known_of_them(path: Path) -> None:
    writer = writer_on(path)
    writer.frames(sent(T, Subscribe((INFY,)), connection=2))
    writer.frames([data(T + 5, INFY_FULL, INFY_QUOTE, sequence=1, connection=2, snapshot=(0,))])
    writer.note(2, T + 6, StateNote(ConnectionState.RETRYING, "closed"))
    writer.frames(sent(T + 7, Subscribe((INFY,)), connection=2))
    writer.frames([data(T + 8, INFY_QUOTE, sequence=9, connection=2, snapshot=(0,)), data(T + 9, INFY_FULL)])
    writer.close()
    batches = list(CaptureRows(path))
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
    found, expected = list(CaptureRows(path)), decode_frames(messages)
    np.testing.assert_array_equal(
        np.concatenate([Rows.none().words, *(each.words for each in found)]), expected.words
    )
    assert [each for rows in found for each in rows.lengths.tolist()] == expected.lengths.tolist()


def test_a_night_of_heartbeats_is_decoded_in_parts(path: Path) -> None:
    write(path, [RawFrame(0, HEARTBEAT, T + number, 1) for number in range(40_000)])
    passed = list(CaptureRows(path))
    assert len(passed) > 1
    assert sum(map(len, passed)) == 0


def test_messages_whose_number_is_not_known_are_counted(path: Path) -> None:
    write(path, [data(T, INFY_FULL, INFY_FULL, sequence=0), data(T + 1, INFY_FULL, sequence=0)])
    assert [each for rows in CaptureRows(path) for each in rows.sequence.tolist()] == [1, 2, 3]


def test_a_capture_of_many_messages_is_read_in_parts_and_says_how_far_it_is(path: Path) -> None:
    write(path, *([data(T, *[INFY_FULL] * 3000, sequence=1 + 3000 * number)] for number in range(3)))
    rows = CaptureRows(path)
    positions = [rows.position for each in rows if len(each)]
    assert len(positions) == 3
    assert positions == sorted(set(positions))
    assert 0 < positions[0] < 1
    assert rows.position == 1.0
