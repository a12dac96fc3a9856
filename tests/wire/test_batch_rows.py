"""Parts of a batch, several batches as one, and columns as they were sent."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from kitetui.wire import PacketError, TickBatch, decode_frame, decode_frames
from kitetui.wire.layout import FIELDS
from tests.wire.packets import (
    DIVISORS,
    FULL,
    INFY,
    INFY_FULL,
    INFY_QUOTE,
    LTP,
    QUOTE,
    SEGMENTS,
    frame,
    packet,
    token,
)

TCS = 2953217


def numbered(count: int) -> TickBatch:
    """So many ticks, whose last prices as sent are 0, 1, 2 and so on; every two are a message."""
    packets = [packet(LTP, instrument_token=(INFY, TCS)[row % 2], last_price=row) for row in range(count)]
    return decode_frames([frame(*packets[row : row + 2]) for row in range(0, count, 2)])


def prices(batch: TickBatch) -> list[int]:
    return batch.as_sent("last_price").tolist()


def test_a_slice_of_a_batch_is_a_batch_of_those_rows() -> None:
    assert prices(numbered(10)[2:5]) == [2, 3, 4]
    assert prices(numbered(10)[::-3]) == [9, 6, 3, 0]
    assert [tick.last_price for tick in numbered(10)[2:4]] == [0.02, 0.03]


def test_a_mask_or_row_numbers_choose_rows() -> None:
    batch = numbered(6)
    assert prices(batch[batch["last_price"] > 0.03]) == [4, 5]
    assert prices(batch[np.array([5, 0, 0])]) == [5, 0, 0]
    assert prices(batch[[1, -1]]) == [1, 5]
    assert prices(batch[[]]) == []


def test_rows_keep_the_message_that_they_came_in_and_leave_its_errors() -> None:
    batch = decode_frames([frame(INFY_QUOTE, bytes(1)), b"\x00", frame(INFY_FULL)])
    chosen = batch[1:]
    assert (chosen.frames.tolist(), chosen.errors, chosen.heartbeats) == ([2], [], 0)
    assert chosen.to_dicts() == batch.to_dicts()[1:]


def test_a_single_row_is_asked_for_as_a_tick() -> None:
    with pytest.raises(TypeError, match=r"for a single one use batch\.tick"):
        numbered(2)[0]  # type: ignore[call-overload] # what is tested


def test_the_ticks_of_some_tokens_can_be_taken() -> None:
    batch = numbered(4)
    assert prices(batch.of(TCS)) == [1, 3]
    assert prices(batch.of([TCS, INFY])) == [0, 1, 2, 3]
    assert prices(batch.of(token for token in [INFY])) == [0, 2]
    assert prices(batch.of(1)) == prices(batch.of([])) == []


def test_a_token_with_the_highest_bit_is_found() -> None:
    high = 0xFFFFFF01
    assert len(decode_frame(frame(packet(LTP, instrument_token=high))).of(high)) == 1


def test_several_batches_become_one_in_order() -> None:
    batch = numbered(9)
    again = TickBatch.concat([batch[:3], batch[3:3], batch[3:]])
    assert prices(again) == list(range(9))
    assert again.to_dicts() == batch.to_dicts()


def test_messages_are_numbered_on_from_batch_to_batch() -> None:
    broken = decode_frames([frame(INFY_QUOTE), frame(INFY_FULL, bytes(1)), frame(bytes(2))])
    heard = decode_frames([b"\x00", frame(INFY_QUOTE)])
    joined = TickBatch.concat(iter([broken, heard, broken]))
    assert joined.frames.tolist() == [0, 1, 4, 5, 6]
    assert [error.frame for error in joined.errors] == [1, 2, 6, 7]
    assert joined.heartbeats == 1
    assert isinstance(joined.errors[0], PacketError)


def test_no_batches_at_all_are_an_empty_one() -> None:
    empty = TickBatch.concat([])
    assert (len(empty), empty["last_price"].dtype, empty.to_dicts()) == (0, np.float64, [])


@pytest.mark.parametrize("segment", sorted(SEGMENTS))
def test_prices_as_sent_are_integers_with_their_divisor(segment: str) -> None:
    batch = decode_frame(frame(packet(LTP, instrument_token=token(segment), last_price=-157_315)))
    assert batch.as_sent("last_price").dtype == batch.divisors.dtype == np.int64
    assert (prices(batch), batch.divisors.tolist()) == ([-157_315], [DIVISORS[segment]])
    assert float(Fraction(-157_315, DIVISORS[segment])) == batch["last_price"][0]


def test_counts_as_sent_are_unsigned_and_zero_where_nothing_was_sent() -> None:
    batch = decode_frame(frame(packet(FULL, oi=2**32 - 1), packet(LTP)))
    assert batch.as_sent("oi").tolist() == [2**32 - 1, 0]


def test_a_derived_column_was_not_sent() -> None:
    with pytest.raises(KeyError):
        numbered(1).as_sent("change")


def test_times_are_datetimes_in_utc_and_not_a_time_where_there_is_none() -> None:
    times = decode_frame(frame(INFY_FULL, INFY_QUOTE, packet(FULL))).times("exchange_timestamp")
    assert times.dtype == "datetime64[s]"
    assert [str(time) for time in times] == ["2021-07-05T05:11:27", "NaT", "NaT"]


@pytest.mark.parametrize("name", ["last_price", "change", "received_at"])
def test_what_is_no_time_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match="there are exchange_timestamp and last_trade_time"):
        numbered(1).times(name)


def test_every_name_of_a_column_gives_a_column() -> None:
    batch = numbered(3)
    assert set(batch.columns) == {*FIELDS, "change", "mode", "net_change", "tradable"}
    assert len(set(batch.columns)) == len(batch.columns)
    assert all(len(batch[name]) == 3 for name in batch.columns)


@pytest.mark.parametrize("wanted", ["NSE:INFY", ["NSE:INFY"], [408065.0], True, [None]])
def test_what_is_no_token_is_refused_and_not_found_empty(wanted: Any) -> None:
    with pytest.raises(TypeError, match="is no instrument token"):
        decode_frame(frame(packet(LTP))).of(wanted)


def test_a_token_may_be_one_of_numpys() -> None:
    batch = decode_frame(frame(packet(LTP), packet(QUOTE)))
    assert len(batch.of(np.uint32(408065))) == len(batch.of(batch["instrument_token"])) == 2


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("lengths", [[LTP], [LTP, LTP], [LTP, FULL]])
def test_any_kind_of_bytes_is_decoded_into_arrays_that_nobody_can_write(
    kind: Callable[[bytes], bytes], lengths: list[int]
) -> None:
    batch = decode_frame(kind(frame(*map(packet, lengths))))
    assert batch.lengths.tolist() == lengths
    for array in (batch.words, batch.lengths, batch.frames, batch[:1].words):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
