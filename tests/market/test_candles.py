"""Candles out of ticks, all at once and as they come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kitetui.market import Candle, CandleBuilder, Candles, resample
from kitetui.market.calendar import Calendar
from kitetui.market.folding import Interval
from kitetui.wire import TickBatch, decode_frame
from tests.market.moments import at
from tests.wire.packets import FULL, INDEX_FULL, INDEX_QUOTE, INFY, LTP, QUOTE, frame, packet, token

TCS, GOLD, NIFTY = 2953217, token("MCX", 53505), token("INDICES", 1001)
TEN = int(at("Mon 2026-11-23 10:00"))
"""A full hour in India, UTC seconds."""


@dataclass(frozen=True)
class Came:
    """A packet, so many seconds after ten when it came, and whether it may be an answer of the server."""

    second: float
    data: bytes
    is_marked: bool = False


def ltp(second: float, price: int, of: int = INFY) -> Came:
    return Came(second, packet(LTP, instrument_token=of, last_price=price))


def quote(second: float, price: int, volume: int, of: int = INFY) -> Came:
    return Came(second, packet(QUOTE, instrument_token=of, last_price=price, volume_traded=volume))


def full(
    second: float, price: int, volume: int, *, exchange: float | None = None, oi: int = 0, of: int = INFY
) -> Came:
    """A full packet; `exchange` is so many seconds after ten, and that of the receipt where it is None."""
    moment = int(TEN + (second if exchange is None else exchange))
    return Came(
        second,
        packet(
            FULL,
            instrument_token=of,
            last_price=price,
            volume_traded=volume,
            oi=oi,
            exchange_timestamp=moment,
        ),
    )


def marked(came: Came) -> Came:
    """The same, with the mark."""
    return replace(came, is_marked=True)


def batch_of(*came: Came) -> tuple[TickBatch, NDArray[np.int64], NDArray[np.bool_]]:
    received = [int((TEN + each.second) * 1e9) for each in came]
    marks = np.array([each.is_marked for each in came], dtype=np.bool_)
    return decode_frame(frame(*(each.data for each in came))), np.array(received, dtype=np.int64), marks


def candles(*came: Came, interval: str = "1min") -> Candles:
    batch, received_at, marks = batch_of(*came)
    return resample(batch, interval, received_at, marks)


def add(builder: CandleBuilder, *came: Came) -> Candles:
    return builder.add(*batch_of(*came))


def seconds(found: Candles) -> list[int]:
    """When candles begin, in seconds after ten."""
    return [int(start) - TEN for start in found["start"].astype(np.int64)]


def volumes(found: Candles) -> list[int | None]:
    return [candle.volume for candle in found]


def clocks(*moments: str, of: int, interval: str) -> list[str]:
    """When candles of ticks at these moments begin, as a clock in India shows it."""
    found = candles(
        *(ltp(at(f"Mon 2026-11-23 {each}") - TEN, 100, of) for each in moments), interval=interval
    )
    return [str(start)[11:16] for start in found["start"] + np.timedelta64(330, "m")]


def test_a_candle_is_the_first_highest_lowest_and_last_price_and_the_number_of_ticks() -> None:
    found = candles(ltp(0, 10000), ltp(1, 13000), ltp(30, 9000), ltp(59.9, 11000), ltp(60, 11100))
    assert list(found) == [
        Candle(INFY, datetime.fromtimestamp(TEN, UTC), 100.0, 130.0, 90.0, 110.0, None, 4, None),
        Candle(INFY, datetime.fromtimestamp(TEN + 60, UTC), 111.0, 111.0, 111.0, 111.0, None, 1, None),
    ]


def test_a_tick_on_the_boundary_belongs_to_the_candle_that_begins() -> None:
    assert seconds(candles(ltp(59.999, 1), ltp(60, 1), ltp(119.999, 1), ltp(120, 1))) == [0, 60, 120]


def test_where_nothing_ticked_there_is_no_candle() -> None:
    assert seconds(candles(ltp(0, 1), ltp(600, 1))) == [0, 600]


def test_no_ticks_make_no_candles() -> None:
    assert not len(candles())
    assert not len(CandleBuilder("1min").add(*batch_of()))


def test_candles_are_sorted_by_start_and_then_by_token() -> None:
    found = candles(ltp(0, 1, TCS), ltp(60, 2, TCS), ltp(61, 3, INFY), ltp(2, 4, INFY))
    rows = [(candle.instrument_token, candle.close) for candle in found]
    assert rows == [(INFY, 0.04), (TCS, 0.01), (INFY, 0.03), (TCS, 0.02)]


def test_ticks_of_an_instrument_count_in_the_order_in_which_they_came() -> None:
    found = candles(full(5, 100, 0, exchange=4), full(6, 300, 0, exchange=2), full(7, 200, 0, exchange=2))
    assert [(candle.open, candle.close) for candle in found] == [(1.0, 2.0)]


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        ("5min", ["08:50", "09:15", "10:10", "15:10"]),
        ("30min", ["08:45", "09:15", "09:45", "14:45"]),
        ("1h", ["08:15", "09:15", "14:15"]),
        ("75min", ["08:00", "09:15", "14:15"]),
        ("7min", ["08:47", "09:15", "10:11", "15:12"]),
        ("4h", ["05:15", "09:15", "13:15"]),
        ("1d", ["00:00"]),
    ],
)
def test_candles_of_shares_are_counted_from_a_quarter_past_nine(interval: str, starts: list[str]) -> None:
    moments = ("08:51", "09:15", "10:14", "15:14")
    assert clocks(*moments, of=INFY, interval=interval) == starts


def test_candles_of_commodities_are_counted_from_nine() -> None:
    assert clocks("09:00", "10:00", "23:29", of=GOLD, interval="2h") == ["09:00", "23:00"]


def test_candles_begin_anew_with_each_day() -> None:
    for_days = (0, 86_400, 2 * 86_400)
    found = candles(*(ltp(second, 1) for second in for_days), interval="11h")
    assert [str(start)[5:16] for start in found["start"] + np.timedelta64(330, "m")] == [
        "11-23T09:15",
        "11-24T09:15",
        "11-25T09:15",
    ]
    assert clocks("00:10", "08:00", of=INFY, interval="7h") == ["00:00", "02:15"]


@pytest.mark.parametrize(
    ("names", "length"),
    [
        (["1m", "1min", "minute", "1minute", "1Min", "60s", "60second"], 60),
        (["5m", "5min", "5minute"], 300),
        (["1h", "1H", "hour", "60minute", "60m"], 3600),
        (["75m", "75min", "75minute"], 4500),
        (["1d", "1D", "day", "24h"], 86_400),
    ],
)
def test_an_interval_has_the_names_of_kite_and_of_charts(names: list[str], length: int) -> None:
    assert {Interval.parse(name).seconds for name in names} == {length}


@pytest.mark.parametrize("interval", ["", "0s", "-1min", "2d", "25h", "1 min", "5mo", "1.5h", "１min"])
def test_an_interval_that_is_no_part_of_a_day_is_refused(interval: str) -> None:
    with pytest.raises(ValueError, match="no candles of"):
        CandleBuilder(interval)
    with pytest.raises(ValueError, match="name a part of a day, such as 30s"):
        candles(ltp(0, 1), interval=interval)


def test_the_exchanges_time_is_used_where_there_is_one_and_else_that_of_the_receipt() -> None:
    assert seconds(candles(full(61, 100, 0, exchange=58), quote(61, 100, 0, TCS))) == [0, 60]


def test_an_exchanges_time_of_more_than_a_minute_ahead_is_not_used() -> None:
    assert seconds(candles(full(0, 1, 0, exchange=60))) == [60]
    assert seconds(candles(full(0, 1, 0, exchange=61))) == [0]


def test_without_the_times_of_receipt_each_packet_needs_the_exchanges() -> None:
    assert seconds(resample(batch_of(full(61, 100, 0))[0], "1min")) == [60]
    with pytest.raises(ValueError, match="pass received_at"):
        resample(batch_of(full(61, 100, 0), ltp(61, 100))[0], "1min")


def test_before_the_first_trade_there_is_no_price_and_no_candle() -> None:
    assert seconds(candles(ltp(0, 0), ltp(60, 1))) == [60]


def test_a_price_below_zero_stays_below_zero() -> None:
    assert [candle.low for candle in candles(ltp(0, -100, GOLD))] == [-1.0]


def test_prices_have_the_divisor_of_their_segment() -> None:
    found = candles(ltp(0, 157315), ltp(0, 833_250_000, token("CDS")))
    assert sorted(candle.close for candle in found) == [83.325, 1573.15]


def test_a_token_with_the_highest_bit_is_its_own() -> None:
    high = 0xFFFFFF01
    assert [candle.instrument_token for candle in candles(ltp(0, 1, high), ltp(0, 1))] == [INFY, high]


def test_times_of_the_first_day_of_all_do_not_mix_instruments() -> None:
    stale = [packet(FULL, instrument_token=of, last_price=1, exchange_timestamp=5) for of in (TCS, GOLD)]
    found = candles(*(Came(0, data) for data in stale), interval="1d")
    assert [candle.instrument_token for candle in found] == [TCS, GOLD]


def test_volume_is_what_was_traded_since_the_tick_before() -> None:
    found = candles(quote(0, 1, 1000), quote(30, 1, 1200), quote(61, 1, 1250), quote(62, 1, 1300))
    assert volumes(found) == [200, 100]


def test_each_instrument_has_its_own_volume() -> None:
    found = candles(quote(0, 1, 1000), quote(0, 1, 5, TCS), quote(1, 1, 1200), quote(1, 1, 6, TCS))
    assert volumes(found) == [200, 1]


def test_volume_of_before_the_first_trade_is_counted_from() -> None:
    assert volumes(candles(quote(0, 0, 0), quote(1, 100, 50))) == [50]


def test_a_correction_of_the_volume_counts_nothing() -> None:
    assert volumes(candles(quote(0, 1, 1000), quote(1, 1, 990), quote(2, 1, 995))) == [0]
    assert volumes(candles(quote(0, 1, 1000), quote(60, 1, 999))) == [0, 0]


@pytest.mark.parametrize(("hours", "counted"), [((13.9, 14.1), 5), ((19, 20), 0)])
def test_a_new_day_begins_at_midnight_in_india(hours: tuple[float, float], counted: int) -> None:
    before, after = (hour * 3600 for hour in hours)
    assert volumes(candles(quote(before, 1, 1000), quote(after, 1, 5))) == [0, counted]


@pytest.mark.parametrize("volume", [70, 1500, 1000])
def test_on_a_new_day_volume_counts_from_zero_but_not_that_of_an_answer(volume: int) -> None:
    yesterday, tomorrow = quote(0, 1, 1000), quote(86_400, 1, volume)
    assert volumes(candles(yesterday, tomorrow)) == [0, volume]
    assert volumes(candles(yesterday, marked(quote(86_399, 1, 1000)), tomorrow)) == [0, volume]


def test_without_marks_each_packet_is_a_tick() -> None:
    batch, received_at, _ = batch_of(quote(0, 1, 1000), quote(1, 1, 1200))
    found = [*resample(batch, "1min", received_at)]
    builder = CandleBuilder("1min")
    builder.add(batch, received_at)
    assert [(candle.ticks, candle.volume) for candle in found] == [(2, 200)]
    assert [*builder.flush()] == found


def test_what_may_be_an_answer_of_the_server_makes_no_candle() -> None:
    assert seconds(candles(marked(quote(0, 1, 1000)), quote(60, 2, 1000), marked(quote(120, 3, 1000)))) == [
        60
    ]
    builder = CandleBuilder("1min")
    assert not len(add(builder, marked(quote(0, 1, 1000))))
    assert not len(builder.flush())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_packets_of_an_instrument_at_once_only_the_one_without_the_mark_is_a_tick(
    order: tuple[int, int],
) -> None:
    both = [marked(quote(5, 100, 1000)), quote(5, 200, 1000)]
    (found,) = candles(*(both[place] for place in order))
    assert (found.open, found.high, found.low, found.close, found.ticks) == (2.0, 2.0, 2.0, 2.0, 1)


def test_an_answer_changes_neither_the_prices_nor_the_open_interest_of_a_candle() -> None:
    found = candles(
        full(0, 200, 0, oi=5),
        marked(full(1, 900, 0, oi=9)),
        full(2, 210, 0, oi=6),
        marked(full(3, 1, 0, oi=8)),
    )
    shown = [(candle.open, candle.high, candle.low, candle.close, candle.oi) for candle in found]
    assert shown == [(2.0, 2.1, 2.0, 2.1, 6)]


def test_volume_counts_from_an_answer_where_nothing_of_the_instrument_was_seen_before() -> None:
    assert volumes(candles(marked(full(0, 1, 1000)), quote(1, 1, 1050))) == [50]
    assert volumes(candles(marked(full(0, 1, 1000)), quote(60, 1, 1050), quote(61, 1, 1070))) == [70]


def test_an_answer_without_a_time_may_be_of_any_day_and_volume_does_not_count_from_it() -> None:
    assert volumes(candles(marked(quote(0, 1, 1000)), quote(1, 1, 1050), quote(2, 1, 1060))) == [10]


def test_volume_counts_from_the_first_of_several_answers() -> None:
    assert volumes(candles(marked(full(0, 1, 1000)), marked(full(1, 1, 1020)), quote(2, 1, 1050))) == [50]


def test_the_opening_volume_is_there_and_yesterdays_price_is_not() -> None:
    opening = at("Mon 2026-11-23 09:15") - TEN
    kept = marked(full(opening - 60, 140_000, 2_000_000, exchange=opening - 3 * 86_400))
    found = candles(kept, full(opening, 150_000, 50_000), full(opening + 5, 150_100, 50_600))
    assert [(candle.open, candle.high, candle.volume, candle.ticks) for candle in found] == [
        (1500.0, 1501.0, 50_600, 2)
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_pre_open_makes_no_candle_and_its_trades_are_in_the_first_one(at_once: bool) -> None:
    came = [
        full(at(f"Mon 2026-11-23 {clock}") - TEN, price, volume)
        for clock, price, volume in [
            ("09:01", 140_000, 0),
            ("09:08", 149_000, 50_000),
            ("09:15", 150_000, 50_100),
            ("09:16", 150_100, 50_600),
        ]
    ]
    builder = CandleBuilder("1min")
    found = [*add(builder, *came)] if at_once else [each for one in came for each in add(builder, one)]
    found += builder.flush()
    assert [(candle.open, candle.volume, candle.ticks) for candle in found] == [
        (1500.0, 50_100, 1),
        (1501.0, 500, 1),
    ]
    assert builder.late == 0


def test_the_closing_auction_makes_no_candle() -> None:
    came = [full(at(f"Mon 2026-11-23 {clock}") - TEN, 100, 0) for clock in ("15:14", "15:20", "15:34")]
    assert [(candle.start.strftime("%H:%M"), candle.ticks) for candle in candles(*came)] == [("09:44", 1)]


def test_another_calendar_is_used_where_it_is_given() -> None:
    batch, received_at, _ = batch_of(ltp(at("Mon 2026-11-23 09:05") - TEN, 100))
    assert not len(resample(batch, "1min", received_at))
    assert len(resample(batch, "1min", received_at, calendar=Calendar())) == 1
    assert len(CandleBuilder("1min", calendar=Calendar()).add(batch, received_at)) == 0


def test_totals_out_of_order_count_each_trade_once() -> None:
    came = [quote(second, 1, total) for second, total in enumerate((1000, 1500, 1400, 2000))]
    assert volumes(candles(*came)) == [1000]
    builder = CandleBuilder("1min")
    for one in came:
        add(builder, one)
    assert volumes(builder.flush()) == [1000]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_total_beyond_32_bits_goes_on(at_once: bool) -> None:
    totals = (2**32 - 300, 2**32 - 100, 400, 2**32 - 50, 900)
    came = [quote(second, 1, total) for second, total in enumerate(totals)]
    builder = CandleBuilder("1min")
    for some in [came] if at_once else [[one] for one in came]:
        add(builder, *some)
    assert volumes(builder.flush()) == [1200]


def test_a_large_step_up_is_no_step_back() -> None:
    assert volumes(candles(quote(0, 1, 0), quote(1, 1, 3 * 10**9), quote(2, 1, 3 * 10**9 + 5))) == [
        3 * 10**9 + 5
    ]


def test_an_answer_gives_no_baseline_to_another_instrument() -> None:
    found = candles(
        marked(full(0, 1, 1000)), quote(1, 1, 5000, TCS), quote(2, 1, 1010), quote(3, 1, 5002, TCS)
    )
    assert volumes(found) == [10, 2]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_volume_of_an_outage_is_in_the_next_candle_though_an_answer_came_first(at_once: bool) -> None:
    came = [quote(0, 1, 1000), quote(1, 1, 1100), marked(quote(200, 1, 1900)), quote(201, 1, 1950)]
    builder = CandleBuilder("1min")
    found = [*add(builder, *came)] if at_once else [each for one in came for each in add(builder, one)]
    assert [candle.volume for candle in [*found, *builder.flush()]] == [100, 850]
    assert volumes(candles(*came)) == [100, 850]


def test_an_answer_closes_no_candle() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(0, 100))
    assert not len(add(builder, marked(ltp(62, 300, TCS))))
    assert seconds(add(builder, ltp(62, 300, TCS))) == [0]


def test_an_answer_of_another_time_is_not_late() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(0, 1, TCS))
    add(builder, ltp(70, 1, TCS))
    add(builder, marked(full(71, 2, 1000, exchange=-86_400)))
    assert builder.late == 0
    add(builder, full(72, 2, 30))
    assert volumes(builder.flush().of(INFY)) == [30]


def test_an_answer_for_a_candle_that_is_out_gives_a_baseline_too() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(70, 1, TCS))
    add(builder, marked(full(71, 2, 1000, exchange=1)))
    add(builder, full(72, 2, 1030))
    assert volumes(builder.flush().of(INFY)) == [30]
    assert builder.late == 0


def test_indices_and_ticks_of_mode_ltp_have_no_volume_and_no_open_interest() -> None:
    index = Came(0, packet(INDEX_QUOTE, instrument_token=NIFTY, last_price=2_500_000))
    found = candles(index, ltp(0, 100))
    assert [(candle.volume, candle.oi) for candle in found] == [(None, None)] * 2
    assert not found.present("volume").any()
    assert found.present("close").all()


def test_a_tick_without_volume_between_others_does_not_disturb_it() -> None:
    found = candles(quote(0, 1, 1000), ltp(1, 5), quote(2, 1, 1200), ltp(60, 6))
    assert volumes(found) == [200, None]


def test_open_interest_is_the_last_that_was_sent() -> None:
    found = candles(full(0, 1, 0, oi=500), full(1, 1, 0, oi=700), quote(2, 1, 0), full(60, 1, 0, oi=0))
    assert [candle.oi for candle in found] == [700, 0]


def test_columns_have_the_types_that_they_say() -> None:
    found = candles(quote(0, 157315, 1000))
    kinds = {name: str(found[name].dtype) for name in found.columns}
    assert kinds == {
        "instrument_token": "int64",
        "start": "datetime64[s]",
        "day": "datetime64[D]",
        "open": "float64",
        "high": "float64",
        "low": "float64",
        "close": "float64",
        "volume": "int64",
        "ticks": "int64",
        "oi": "int64",
    }
    assert found["oi"].tolist() == [0]
    assert found["close"].tolist() == [1573.15]


def test_an_unknown_column_is_a_key_error_that_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no column 'price'.*instrument_token"):
        candles()["price"]


def test_candles_of_some_instruments_can_be_taken() -> None:
    found = candles(ltp(0, 1, TCS), ltp(0, 2, INFY), ltp(0, 3, GOLD), ltp(60, 4, TCS))
    assert found.of(TCS)["close"].tolist() == [0.01, 0.04]
    assert found.of([INFY, GOLD])["close"].tolist() == [0.02, 0.03]
    assert repr(found) == "Candles(4 of 3 instruments)"


def test_a_table_has_every_column_and_null_where_nothing_was_sent() -> None:
    found = candles(ltp(0, 100), quote(0, 200, 50, TCS))
    frame = found.to_pandas()
    assert list(frame.columns) == list(found.columns)
    assert frame["volume"].isna().tolist() == [True, False]
    assert str(frame["start"].dt.tz_convert("Asia/Kolkata")[0]) == "2026-11-23 10:00:00+05:30"
    assert found.to_polars()["volume"].to_list() == [None, 0]
    assert found.to_arrow()["volume"].to_pylist() == [None, 0]


def test_a_day_in_india_is_a_day_in_every_table() -> None:
    found = resample(decode_frame(frame(ltp(0, 100).data)), "1d", np.array([TEN * 10**9]))
    assert (found["start"][0], found["day"][0]) == (
        np.datetime64("2026-11-22T18:30"),
        np.datetime64("2026-11-23"),
    )
    assert [candle.day for candle in found] == [date(2026, 11, 23)]
    assert found.to_pandas()["day"].tolist() == [pd.Timestamp("2026-11-23")]
    assert found.to_polars()["day"].to_list() == found.to_arrow()["day"].to_pylist() == [date(2026, 11, 23)]


def test_a_builder_returns_a_candle_two_seconds_after_its_end() -> None:
    builder = CandleBuilder("1min")
    assert not len(add(builder, ltp(0, 100), ltp(61.9, 200)))
    assert [(candle.close, candle.ticks) for candle in add(builder, ltp(62, 300))] == [(1.0, 1)]
    assert [(candle.close, candle.ticks) for candle in builder.flush()] == [(3.0, 2)]
    assert not len(builder.flush())


def test_any_instruments_receipt_closes_the_candles_of_all() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(0, 1), ltp(1, 2, TCS))
    assert add(builder, ltp(62, 3, GOLD))["instrument_token"].tolist() == [INFY, TCS]


def test_a_clock_of_the_exchange_that_is_ahead_closes_no_other_instrument() -> None:
    builder = CandleBuilder("1s")
    found: list[Candle] = []
    for second in range(30):
        for part in range(4):
            now = second + part / 4
            index = Came(
                now,
                packet(INDEX_FULL, instrument_token=NIFTY, last_price=5, exchange_timestamp=TEN + second + 5),
            )
            found += add(builder, index, full(now, 100 * second + part, 0, exchange=second))
    found += builder.flush()
    closes = [candle.close for candle in found if candle.instrument_token == INFY]
    assert closes == [second + 0.03 for second in range(30)]
    assert builder.late == 0


def test_without_receipts_an_instrument_closes_by_its_own_ticks() -> None:
    builder = CandleBuilder("1min")
    batch = decode_frame(
        frame(*(full(second, 1, 0, of=of).data for second, of in [(0, INFY), (0, TCS), (62, INFY)]))
    )
    assert [candle.instrument_token for candle in builder.add(batch)] == [INFY]
    assert [candle.instrument_token for candle in builder.advance(TEN + 62)] == [TCS]


def test_the_clock_closes_what_has_no_tick() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(0, 1))
    assert not len(builder.advance(TEN + 61.9))
    assert seconds(builder.advance(TEN + 62)) == [0]
    assert not len(builder.advance(TEN + 63))
    add(builder, ltp(59, 1))
    assert builder.late == 1


def test_a_candle_that_stays_open_as_another_closes_is_closed_in_its_turn() -> None:
    builder = CandleBuilder("1min")
    assert seconds(add(builder, ltp(0, 1), ltp(60, 2), ltp(62, 3))) == [0]
    assert seconds(add(builder, ltp(122, 4))) == [60]
    assert seconds(builder.flush()) == [120]


def test_a_first_tick_of_days_ago_is_late_where_others_are_live() -> None:
    builder = CandleBuilder("1min")
    add(builder, ltp(0, 1, TCS))
    add(builder, full(0, 2, 0, exchange=-86_400))
    assert builder.late == 1
    assert builder.flush()["instrument_token"].tolist() == [TCS]


def test_a_tick_under_way_at_the_end_of_a_candle_is_in_it() -> None:
    builder = CandleBuilder("1min")
    add(builder, full(59, 100, 0), ltp(61, 1, TCS))
    add(builder, full(61.5, 200, 0, exchange=59))
    closed = add(builder, ltp(62, 1, TCS))
    assert [(candle.close, candle.ticks) for candle in closed] == [(2.0, 2)]
    assert builder.late == 0


def test_a_tick_for_a_candle_that_is_out_is_late_and_its_volume_is_in_the_next() -> None:
    builder = CandleBuilder("1min")
    add(builder, full(58, 100, 1000))
    assert volumes(add(builder, ltp(62, 1, TCS))) == [0]
    assert not len(add(builder, full(63, 200, 1100, exchange=59)))
    add(builder, full(64, 300, 1150))
    assert [(candle.open, candle.volume) for candle in builder.flush().of(INFY)] == [(3.0, 150)]
    assert builder.late == 1


def test_a_flush_takes_the_candles_with_it() -> None:
    builder = CandleBuilder("1min")
    add(builder, quote(0, 1, 1000))
    assert seconds(builder.flush()) == [0]
    add(builder, quote(58, 1, 1100))
    add(builder, quote(59, 1, 1100))
    add(builder, quote(60, 1, 1200))
    after = builder.flush()
    assert (seconds(after), volumes(after), builder.late) == ([60], [200], 2)


def test_ticks_by_the_ten_thousand_are_folded_before_their_candle_closes() -> None:
    builder = CandleBuilder("1d")
    came = [quote(place / 1000, 1 + place, place) for place in range(500)]
    for _ in range(80):
        assert not len(add(builder, *came))
    assert [(candle.ticks, candle.high, candle.volume) for candle in builder.flush()] == [(40_000, 5.0, 499)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Came], list[int]]:
    """Ticks and answers of some minutes, the exchange's times up to a second behind; where to part them."""
    second, came, volume = 0.0, [], 0
    for _ in range(draw(st.integers(0, 40))):
        second += draw(st.sampled_from([0, 0.3, 1, 29, 60, 90_000]))
        price, volume = draw(st.integers(-3, 9)), max(0, volume + draw(st.integers(-5, 20)))
        of = draw(st.sampled_from([INFY, TCS, GOLD]))
        match draw(st.sampled_from(["ltp", "quote", "full"])):
            case "ltp":
                came.append(ltp(second, price, of))
            case "quote":
                came.append(quote(second, price, volume, of))
            case _:
                behind = draw(st.integers(0, 1))
                came.append(full(second, price, volume, exchange=second - behind, oi=volume))
        if draw(st.booleans()):
            came[-1] = marked(came[-1])
    return came, sorted(draw(st.lists(st.integers(0, len(came)), max_size=6)))


@given(streams(), st.sampled_from(["1s", "1min", "1h"]))
def test_in_whatever_parts_ticks_come_the_candles_are_the_same(
    stream: tuple[list[Came], list[int]], interval: str
) -> None:
    came, cuts = stream
    builder = CandleBuilder(interval)
    built: list[Candle] = []
    for start, end in zip([0, *cuts], [*cuts, len(came)], strict=True):
        built += add(builder, *came[start:end])
    built += builder.flush()
    assert built == list(candles(*came, interval=interval))
    assert builder.late == 0
