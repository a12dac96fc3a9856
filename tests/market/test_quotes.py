"""Quotes in columns say what the ticks say one by one, and NaN where these say nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.market.cache import LastValueCache, Quotes, quotes
from kitetui.wire import decode_frame
from tests.wire.packets import (
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    INFY,
    INFY_FULL,
    LTP,
    QUOTE,
    frame,
    packet,
    token,
)
from tests.wire.strategies import Drawn, drawn_packets

NOW = 1_625_461_900.0
TIMED = 5_000.0
"""The same moment by the clock of ages."""

NIFTY = token("INDICES", 1001)
COLUMNS = "last_price change percent volume bid ask spread high low open close oi age".split()


def apply(
    cache: LastValueCache, *packets: bytes, timed_at: float = TIMED, marked: Sequence[int] = ()
) -> None:
    """Apply these packets; `marked`: the places of those with the mark."""
    batch = decode_frame(frame(*packets))
    received_at = np.full(len(batch), round(NOW * 1e9), dtype=np.int64)
    cache.apply(batch, received_at, np.isin(np.arange(len(batch)), marked), timed_at)


def of(*packets: bytes, elapsed: float = 1, marked: Sequence[int] = ()) -> Quotes:
    """The quotes of the tokens of these packets, in the order of their first packet."""
    cache = LastValueCache()
    apply(cache, *packets, timed_at=TIMED - elapsed, marked=marked)
    tokens = dict.fromkeys(tick.instrument_token for tick in decode_frame(frame(*packets)))
    return quotes(cache, list(tokens), NOW, TIMED)


def live(data: bytes, **options: float) -> dict[str, float]:
    """Each figure of a packet that is news."""
    columns = of(data, **options)
    return {name: getattr(columns, name)[0] for name in COLUMNS}


def test_a_real_packet_has_every_figure_but_open_interest() -> None:
    assert live(INFY_FULL) == {
        "last_price": 1573.70,
        "change": 5.90,
        "percent": pytest.approx(0.376323, abs=1e-6),
        "volume": 1_192_471,
        "bid": 1573.40,
        "ask": 1573.70,
        "spread": 0.30,
        "high": 1575.00,
        "low": 1561.05,
        "open": 1569.15,
        "close": 1567.80,
        "oi": pytest.approx(math.nan, nan_ok=True),
        "age": 1.0,
    }


def test_an_ltp_packet_has_a_price_and_an_age() -> None:
    figures = live(packet(LTP, last_price=100))
    assert {name for name, value in figures.items() if not math.isnan(value)} == {"last_price", "age"}


def test_a_quote_packet_has_no_book_and_no_open_interest() -> None:
    figures = live(packet(QUOTE, last_price=100, open=90, high=110, low=80, close=95, volume_traded=7))
    assert {name for name, value in figures.items() if math.isnan(value)} == {"bid", "ask", "spread", "oi"}


@pytest.mark.parametrize("length", [INDEX_QUOTE, INDEX_FULL])
def test_an_index_has_its_prices_in_their_own_order_and_the_change_of_its_percentage(length) -> None:
    data = packet(
        length, instrument_token=NIFTY, last_price=200, high=210, low=190, open=195, close=100, price_change=7
    )
    figures = live(data)
    assert [figures[name] for name in ("high", "low", "open", "close")] == [2.10, 1.90, 1.95, 1.00]
    assert (figures["change"], figures["percent"]) == (1.0, 100.0)
    assert all(math.isnan(figures[name]) for name in ("volume", "bid", "ask", "spread", "oi"))


def test_an_index_without_a_close_still_has_its_own_change() -> None:
    figures = live(packet(INDEX_FULL, instrument_token=NIFTY, last_price=200, price_change=7))
    assert figures["change"] == 0.07
    assert math.isnan(figures["percent"])


def test_what_the_exchange_did_not_send_is_no_zero() -> None:
    figures = live(packet(FULL, last_price=100))
    absent = ("change", "percent", "open", "high", "low", "close", "bid", "ask", "spread", "oi")
    assert all(math.isnan(figures[name]) for name in absent)
    assert figures["volume"] == 0


def test_an_empty_side_of_the_book_has_no_price_and_no_spread() -> None:
    figures = live(packet(FULL, bid_price_1=100, bid_quantity_1=5, ask_price_1=200, ask_quantity_1=0))
    assert figures["bid"] == 1.0
    assert math.isnan(figures["ask"])
    assert math.isnan(figures["spread"])


def test_a_spread_is_the_decimal_that_it_is_written_as() -> None:
    for bid in range(141_235, 141_335):
        data = packet(FULL, bid_price_1=bid, bid_quantity_1=1, ask_price_1=bid + 5, ask_quantity_1=1)
        assert live(data)["spread"] == 0.05


def test_prices_are_in_rupees_whatever_the_segment_counts_in() -> None:
    currency = packet(LTP, instrument_token=token("CDS"), last_price=842_575_000)
    bond = packet(LTP, instrument_token=token("BCD"), last_price=842_575)
    assert of(currency, bond).last_price.tolist() == [84.2575, 84.2575]


def test_a_price_below_zero_stays_below_zero() -> None:
    figures = live(packet(FULL, instrument_token=token("MCX"), last_price=-3763, close=1827))
    assert figures["last_price"] == -37.63
    assert figures["change"] == -55.90


def test_a_volume_beyond_31_bits_is_not_negative() -> None:
    assert live(packet(QUOTE, volume_traded=2**32 - 1))["volume"] == 2**32 - 1


def test_the_age_is_counted_from_the_receipt_and_never_below_zero() -> None:
    assert live(INFY_FULL, elapsed=41.5)["age"] == 41.5
    assert live(INFY_FULL, elapsed=-5)["age"] == 0.0


@pytest.mark.parametrize("set_by", [-3600, 3600])
def test_the_age_of_news_does_not_follow_the_time_of_day(set_by: float) -> None:
    cache = LastValueCache()
    apply(cache, INFY_FULL)
    assert quotes(cache, [INFY], NOW + set_by, TIMED + 3).age.tolist() == [3.0]


def test_a_tick_that_may_be_an_answer_is_as_old_as_the_exchange_says() -> None:
    assert of(INFY_FULL, marked=[0]).age.tolist() == [13.0]
    assert of(INFY_FULL, INFY_FULL, marked=[1]).age.tolist() == [13.0]
    assert of(INFY_FULL, INFY_FULL, marked=[0]).age.tolist() == [1.0]


def test_each_row_counts_by_its_own_mark() -> None:
    other = packet(FULL, instrument_token=NIFTY + 256, last_price=1, exchange_timestamp=int(NOW - 90_000))
    assert of(INFY_FULL, other, marked=[1]).age.tolist() == [1.0, 90_000.0]


def test_a_tick_that_may_be_an_answer_and_has_no_time_has_no_age() -> None:
    assert np.isnan(of(packet(LTP, last_price=100), marked=[0]).age).all()


def test_instruments_without_a_tick_have_no_figure_at_all() -> None:
    cache = LastValueCache()
    cache.add([5633])
    apply(cache, INFY_FULL)
    columns = quotes(cache, [5633, INFY, 2953217], NOW, TIMED)
    assert len(columns) == 3
    for name in ("last_price", "percent", "volume", "bid", "age"):
        assert np.isnan(getattr(columns, name)).tolist() == [True, False, True], name


def test_a_token_never_heard_of_has_nothing_also_in_a_cache_without_a_free_row() -> None:
    cache = LastValueCache()
    tokens = [token("NSE", number) for number in range(1, 257)]
    packets = [packet(FULL, instrument_token=each, last_price=100) for each in tokens]
    apply(cache, *packets)
    assert len(cache) == len(cache.received_at)
    columns = quotes(cache, [INFY, tokens[-1]], NOW, TIMED)
    for figures in (columns.last_price, columns.volume, columns.age):
        assert np.isnan(figures).tolist() == [True, False]


def test_no_instruments_are_no_rows() -> None:
    columns = quotes(LastValueCache(), [], NOW, TIMED)
    assert len(columns) == 0
    assert all(len(getattr(columns, name)) == 0 for name in COLUMNS)


def test_columns_are_in_the_order_asked_for_and_stay_as_they_were() -> None:
    cache = LastValueCache()
    packets = [packet(LTP, instrument_token=token("NSE", n), last_price=n) for n in range(1, 1000)]
    apply(cache, *packets)
    asked = [token("NSE", n) for n in (700, 3, 999, 1)]
    columns = quotes(cache, asked, NOW, TIMED)
    later = packet(LTP, instrument_token=token("NSE", 3), last_price=500)
    apply(cache, later, timed_at=TIMED - 9, marked=[0])
    assert columns.last_price.tolist() == [7.00, 0.03, 9.99, 0.01]
    assert columns.age.tolist() == [0.0] * 4


@given(st.lists(drawn_packets(), min_size=1, max_size=8))
def test_every_column_says_what_the_last_tick_of_each_says(drawn: list[Drawn]) -> None:
    columns = of(*(each.data for each in drawn))
    last = {tick.instrument_token: tick for tick in decode_frame(frame(*(each.data for each in drawn)))}
    order = list(dict.fromkeys(each.values["instrument_token"] for each in drawn))
    for at, tick in enumerate(last[each] for each in order):
        book = tick.depth
        bid = book.buy[0].price if book and book.buy[0].quantity else None
        ask = book.sell[0].price if book and book.sell[0].quantity else None
        expected = {
            "last_price": tick.last_price,
            "volume": tick.volume_traded,
            "high": tick.ohlc.high or None if tick.ohlc else None,
            "low": tick.ohlc.low or None if tick.ohlc else None,
            "open": tick.ohlc.open or None if tick.ohlc else None,
            "close": tick.ohlc.close or None if tick.ohlc else None,
            "oi": tick.oi or None,
            "bid": bid,
            "ask": ask,
        }
        for name, value in expected.items():
            shown = getattr(columns, name)[at]
            assert math.isnan(shown) if value is None else shown == value, name
