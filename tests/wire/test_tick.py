"""One tick as an object."""

from __future__ import annotations

import time
from datetime import UTC

import pytest

from kitetui.wire import OHLC, DepthEntry, Mode, Tick, decode_frame
from tests.wire.packets import (
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    INFY,
    INFY_FULL,
    INFY_QUOTE,
    LTP,
    QUOTE,
    frame,
    packet,
    token,
)

TRADED = {
    "last_traded_quantity",
    "average_traded_price",
    "volume_traded",
    "total_buy_quantity",
    "total_sell_quantity",
}
QUOTED = {"ohlc", "change", "net_change"}
ONLY_FULL = {"last_trade_time", "oi", "oi_day_high", "oi_day_low", "depth"}
CARRIED = {
    LTP: set(),
    INDEX_QUOTE: QUOTED,
    INDEX_FULL: QUOTED | {"exchange_timestamp"},
    QUOTE: QUOTED | TRADED,
    FULL: QUOTED | TRADED | ONLY_FULL | {"exchange_timestamp"},
}


def tick_of(data: bytes) -> Tick:
    (tick,) = decode_frame(frame(data))
    return tick


@pytest.mark.parametrize("length", CARRIED)
def test_what_a_packet_does_not_carry_is_none(length: int) -> None:
    times = {name: 1 for name in ("last_trade_time", "exchange_timestamp") if name in CARRIED[length]}
    tick = tick_of(packet(length, **times))
    optional = set().union(*CARRIED.values())
    assert {name for name in optional if getattr(tick, name) is not None} == CARRIED[length]


@pytest.mark.parametrize(
    ("length", "mode"),
    [
        (LTP, Mode.LTP),
        (INDEX_QUOTE, Mode.QUOTE),
        (QUOTE, Mode.QUOTE),
        (INDEX_FULL, Mode.FULL),
        (FULL, Mode.FULL),
    ],
)
def test_the_length_of_a_packet_is_its_mode(length: int, mode: Mode) -> None:
    assert tick_of(packet(length)).mode is mode


def test_only_an_index_is_not_tradable() -> None:
    assert tick_of(packet(LTP)).tradable
    assert not tick_of(packet(LTP, instrument_token=token("INDICES"))).tradable


def test_a_token_of_no_known_segment_is_still_a_tick() -> None:
    tick = tick_of(packet(LTP, instrument_token=1594 << 8 | 200, last_price=150))
    assert (tick.exchange.name, tick.last_price, tick.tradable) == ("UNKNOWN", 1.5, True)


def test_ohlc_and_depth_read_by_attribute() -> None:
    tick = tick_of(INFY_FULL)
    assert tick.ohlc == OHLC(open=1569.15, high=1575.00, low=1561.05, close=1567.80)
    assert tick.depth is not None
    assert tick.depth.buy[0] == DepthEntry(quantity=5, price=1573.40, orders=1)
    assert (len(tick.depth.buy), len(tick.depth.sell)) == (5, 5)


def test_change_is_a_percentage_and_net_change_an_exact_difference() -> None:
    tick = tick_of(INFY_QUOTE)
    assert tick.change == (1573.15 - 1567.80) * 100 / 1567.80
    assert tick.net_change == 5.35


def test_the_two_changes_of_an_index_never_disagree() -> None:
    data = packet(INDEX_QUOTE, instrument_token=token("INDICES"), last_price=200, close=100, price_change=-7)
    assert (tick_of(data).net_change, tick_of(data).change) == (1.0, 100.0)
    assert decode_frame(frame(data, data))["net_change"].tolist() == [1.0, 1.0]


def test_an_index_without_a_close_has_the_net_change_that_was_sent() -> None:
    data = packet(INDEX_QUOTE, instrument_token=token("INDICES"), last_price=200, price_change=-7)
    assert tick_of(data).net_change == -0.07
    assert decode_frame(frame(data, data))["net_change"].tolist() == [-0.07, -0.07]


def test_change_from_a_close_of_zero_is_zero() -> None:
    assert tick_of(packet(QUOTE, last_price=100)).change == 0.0


def test_times_are_utc_whatever_the_zone_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        for zone in ("America/New_York", "Asia/Kolkata", "UTC"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            moment = tick_of(INFY_FULL).exchange_timestamp
            assert moment is not None
            assert moment.tzinfo is UTC
            assert moment.isoformat() == "2021-07-05T05:11:27+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_ticks_of_the_same_bytes_are_equal_and_hash_alike() -> None:
    assert tick_of(INFY_FULL) == tick_of(INFY_FULL)
    assert len({tick_of(INFY_FULL), tick_of(INFY_FULL), tick_of(INFY_QUOTE)}) == 2


def test_ticks_differ_by_any_value_and_by_kind() -> None:
    assert tick_of(packet(QUOTE)) != tick_of(packet(QUOTE, close=1))
    assert tick_of(packet(QUOTE)) != tick_of(packet(FULL))
    assert tick_of(packet(QUOTE)) != "a tick"


def test_repr_names_the_token_the_mode_and_the_price() -> None:
    assert repr(tick_of(INFY_FULL)) == f"Tick({INFY}, full, last_price=1573.7)"


def test_an_ltp_dictionary_has_the_four_keys_of_the_official_client() -> None:
    assert tick_of(packet(LTP, last_price=157315)).to_dict() == {
        "tradable": True,
        "mode": "ltp",
        "instrument_token": INFY,
        "last_price": 1573.15,
    }


def test_a_dictionary_keeps_prices_below_zero() -> None:
    ohlc = tick_of(packet(QUOTE, low=-3763)).to_dict()["ohlc"]
    assert ohlc["low"] == -37.63


def test_a_dictionarys_mode_is_a_plain_string() -> None:
    assert type(tick_of(INFY_FULL).to_dict()["mode"]) is str
