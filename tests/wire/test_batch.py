"""Columns of a batch, what stands where nothing was sent, and the official client's dictionaries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from kiteconnect import KiteTicker

from kitetui.wire import TickBatch, decimals_of, decode_frame, decode_frames
from tests.wire.packets import (
    FIELDS,
    INDEX_FULL,
    INDEX_QUOTE,
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
from tests.wire.strategies import Drawn, frames_of_packets

OFFICIAL = KiteTicker("key", "token")


def one_of_each_kind() -> TickBatch:
    """Rows in the order ltp, index quote, index full, quote, full."""
    index = token("INDICES", 1001)
    return decode_frame(
        frame(
            packet(LTP, last_price=157315),
            packet(INDEX_QUOTE, instrument_token=index, last_price=11000, close=10000, price_change=1001),
            packet(
                INDEX_FULL,
                instrument_token=index,
                last_price=9000,
                close=10000,
                exchange_timestamp=1625461887,
            ),
            INFY_QUOTE,
            INFY_FULL,
        )
    )


def as_official(value: Any) -> Any:
    """The same, with instants as the official client has them: naive, in the host's zone."""
    match value:
        case datetime():
            return value.astimezone().replace(tzinfo=None)
        case dict():
            return {key: as_official(item) for key, item in value.items()}
        case list():
            return [as_official(item) for item in value]
    return value


@pytest.mark.parametrize("name", ["last_price", "open", "bid_price_1", "change", "net_change"])
def test_a_column_of_prices_is_float64(name: str) -> None:
    assert one_of_each_kind()[name].dtype == np.float64


@pytest.mark.parametrize(
    "name", ["instrument_token", "volume_traded", "oi", "ask_orders_5", "last_trade_time"]
)
def test_a_column_of_counts_or_times_is_int64(name: str) -> None:
    assert one_of_each_kind()[name].dtype == np.int64


@pytest.mark.parametrize("name", sorted(set().union(*FIELDS.values())))
def test_present_says_which_packets_carry_a_field(name: str) -> None:
    assert one_of_each_kind().present(name).tolist() == [name in FIELDS[length] for length in LENGTHS]


def test_a_price_that_a_packet_does_not_carry_is_nan_and_a_count_is_zero() -> None:
    batch = one_of_each_kind()
    assert np.isnan(batch["average_traded_price"]).tolist() == [True, True, True, False, False]
    assert np.isnan(batch["close"]).tolist() == [True, False, False, False, False]
    assert np.isnan(batch["bid_price_1"]).tolist() == [True, True, True, True, False]
    assert batch["volume_traded"].tolist() == [0, 0, 0, 1_175_986, 1_192_471]
    assert batch["exchange_timestamp"].tolist() == [0, 0, 1625461887, 0, 1625461887]


def test_the_price_change_of_an_index_is_not_taken_for_a_bid() -> None:
    batch = one_of_each_kind()
    assert batch["bid_quantity_1"].tolist() == [0, 0, 0, 0, 5]
    assert batch["price_change"].tolist()[1:3] == [10.01, 0.0]
    assert np.isnan(batch["price_change"]).tolist() == [True, False, False, True, True]


def test_derived_columns_say_what_the_ticks_say() -> None:
    batch = one_of_each_kind()
    for name in ("mode", "tradable", "change", "net_change"):
        expected = [getattr(tick, name) for tick in batch]
        found = [None if value != value else value for value in batch[name].tolist()]
        assert found == expected, name


def test_change_is_in_percent_and_net_change_in_rupees() -> None:
    batch = decode_frame(frame(packet(QUOTE, last_price=11000, close=10000)))
    assert (batch["change"].tolist(), batch["net_change"].tolist()) == ([10.0], [10.0])
    assert one_of_each_kind()["change"].tolist()[1:3] == [10.0, -10.0]


def test_change_from_a_close_of_zero_is_zero() -> None:
    batch = decode_frame(frame(packet(QUOTE, last_price=11000)))
    assert batch["change"].tolist() == [0.0]


def test_net_change_does_not_overflow() -> None:
    batch = decode_frame(frame(packet(QUOTE, last_price=2**31 - 1, close=-(2**31))))
    assert batch["net_change"].tolist() == [(2**32 - 1) / 100]


def test_an_unknown_column_is_a_key_error_that_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no column 'price'.*last_price"):
        one_of_each_kind()["price"]


def test_a_row_can_be_had_as_a_tick() -> None:
    batch = one_of_each_kind()
    assert [batch.tick(row) for row in range(len(batch))] == list(batch)


def test_repr_counts_ticks_errors_and_heartbeats() -> None:
    batch = decode_frames([frame(INFY_QUOTE, bytes(1)), b"\x00"])
    assert repr(batch) == "TickBatch(1 ticks, 1 errors, 1 heartbeats)"


@pytest.mark.parametrize("segment", sorted(SEGMENTS))
@pytest.mark.parametrize("length", LENGTHS)
def test_the_dictionaries_are_those_of_the_official_client(segment: str, length: int) -> None:
    values = {name: 1_625_000_000 + 7_654_321 * place for place, name in enumerate(FIELDS[length])}
    values |= {name: place for place, name in enumerate(values) if "orders" in name}
    values["instrument_token"] = token(segment)
    data = frame(packet(length, **values))
    ours, official = as_official(decode_frame(data).to_dicts()), OFFICIAL._parse_binary(data)
    assert ours == official
    assert [list(tick) for tick in ours] == [list(tick) for tick in official]


def test_the_real_packets_make_the_official_clients_dictionaries() -> None:
    data = frame(INFY_QUOTE, INFY_FULL)
    assert as_official(decode_frame(data).to_dicts()) == OFFICIAL._parse_binary(data)


@given(frames_of_packets)
def test_any_packets_without_signs_make_the_official_clients_dictionaries(packets: list[Drawn]) -> None:
    # The official client reads all prices unsigned, and takes a time of 0 for 1970.
    for drawn in packets:
        for name, value in drawn.values.items():
            if name in ("last_trade_time", "exchange_timestamp"):
                drawn.values[name] = value or 1
            elif name != "instrument_token":
                is_fine = decimals_of(drawn.values["instrument_token"]) > 2
                drawn.values[name] = abs(value) if is_fine else abs(value) % 2**31
    data = frame(*(drawn.data for drawn in packets))
    assert as_official(decode_frame(data).to_dicts()) == OFFICIAL._parse_binary(data)
