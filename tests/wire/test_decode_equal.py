"""Messages of one kind each, read where they are, give what the scan and the gather give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire import HEARTBEAT, TickBatch, decode_frames
from kitetui.wire.decode import read_equal
from tests.wire.packets import FULL, LENGTHS, LTP, QUOTE, frame, packet
from tests.wire.strategies import Drawn, drawn_packets


def rows(batch: TickBatch | None) -> tuple[list[list[int]], list[int], list[int]]:
    assert batch is not None
    assert (batch.words.dtype, batch.lengths.dtype, batch.frames.dtype) == (np.int32, np.uint8, np.int32)
    return batch.words.tolist(), batch.lengths.tolist(), batch.frames.tolist()


@st.composite
def frames_of_one_kind(draw: st.DrawFn) -> bytes:
    length = draw(st.sampled_from(LENGTHS))
    drawn: list[Drawn] = draw(st.lists(drawn_packets(), min_size=1, max_size=5))
    return frame(*(packet(length, **(each.values if each.length == length else {})) for each in drawn))


@given(st.lists(frames_of_one_kind(), min_size=1, max_size=4))
def test_messages_of_one_kind_each_are_what_they_are_among_others(frames: list[bytes]) -> None:
    assert rows(read_equal(frames)) == rows(decode_frames([*frames, HEARTBEAT]))


def test_large_messages_of_several_kinds_are_decoded_in_order() -> None:
    frames = [frame(*[packet(length)] * 600) for length in (FULL, LTP, FULL, QUOTE)]
    batch = decode_frames(frames)
    assert batch.lengths.tolist() == [FULL] * 600 + [LTP] * 600 + [FULL] * 600 + [QUOTE] * 600
    assert batch.frames.tolist() == np.repeat(np.arange(4), 600).tolist()
    assert batch.errors == []


@pytest.mark.parametrize("length", LENGTHS)
def test_an_orders_count_is_read_whole_and_nothing_else_is_shifted(length: int) -> None:
    frames = [frame(*[packet(FULL, bid_orders_1=65_535)] * 2), frame(*[packet(length)] * 2)]
    batch = read_equal(frames)
    assert batch is not None
    assert batch["bid_orders_1"].tolist()[:2] == [65_535, 65_535]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEARTBEAT,
        frame(),
        frame(packet(FULL), packet(QUOTE)),
        frame(packet(28), packet(8), packet(44), packet(32)),
        frame(packet(FULL), packet(FULL)) + b"\0",
        frame(packet(FULL), packet(FULL))[:-1],
        b"\0\2\0\7" + bytes(7) + b"\0\7" + bytes(7),
        b"\0\3" + frame(packet(FULL), packet(FULL))[2:],
        frame(packet(FULL))[:2] + b"\1\xb8" + bytes(256 + FULL),
    ],
    ids=[
        "nothing",
        "heartbeat",
        "no packet",
        "two kinds",
        "as long as equal ones",
        "a byte more",
        "a byte less",
        "unknown length",
        "counts three",
        "a length above 255",
    ],
)
def test_one_message_of_another_kind_is_left_to_the_scan(data: bytes) -> None:
    good = frame(packet(FULL), packet(FULL))
    assert read_equal([good, good]) is not None
    assert read_equal([good, data, good]) is None
