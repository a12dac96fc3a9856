"""The quick scan of all messages together finds what the careful one finds in each, whatever the bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire.scan import PADDING, find_packets
from tests.wire.packets import FULL, INFY_FULL, INFY_QUOTE, LTP, frame, packet
from tests.wire.strategies import Drawn, almost_frames, frames_of_packets

_BAD = b"\0\1\0\7"


def found(*frames: bytes) -> tuple[list[int], list[int], list[int], int]:
    packets = find_packets(b"".join((*frames, PADDING)), frames)
    assert packets.errors == []
    return (
        packets.positions.tolist(),
        packets.lengths.tolist(),
        packets.frames.tolist(),
        packets.heartbeats,
    )


def with_care(*frames: bytes) -> tuple[list[int], list[int], list[int], int]:
    """Return what is found when a bad message behind the others has all of them scanned with care."""
    packets = find_packets(b"".join((*frames, _BAD, PADDING)), (*frames, _BAD))
    assert [each.frame for each in packets.errors] == [len(frames)]
    return (
        packets.positions.tolist(),
        packets.lengths.tolist(),
        packets.frames.tolist(),
        packets.heartbeats,
    )


def test_equal_mixed_and_empty_messages_and_heartbeats_are_told_apart() -> None:
    frames = (frame(INFY_FULL, INFY_FULL), b"\0", frame(INFY_QUOTE, INFY_FULL), frame(), frame(INFY_QUOTE))
    positions, lengths, indices, heartbeats = found(*frames)
    assert lengths == [184, 184, 44, 184, 44]
    assert indices == [0, 0, 2, 2, 4]
    assert heartbeats == 1
    joined = b"".join(frames)
    assert [joined[at : at + 4] for at in positions] == [INFY_FULL[:4]] * 5


def test_packets_whose_sizes_only_add_up_to_equal_ones_are_not_taken_for_them() -> None:
    # Three of 28 bytes are as long as one each of 8, 44 and 32.
    mixed = frame(packet(28), packet(8), packet(44), packet(32))
    assert len(mixed) == len(frame(*[packet(28)] * 4))
    assert found(mixed)[1] == [28, 8, 44, 32]


def test_a_length_above_255_is_not_read_by_its_low_byte_alone() -> None:
    data = b"\0\1" + (256 + LTP).to_bytes(2, "big") + bytes(256 + LTP)
    packets = find_packets(data + PADDING, (data,))
    assert [each.length for each in packets.errors] == [256 + LTP]
    assert not len(packets.positions)


@given(st.lists(frames_of_packets, max_size=5))
def test_good_messages_are_scanned_alike_together_and_with_care(messages: list[list[Drawn]]) -> None:
    frames = [frame(*(each.data for each in packets)) for packets in messages]
    assert found(*frames) == with_care(*frames)


@given(st.lists(almost_frames, max_size=4))
def test_a_bad_message_takes_nothing_from_the_others(frames: list[bytes]) -> None:
    good = frame(packet(FULL), packet(LTP))
    packets = find_packets(b"".join((*frames, good, PADDING)), (*frames, good))
    assert packets.lengths[packets.frames == len(frames)].tolist() == [FULL, LTP]
    alone = [find_packets(each + PADDING, (each,)) for each in frames]
    assert len(packets.errors) == sum(len(each.errors) for each in alone)
    assert len(packets.positions) == 2 + sum(len(each.positions) for each in alone)
