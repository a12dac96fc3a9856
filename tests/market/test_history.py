"""Candles of what has streamed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.market.history import LENGTHS, Candles, History
from kitetui.wire import TickBatch
from kitetui.wire.layout import EXCHANGE_TIME, FULL, LAST_PRICE, LTP, TOKEN, WORDS

INFY, TCS, HIGH_BIT = 408065, 2953217, 0xFFFFFF03
START = 1_795_324_320
"""22 November 2026, 10:42:00 in India: a full minute."""

Row = tuple[int, int, int, int, int]


def batch(token: int, *prices: int, exchange: int = 0) -> TickBatch:
    """Ticks of one instrument; those with an exchange time are full packets, the others ltp."""
    words = np.zeros((len(prices), WORDS), dtype=np.int32)
    words[:, TOKEN] = np.uint32(token).view(np.int32)
    words[:, LAST_PRICE] = prices
    words[:, EXCHANGE_TIME] = exchange
    lengths = np.full(len(prices), FULL if exchange else LTP, dtype=np.uint8)
    return TickBatch(words, lengths, np.zeros(len(prices), dtype=np.int32))


def note(
    history: History, second: float, token: int, *prices: int, exchange: int = 0, marked: Sequence[int] = ()
) -> None:
    """Take in ticks received so many seconds after the start; those in the places `marked` have the mark."""
    received_at = np.full(len(prices), int((START + second) * 1e9), dtype=np.int64)
    snapshot = np.isin(np.arange(len(prices)), marked)
    history.note(batch(token, *prices, exchange=exchange), received_at, snapshot)


def rows(candles: Candles) -> list[Row]:
    """Candles as second after the start, open, high, low and close."""
    columns = (candles.times - START, candles.open, candles.high, candles.low, candles.close)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def candles(history: History, token: int = INFY, seconds: int = 1, last: int = 10_000) -> list[Row]:
    return rows(history.candles(token, seconds, last))


def closes(history: History, token: int, seconds: int, last: int) -> list[float | None]:
    return [None if np.isnan(close) else close for close in history.closes(token, seconds, last).tolist()]


def test_ticks_of_a_second_are_its_first_highest_lowest_and_last_price() -> None:
    history = History()
    note(history, 0.1, INFY, 100, 130)
    note(history, 0.9, INFY, 90, 110)
    note(history, 1.0, INFY, 111)
    assert candles(history) == [(0, 100, 130, 90, 110), (1, 111, 111, 111, 111)]


def test_many_ticks_of_a_second_keep_their_order_among_those_of_others() -> None:
    history, rng = History(), np.random.default_rng(7)
    came: dict[int, list[int]] = {INFY: [], TCS: [], HIGH_BIT: []}
    for token, price in zip(rng.choice(list(came), 2000).tolist(), range(1, 2001), strict=True):
        note(history, 0, token, price)
        came[token].append(price)
    for token, prices in came.items():
        assert candles(history, token) == [(0, prices[0], prices[-1], prices[0], prices[-1])]


def test_candles_go_on_after_they_were_read() -> None:
    history = History()
    note(history, 0, INFY, 100)
    assert candles(history) == [(0, 100, 100, 100, 100)]
    note(history, 0.5, INFY, 120, 80, 90)
    assert candles(history) == [(0, 100, 120, 80, 90)]


def test_the_same_ticks_make_candles_of_every_length() -> None:
    history = History()
    for second in range(120):
        note(history, second, INFY, 1000 + second)
    assert len(candles(history, seconds=1)) == 120
    assert candles(history, seconds=5)[:2] == [(0, 1000, 1004, 1000, 1004), (5, 1005, 1009, 1005, 1009)]
    assert candles(history, seconds=60) == [(0, 1000, 1059, 1000, 1059), (60, 1060, 1119, 1060, 1119)]


def test_only_as_many_candles_are_returned_as_were_asked_for_the_newest() -> None:
    history = History()
    for second in range(5):
        note(history, second, INFY, 100 + second)
    assert [row[0] for row in candles(history, last=2)] == [3, 4]
    assert candles(history, last=0) == []


def test_where_nothing_ticked_there_is_no_candle() -> None:
    history = History()
    note(history, 0, INFY, 100)
    note(history, 9, INFY, 101)
    assert [row[0] for row in candles(history)] == [0, 9]
    assert [row[0] for row in candles(history, seconds=5)] == [0, 5]


def test_the_exchange_says_which_second_a_tick_belongs_to() -> None:
    history = History()
    note(history, 7, INFY, 100, exchange=START + 4)
    note(history, 7, TCS, 100)
    assert [row[0] for row in candles(history, INFY)] == [4]
    assert [row[0] for row in candles(history, TCS)] == [7]


@pytest.mark.parametrize(("off", "second"), [(-60, 40), (60, 160), (-61, 100), (61, 100), (-86_400, 100)])
def test_an_exchange_time_far_from_the_receipt_is_not_used(off: int, second: int) -> None:
    history = History()
    note(history, 100, INFY, 100, exchange=START + 100 + off)
    assert [row[0] for row in candles(history)] == [second]


def test_a_late_tick_goes_where_it_belongs() -> None:
    history = History()
    note(history, 10, INFY, 100, exchange=START + 10)
    note(history, 11, INFY, 111, exchange=START + 11)
    note(history, 12, INFY, 90, exchange=START + 10)
    assert candles(history) == [(10, 100, 100, 90, 90), (11, 111, 111, 111, 111)]
    history.fold()
    note(history, 12, INFY, 70, exchange=START + 3)
    assert candles(history)[0] == (3, 70, 70, 70, 70)


def test_a_late_tick_whose_candle_is_no_longer_kept_changes_nothing() -> None:
    history = History()
    for token in range(1 << 8, 1101 << 8, 1 << 8):
        note(history, 0, token, 100)
    latecomer = 1100 << 8
    for second in (30, 90):
        note(history, second, latecomer, second)
    before = candles(history, latecomer)
    assert [row[0] for row in before] == [90]
    note(history, 90, latecomer, 777, exchange=START + 30)
    assert candles(history, latecomer) == before


def test_two_seconds_that_share_a_place_in_one_fold_leave_the_later_one() -> None:
    history = History()
    note(history, 0, INFY, 100)
    note(history, 3600, INFY, 200)
    assert candles(history) == [(3600, 200, 200, 200, 200)]


def test_a_tick_that_may_be_an_answer_of_the_server_is_not_drawn() -> None:
    history = History()
    note(history, 0, TCS, 500)
    note(history, 1, INFY, 100, marked=[0])
    note(history, 2, INFY, 200)
    assert candles(history, INFY) == [(2, 200, 200, 200, 200)]
    assert candles(history, TCS) == [(0, 500, 500, 500, 500)]


@pytest.mark.parametrize(("marked", "drawn"), [(0, 200), (1, 100)])
def test_of_two_ticks_at_once_only_the_one_without_the_mark_is_drawn(marked: int, drawn: int) -> None:
    history = History()
    note(history, 0, INFY, 100, 200, marked=[marked])
    assert candles(history) == [(0, drawn, drawn, drawn, drawn)]
    note(history, 1, INFY, 300)
    assert candles(history)[1:] == [(1, 300, 300, 300, 300)]


def test_answers_are_not_drawn_however_often_they_come() -> None:
    history = History()
    note(history, 0, INFY, 100)
    for second in range(1, 50):
        note(history, second, INFY, 999, 999, marked=[0, 1])
    note(history, 50, INFY, 101)
    assert [(row[0], row[4]) for row in candles(history)] == [(0, 100), (50, 101)]


def test_an_answer_of_days_ago_changes_no_candle_of_that_time() -> None:
    history = History()
    note(history, 10, INFY, 100)
    note(history, 40, INFY, 777, exchange=START + 10, marked=[0])
    assert candles(history) == [(10, 100, 100, 100, 100)]


def test_a_price_of_zero_is_none_and_one_below_zero_is_one() -> None:
    history = History()
    note(history, 0, INFY, 0)
    assert candles(history) == []
    note(history, 1, INFY, -3700, 0, -3800)
    assert candles(history) == [(1, -3700, -3700, -3800, -3800)]


def test_an_instrument_that_never_ticked_has_nothing() -> None:
    history = History()
    assert candles(history, TCS) == []
    assert closes(history, TCS, 60, 3) == [None] * 3
    note(history, 0, INFY)
    assert candles(history, INFY) == []


def test_a_length_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no candles of 30 s; choose one of 1, 5, 60 s"):
        History().candles(INFY, 30, 10)


def test_closes_have_their_gaps_and_end_at_the_newest_candle_of_all() -> None:
    history = History()
    for minute, price in ((0, 100), (1, 101), (3, 103)):
        note(history, 60 * minute, INFY, price)
    note(history, 60 * 5, TCS, 500)
    assert closes(history, INFY, 60, 7) == [None, 100, 101, None, 103, None, None]
    assert closes(history, TCS, 60, 2) == [None, 500]
    note(history, 60 * 4, TCS, 400)
    assert closes(history, TCS, 60, 2) == [400, 500]


def test_closes_reach_no_further_back_than_what_is_kept() -> None:
    history = History()
    for second in range(0, 3600 * 2, 60):
        note(history, second, INFY, second + 1)
    known = [close for close in closes(history, INFY, 1, 7200) if close is not None]
    assert known == [second + 1 for second in range(3600, 7200, 60)]


def test_candles_until_a_moment_are_those_that_began_by_then() -> None:
    history = History()
    for second in (0, 1, 3):
        note(history, second, INFY, 100 + second)
    kept = history.candles(INFY, 1, 10).until(START + 1.0)
    assert [row[0] for row in rows(kept)] == [0, 1]


def test_ticks_are_folded_before_many_have_gathered() -> None:
    history = History()
    for second in range(3):
        note(history, second, INFY, *range(1, 4097))
        assert not history._pending
    for _ in range(5000):
        note(history, 4, INFY)
    assert len(history._pending) < 5000


@pytest.mark.parametrize(("seconds", "kept"), [(1, 3600), (5, 2160), (60, 1440)])
def test_the_first_instruments_keep_an_hour_of_seconds_and_a_day_of_minutes(seconds: int, kept: int) -> None:
    history = History()
    for number in range(40):
        note(history, 0, number << 8 | 1, 100)
    for number in range(1, kept + 10):
        note(history, number * seconds, 39 << 8 | 1, 100)
    found = candles(history, 39 << 8 | 1, seconds)
    assert [row[0] for row in found] == [number * seconds for number in range(10, kept + 10)]


def test_nine_thousand_instruments_keep_every_minute_of_a_session_in_a_bounded_space() -> None:
    history = History()
    words = np.zeros((9000, WORDS), dtype=np.int32)
    words[:, TOKEN] = np.arange(9000) << 8 | 1
    words[:, LAST_PRICE] = 100
    lengths = np.full(9000, LTP, dtype=np.uint8)
    everyone = TickBatch(words, lengths, np.zeros(9000, dtype=np.int32))
    for minute in (0, 394):
        received_at = np.full(9000, (START + 60 * minute) * 10**9, dtype=np.int64)
        history.note(everyone, received_at, np.zeros(9000, dtype=np.bool_))
    for token in (1, 4500 << 8 | 1, 8999 << 8 | 1):
        assert [row[0] for row in candles(history, token, 60)] == [0, 394 * 60]
    tables = history._tables
    kept = sum(int(table._kept[:9000].sum()) for table in tables)
    assert kept * 20 < 110e6


def test_an_instrument_for_which_there_is_no_place_keeps_nothing_and_harms_nobody() -> None:
    history = History()
    for first in range(0, 28_000, 4000):
        words = np.zeros((4000, WORDS), dtype=np.int32)
        words[:, TOKEN] = np.arange(first, first + 4000) << 8 | 1
        words[:, LAST_PRICE] = np.arange(first, first + 4000) + 1
        lengths = np.full(4000, LTP, dtype=np.uint8)
        received_at = np.full(4000, START * 10**9, dtype=np.int64)
        some = TickBatch(words, lengths, np.zeros(4000, dtype=np.int32))
        history.note(some, received_at, np.zeros(4000, dtype=np.bool_))
    last = 27_999 << 8 | 1
    assert candles(history, last) == []
    assert closes(history, last, 1, 2) == [None, None]
    assert candles(history, 26_999 << 8 | 1) == [(0, 27_000, 27_000, 27_000, 27_000)]


TICKS = st.lists(
    st.tuples(
        st.sampled_from([INFY, TCS, HIGH_BIT]),
        st.integers(-50_000_000, 2**31 - 1).filter(bool),
        st.integers(0, 20),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
)


@given(TICKS)
def test_candles_are_those_of_a_dictionary_fed_tick_by_tick(
    ticks: list[tuple[int, int, int, bool, bool]],
) -> None:
    history, expected, now = History(), dict[tuple[int, int, int], list[int]](), 0
    for token, price, after, is_marked, read in ticks:
        now += after
        note(history, now, token, price, marked=[0] if is_marked else [])
        for seconds in LENGTHS if not is_marked else ():
            key = (token, seconds, now // seconds * seconds)
            expected.setdefault(key, []).append(price)
        if read:
            history.fold()
    for token in (INFY, TCS, HIGH_BIT):
        for seconds in LENGTHS:
            assert candles(history, token, seconds) == [
                (begin, prices[0], max(prices), min(prices), prices[-1])
                for (one, length, begin), prices in expected.items()
                if (one, length) == (token, seconds)
            ]


def test_a_cleared_history_takes_ticks_of_an_earlier_time() -> None:
    history = History()
    note(history, 7200, INFY, 100)
    candles(history)
    note(history, 7201, INFY, 100)
    history.clear()
    note(history, 0, INFY, 90)
    assert candles(history) == [(0, 90, 90, 90, 90)]
    assert closes(history, INFY, 1, 2) == [None, 90]


def test_marks_count_in_a_history_that_was_cleared_too() -> None:
    history = History()
    note(history, 0, INFY, 80)
    history.clear()
    note(history, 0, INFY, 90, 91, marked=[0])
    assert candles(history) == [(0, 91, 91, 91, 91)]
