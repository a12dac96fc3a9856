"""Binary messages into ticks: every kind of packet, and every kind of damage."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.wire import HEARTBEAT, Exchange, Mode, PacketError, Tick, TickBatch, decode_frame, decode_frames
from tests.wire.packets import (
    DIVISORS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    INFY,
    INFY_FULL,
    INFY_QUOTE,
    LENGTHS,
    LTP,
    QUOTE,
    SEGMENTS,
    frame,
    packet,
    token,
)
from tests.wire.strategies import Drawn, almost_frames, frames_of_packets

IST = timezone(timedelta(hours=5, minutes=30))


def only_tick(batch: TickBatch) -> Tick:
    assert batch.errors == []
    (tick,) = batch
    return tick


def last_prices(batch: TickBatch) -> list[float]:
    return batch["last_price"].tolist()


def test_the_real_quote_packet_decodes_to_the_figures_of_its_day() -> None:
    tick = only_tick(decode_frame(frame(INFY_QUOTE)))
    assert (tick.instrument_token, tick.exchange, tick.mode) == (INFY, Exchange.NSE, Mode.QUOTE)
    assert tick.last_price == 1573.15
    assert tick.last_traded_quantity == 1
    assert tick.average_traded_price == 1570.33
    assert tick.volume_traded == 1_175_986
    assert (tick.total_buy_quantity, tick.total_sell_quantity) == (256_511, 360_503)
    assert tick.ohlc is not None
    assert (tick.ohlc.open, tick.ohlc.high, tick.ohlc.low, tick.ohlc.close) == (
        1569.15,
        1575.00,
        1561.05,
        1567.80,
    )


def test_the_real_full_packet_decodes_to_the_figures_of_its_day() -> None:
    tick = only_tick(decode_frame(frame(INFY_FULL)))
    assert (tick.instrument_token, tick.exchange, tick.mode) == (INFY, Exchange.NSE, Mode.FULL)
    assert tick.last_price == 1573.70
    assert tick.last_traded_quantity == 7
    assert tick.average_traded_price == 1570.37
    assert tick.volume_traded == 1_192_471
    assert (tick.total_buy_quantity, tick.total_sell_quantity) == (256_443, 363_009)
    assert tick.ohlc is not None
    assert (tick.ohlc.open, tick.ohlc.high, tick.ohlc.low, tick.ohlc.close) == (
        1569.15,
        1575.00,
        1561.05,
        1567.80,
    )
    moment = datetime(2021, 7, 5, 10, 41, 27, tzinfo=IST)
    assert (tick.last_trade_time, tick.exchange_timestamp) == (moment, moment)
    assert (tick.oi, tick.oi_day_high, tick.oi_day_low) == (0, 0, 0)
    assert tick.depth is not None
    assert [(entry.quantity, entry.price, entry.orders) for entry in tick.depth.buy] == [
        (5, 1573.40, 1),
        (140, 1573.00, 2),
        (2, 1572.95, 1),
        (219, 1572.90, 7),
        (50, 1572.85, 1),
    ]
    assert [(entry.quantity, entry.price, entry.orders) for entry in tick.depth.sell] == [
        (172, 1573.70, 3),
        (44, 1573.75, 3),
        (302, 1573.85, 3),
        (141, 1573.90, 2),
        (724, 1573.95, 5),
    ]


@pytest.mark.parametrize("segment", sorted(SEGMENTS))
@pytest.mark.parametrize("length", [LTP, QUOTE, FULL])
def test_every_segment_divides_its_prices_by_its_own_divisor(segment: str, length: int) -> None:
    data = packet(length, instrument_token=token(segment), last_price=1_234_567_891)
    batch = decode_frame(frame(data))
    assert only_tick(batch).last_price == 1_234_567_891 / DIVISORS[segment]
    assert last_prices(batch) == [1_234_567_891 / DIVISORS[segment]]
    assert only_tick(batch).exchange == Exchange[segment]


def test_prices_below_zero_stay_below_zero() -> None:
    data = packet(
        FULL, instrument_token=token("MCX"), last_price=-3763, open=-1, bid_price_1=-3764, ask_price_5=-100
    )
    tick = only_tick(decode_frame(frame(data)))
    assert tick.ohlc is not None
    assert tick.depth is not None
    assert (tick.last_price, tick.ohlc.open) == (-37.63, -0.01)
    assert (tick.depth.buy[0].price, tick.depth.sell[4].price) == (-37.64, -1.0)


def test_counts_are_unsigned_to_their_last_bit() -> None:
    top = 2**32 - 1
    data = packet(
        FULL,
        instrument_token=0xFFFFFF01,
        last_traded_quantity=top,
        volume_traded=top,
        total_buy_quantity=top,
        total_sell_quantity=top,
        oi=top,
        oi_day_high=top,
        oi_day_low=top,
        bid_quantity_1=top,
        ask_quantity_5=top,
        bid_orders_1=65535,
        ask_orders_5=65535,
    )
    tick = only_tick(decode_frame(frame(data)))
    assert tick.instrument_token == 0xFFFFFF01
    assert tick.exchange is Exchange.NSE
    assert {tick.last_traded_quantity, tick.volume_traded, tick.total_buy_quantity} == {top}
    assert {tick.total_sell_quantity, tick.oi, tick.oi_day_high, tick.oi_day_low} == {top}
    assert tick.depth is not None
    assert (tick.depth.buy[0].quantity, tick.depth.sell[4].quantity) == (top, top)
    assert (tick.depth.buy[0].orders, tick.depth.sell[4].orders) == (65535, 65535)


def test_the_padding_behind_a_number_of_orders_is_not_read() -> None:
    data = bytearray(packet(FULL, bid_orders_1=16))
    data[64 + 10 : 64 + 12] = b"\xff\xff"
    tick = only_tick(decode_frame(frame(bytes(data))))
    assert tick.depth is not None
    assert tick.depth.buy[0].orders == 16


@pytest.mark.parametrize("length", [INDEX_QUOTE, INDEX_FULL])
def test_an_index_sends_high_and_low_before_open_and_close(length: int) -> None:
    words = [token("INDICES"), 2_450_000, 2_460_000, 2_440_000, 2_445_000, 2_442_500, 7_500, 1_625_461_887]
    data = struct.pack(">8I", *words)[:length]
    tick = only_tick(decode_frame(frame(data)))
    assert tick.ohlc is not None
    assert (tick.ohlc.high, tick.ohlc.low, tick.ohlc.open, tick.ohlc.close) == (
        24600.0,
        24400.0,
        24450.0,
        24425.0,
    )
    assert tick.net_change == 75.0
    assert not tick.tradable
    assert tick.mode is (Mode.QUOTE if length == INDEX_QUOTE else Mode.FULL)


def test_a_timestamp_of_zero_is_none() -> None:
    for length in (FULL, INDEX_FULL):
        tick = only_tick(decode_frame(frame(packet(length, instrument_token=token("INDICES")))))
        assert tick.exchange_timestamp is None
        assert tick.last_trade_time is None


def test_timestamps_are_utc_to_their_last_second() -> None:
    data = packet(FULL, last_trade_time=1, exchange_timestamp=2**32 - 1)
    tick = only_tick(decode_frame(frame(data)))
    assert tick.last_trade_time is not None
    assert tick.exchange_timestamp is not None
    assert tick.last_trade_time.isoformat() == "1970-01-01T00:00:01+00:00"
    assert tick.exchange_timestamp.isoformat() == "2106-02-07T06:28:15+00:00"


def test_one_byte_is_a_heartbeat_and_no_error() -> None:
    batch = decode_frames([HEARTBEAT, frame(INFY_QUOTE), HEARTBEAT])
    assert (len(batch), batch.heartbeats, batch.errors) == (1, 2, [])


def test_a_message_of_no_packets_is_nothing_at_all() -> None:
    batch = decode_frame(frame())
    assert (len(batch), batch.heartbeats, batch.errors) == (0, 0, [])


def test_an_empty_message_is_an_error_of_its_frame() -> None:
    batch = decode_frames([frame(INFY_QUOTE), b""])
    assert len(batch) == 1
    assert batch.errors == [PacketError(offset=0, length=0, reason="empty message", frame=1)]


def test_no_messages_at_all_are_an_empty_batch() -> None:
    batch = decode_frames([])
    assert (len(batch), batch.errors, batch.to_dicts()) == (0, [], [])
    assert batch["last_price"].tolist() == []


def test_an_unknown_length_harms_neither_what_comes_before_nor_after() -> None:
    first, unknown, last = packet(QUOTE, last_price=100), bytes(45), packet(FULL, last_price=300)
    batch = decode_frame(frame(first, unknown, last))
    assert last_prices(batch) == [1.0, 3.0]
    assert batch.errors == [PacketError(2 + 2 + QUOTE, 45, "unknown packet length 45", 0)]


def test_a_message_of_unknown_packets_alone_has_an_error_for_each() -> None:
    batch = decode_frame(frame(bytes(9), bytes(9), b""))
    assert len(batch) == 0
    assert [(error.offset, error.length) for error in batch.errors] == [(2, 9), (13, 9), (24, 0)]


def test_a_packet_cut_short_anywhere_leaves_those_before_it() -> None:
    whole = frame(packet(FULL, last_price=100), packet(FULL, last_price=200))
    for missing in range(1, FULL + 1):
        batch = decode_frame(whole[:-missing])
        assert last_prices(batch) == [1.0]
        reason = f"packet cut short: {FULL - missing} of {FULL} bytes"
        assert batch.errors == [PacketError(2 + 2 + FULL, FULL, reason, 0)]


def test_a_message_cut_within_a_length_prefix_leaves_the_packets_before_it() -> None:
    batch = decode_frame(frame(INFY_QUOTE, INFY_QUOTE)[: 2 + 2 + QUOTE + 1])
    assert len(batch) == 1
    assert [(error.offset, error.length) for error in batch.errors] == [(2 + 2 + QUOTE, 1)]


def test_a_count_too_large_is_one_error_behind_the_packets_that_came() -> None:
    batch = decode_frame(frame(INFY_QUOTE, INFY_QUOTE, count=5))
    assert len(batch) == 2
    assert batch.errors == [PacketError(94, 0, "the message counts 5 packets and ends after 2", 0)]


def test_a_count_too_small_keeps_the_packets_it_counts_and_reports_the_rest() -> None:
    batch = decode_frame(frame(INFY_QUOTE, INFY_QUOTE, INFY_QUOTE, count=2))
    assert len(batch) == 2
    assert batch.errors == [PacketError(94, 46, "46 bytes after the last of 2 packets", 0)]


def test_a_count_of_zero_before_packets_reports_them_all() -> None:
    batch = decode_frame(frame(INFY_QUOTE, count=0))
    assert len(batch) == 0
    assert [(error.offset, error.length) for error in batch.errors] == [(2, 46)]


def test_ticks_and_errors_of_several_messages_know_which_they_came_in() -> None:
    good, bad = frame(INFY_QUOTE, INFY_FULL), frame(INFY_QUOTE, bytes(3), INFY_QUOTE)
    batch = decode_frames([good, HEARTBEAT, bad, b"", good])
    assert batch.frames.tolist() == [0, 0, 2, 2, 4, 4]
    assert [(error.frame, error.offset) for error in batch.errors] == [(2, 48), (3, 0)]


def test_ticks_of_all_kinds_keep_the_order_in_which_they_came() -> None:
    lengths = [FULL, LTP, INDEX_FULL, QUOTE, INDEX_QUOTE, LTP, FULL]
    packets = [
        packet(length, instrument_token=token("INDICES", number), last_price=number)
        for number, length in enumerate(lengths, start=1)
    ]
    batch = decode_frames([frame(*packets[:4]), frame(*packets[4:])])
    assert batch.lengths.tolist() == lengths
    assert [tick.instrument_token >> 8 for tick in batch] == [1, 2, 3, 4, 5, 6, 7]
    assert last_prices(batch) == [number / 100 for number in range(1, 8)]


def test_the_largest_legal_message_decodes_whole() -> None:
    packets = [packet(FULL, instrument_token=token("NSE", number)) for number in range(3000)]
    data = frame(*packets)
    assert len(data) == 558_002
    batch = decode_frame(data)
    assert (len(batch), batch.errors) == (3000, [])
    assert (batch["instrument_token"] >> 8).tolist() == list(range(3000))


def test_the_most_packets_that_a_message_can_count_decode() -> None:
    assert len(decode_frame(frame(*[packet(LTP)] * 65535))) == 65535


def assert_decoded(batch: TickBatch, packets: list[Drawn]) -> None:
    """Every value in the batch, by tick and by column, is the one that was packed."""
    names = {number: name for name, number in SEGMENTS.items()}
    assert batch.lengths.tolist() == [drawn.length for drawn in packets]
    columns = {name: batch[name].tolist() for drawn in packets for name in drawn.values}
    for row, drawn in enumerate(packets):
        divisor = DIVISORS[names[drawn.values["instrument_token"] & 0xFF]]
        for name, value in drawn.values.items():
            is_price = "price" in name or name in ("open", "high", "low", "close")
            assert columns[name][row] == (value / divisor if is_price else value), name


@given(st.lists(frames_of_packets, max_size=4))
def test_any_valid_packets_decode_to_what_they_were_packed_from(messages: list[list[Drawn]]) -> None:
    batch = decode_frames([frame(*(drawn.data for drawn in message)) for message in messages])
    assert batch.errors == []
    assert batch.frames.tolist() == [index for index, message in enumerate(messages) for _ in message]
    assert_decoded(batch, [drawn for message in messages for drawn in message])


def reading(data: bytes) -> tuple[list[bytes], int, int]:
    """Read a message the slow way: its good packets, the number of its errors, and of its heartbeats."""
    if len(data) < 2:
        return [], int(not data), len(data)
    packets, errors, rest = [], 0, data[2:]
    for _ in range(int.from_bytes(data[:2], "big")):
        length = int.from_bytes(rest[:2], "big")
        if len(rest) < 2 + length:
            return packets, errors + 1, 0
        if length in LENGTHS:
            packets.append(rest[2 : 2 + length])
        else:
            errors += 1
        rest = rest[2 + length :]
    return packets, errors + bool(rest), 0


@given(st.lists(st.binary(max_size=64) | almost_frames, max_size=5))
def test_any_bytes_at_all_decode_into_ticks_and_errors_that_account_for_them(messages: list[bytes]) -> None:
    batch = decode_frames(messages)
    readings = [reading(data) for data in messages]
    assert [error.frame for error in batch.errors] == [
        index for index, (_, errors, _) in enumerate(readings) for _ in range(errors)
    ]
    assert batch.heartbeats == sum(beats for _, _, beats in readings)
    good = [data for packets, _, _ in readings for data in packets]
    assert list(batch) == list(decode_frame(frame(*good)))
    assert all(0 <= error.offset <= len(messages[error.frame]) and error.reason for error in batch.errors)


@given(st.binary(max_size=400) | almost_frames)
def test_whatever_decodes_can_be_looked_at(data: bytes) -> None:
    batch = decode_frame(data)
    assert len(batch.to_dicts()) == len(batch) == len(list(map(repr, batch)))
    for name in ("last_price", "change", "net_change", "mode", "tradable", "bid_price_1", "oi"):
        assert len(batch[name]) == len(batch)
