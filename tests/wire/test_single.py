"""A message of one packet, read by itself, is what it is among others."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given

from kitetui.wire import HEARTBEAT, decode_frame, decode_frames
from kitetui.wire.single import SingleTick, read_single
from tests.wire.packets import FULL, INFY_FULL, LENGTHS, QUOTE, frame, packet
from tests.wire.strategies import Drawn, drawn_packets


@given(drawn_packets())
def test_it_is_the_same_tick_and_the_same_row_as_among_others(drawn: Drawn) -> None:
    data = frame(drawn.data)
    alone, among = decode_frame(data), decode_frames([data, HEARTBEAT])
    assert isinstance(alone, SingleTick)
    assert not isinstance(among, SingleTick)
    assert list(alone) == list(among)
    assert alone.to_dicts() == among.to_dicts()
    np.testing.assert_array_equal(alone.words, among.words)
    np.testing.assert_array_equal(alone.lengths, among.lengths)
    np.testing.assert_array_equal(alone.frames, among.frames)


def test_its_arrays_have_the_types_of_every_batch() -> None:
    batch = decode_frame(frame(INFY_FULL))
    assert batch.words.shape == (1, 46)
    assert (batch.words.dtype, batch.lengths.dtype, batch.frames.dtype) == (np.int32, np.uint8, np.int32)
    assert batch.words is batch.words
    assert batch["last_price"].tolist() == [1573.70]


def test_its_row_can_be_counted_from_both_ends_and_no_further() -> None:
    batch = decode_frame(frame(INFY_FULL))
    assert batch.tick(0) == batch.tick(-1)
    with pytest.raises(IndexError):
        batch.tick(1)


def test_it_has_no_other_attributes_and_can_be_copied() -> None:
    batch = decode_frame(frame(INFY_FULL))
    assert not hasattr(batch, "price")
    assert list(copy.copy(batch)) == list(batch)


@pytest.mark.parametrize("length", LENGTHS)
def test_one_good_packet_is_read_single(length: int) -> None:
    assert read_single(frame(packet(length))) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEARTBEAT,
        frame(),
        frame(packet(FULL), packet(QUOTE)),
        frame(packet(28), packet(8), packet(44), packet(32)),
        frame(packet(FULL)) + b"\0",
        frame(packet(FULL))[:-1],
        b"\0\1\0\7" + bytes(7),
        b"\0\2" + frame(packet(FULL))[2:],
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
        "counts two",
    ],
)
def test_every_other_message_is_not(data: bytes) -> None:
    assert read_single(data) is None
