"""Rows into binary messages: the decoder undone."""

from __future__ import annotations

import pytest
from hypothesis import given

from kitetui.wire import HEARTBEAT, decode_frame, encode_batch, encode_frame, encode_packets
from tests.wire.packets import FULL, INFY_FULL, INFY_QUOTE, LENGTHS, LTP, QUOTE, frame, packet
from tests.wire.strategies import Drawn, frames_of_packets


def test_the_real_packets_come_out_as_they_went_in() -> None:
    data = frame(INFY_FULL, INFY_QUOTE, INFY_FULL)
    assert encode_batch(decode_frame(data)) == data


@given(frames_of_packets)
def test_any_message_of_valid_packets_comes_out_as_it_went_in(packets: list[Drawn]) -> None:
    data = frame(*(drawn.data for drawn in packets))
    assert encode_batch(decode_frame(data)) == data


def test_packets_come_without_their_length() -> None:
    batch = decode_frame(frame(INFY_QUOTE, INFY_FULL))
    assert encode_packets(batch.words, batch.lengths.tolist()) == [INFY_QUOTE, INFY_FULL]


def test_a_row_can_be_encoded_as_a_shorter_kind() -> None:
    batch = decode_frame(frame(INFY_FULL, INFY_FULL))
    assert encode_frame(batch.words, [QUOTE, LTP]) == frame(INFY_FULL[:QUOTE], INFY_FULL[:LTP])


def test_encoding_leaves_the_rows_as_they_were() -> None:
    batch = decode_frame(frame(INFY_FULL))
    before = batch.words.copy()
    encode_batch(batch)
    assert (batch.words == before).all()


def test_no_rows_are_a_message_that_counts_none() -> None:
    assert encode_batch(decode_frame(frame())) == b"\x00\x00"


def test_the_heartbeat_is_one_byte_and_decodes_as_one() -> None:
    assert len(HEARTBEAT) == 1
    assert decode_frame(HEARTBEAT).heartbeats == 1


@pytest.mark.parametrize("length", sorted({0, 1, 45, 185} - set(LENGTHS)))
def test_a_length_that_no_packet_has_is_refused(length: int) -> None:
    batch = decode_frame(frame(packet(FULL)))
    with pytest.raises(ValueError, match=f"no packet has {length} bytes"):
        encode_frame(batch.words, [length])


def test_more_rows_than_a_message_can_count_are_refused() -> None:
    batch = decode_frame(frame(*[packet(LTP)] * 65535))
    assert len(encode_batch(batch)) == 2 + 10 * 65535
    words = batch.words.repeat(2, axis=0)
    with pytest.raises(ValueError, match="at most 65,535 packets"):
        encode_frame(words, [LTP] * len(words))
