"""The last-value cache."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.market import LastValueCache
from kitetui.wire import Tick, TickBatch, decode_frame
from tests.wire.packets import FULL, INFY, INFY_FULL, LTP, QUOTE, frame, packet, token

TCS, HIGH_BIT = 2953217, 0xFFFFFF03


def ticks(*packets: bytes) -> TickBatch:
    return decode_frame(frame(*packets))


def ltp(instrument_token: int, last_price: int) -> bytes:
    return packet(LTP, instrument_token=instrument_token, last_price=last_price)


def apply(
    cache: LastValueCache, *packets: bytes, at: int = 0, marked: Sequence[int] = (), timed_at: float = 0.0
) -> None:
    """Apply these packets, received at `at`, `at + 1` and so on; those in places `marked` have the mark."""
    received_at = np.arange(at, at + len(packets), dtype=np.int64)
    cache.apply(ticks(*packets), received_at, np.isin(np.arange(len(packets)), marked), timed_at)


def price(cache: LastValueCache, instrument_token: int) -> float | None:
    tick = cache.tick(instrument_token)
    return None if tick is None else tick.last_price


def row(cache: LastValueCache, instrument_token: int) -> int:
    found = cache.row_of(instrument_token)
    assert found is not None
    return found


def test_a_tick_that_was_applied_is_the_one_that_is_read() -> None:
    cache = LastValueCache()
    apply(cache, INFY_FULL, at=1_625_461_887_000_000_000, timed_at=12.5)
    assert cache.tick(INFY) == next(iter(ticks(INFY_FULL)))
    assert cache.received_at[row(cache, INFY)] == 1_625_461_887_000_000_000
    assert cache.timed_at[row(cache, INFY)] == 12.5


def test_the_last_tick_of_a_token_in_a_batch_stays() -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 100), ltp(TCS, 900), ltp(INFY, 300), ltp(INFY, 200), at=10)
    assert (price(cache, INFY), price(cache, TCS)) == (2.0, 9.0)
    assert cache.received_at[[row(cache, INFY), row(cache, TCS)]].tolist() == [13, 11]


def test_a_row_has_the_version_of_the_flush_that_wrote_it() -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 1), ltp(TCS, 1))
    apply(cache, ltp(TCS, 2))
    assert cache.version == 2
    assert (cache.versions[row(cache, INFY)], cache.versions[row(cache, TCS)]) == (1, 2)


def test_a_batch_without_ticks_is_no_flush() -> None:
    cache = LastValueCache()
    apply(cache)
    assert (cache.version, len(cache)) == (0, 0)


def test_a_shorter_packet_replaces_a_longer_one_whole() -> None:
    cache = LastValueCache()
    apply(cache, INFY_FULL)
    apply(cache, ltp(INFY, 100))
    tick = cache.tick(INFY)
    assert tick is not None
    assert (tick.last_price, tick.depth, tick.volume_traded, tick.exchange_timestamp) == (
        1.0,
        None,
        None,
        None,
    )


def test_a_token_that_was_added_has_a_row_and_no_tick() -> None:
    cache = LastValueCache()
    cache.add([INFY])
    assert row(cache, INFY) == 0
    assert cache.tick(INFY) is None
    assert cache.versions[0] == 0
    assert not cache.is_snapshot(INFY)


def test_a_token_never_heard_of_has_nothing() -> None:
    cache = LastValueCache()
    assert (cache.row_of(INFY), cache.tick(INFY), cache.is_snapshot(INFY)) == (None, None, False)


def test_adding_again_changes_no_row() -> None:
    cache = LastValueCache()
    cache.add([TCS, INFY, TCS])
    apply(cache, ltp(INFY, 100))
    cache.add([5633, INFY, TCS])
    assert [row(cache, one) for one in (TCS, INFY, 5633)] == [0, 1, 2]
    assert len(cache) == 3
    assert price(cache, INFY) == 1.0


def test_a_tick_of_a_token_not_added_gets_a_row_among_the_others() -> None:
    cache = LastValueCache()
    cache.add([INFY])
    apply(cache, ltp(TCS, 200), ltp(INFY, 100), ltp(5633, 300))
    assert [price(cache, one) for one in (INFY, TCS, 5633)] == [1.0, 2.0, 3.0]
    assert row(cache, INFY) == 0


@pytest.mark.parametrize("known", [True, False])
def test_tokens_with_the_high_bit_set_are_tokens_like_others(known: bool) -> None:
    cache = LastValueCache()
    if known:
        cache.add([INFY, HIGH_BIT, 2**31 + 1])
    apply(cache, ltp(HIGH_BIT, 12_345_678), ltp(INFY, 100), ltp(2**31 + 1, 200))
    assert [price(cache, one) for one in (HIGH_BIT, INFY, 2**31 + 1)] == [1.2345678, 1.0, 2.0]
    tick = cache.tick(HIGH_BIT)
    assert tick is not None
    assert tick.instrument_token == HIGH_BIT


def test_rows_and_what_is_in_them_stay_when_the_cache_grows() -> None:
    cache = LastValueCache()
    first = [token("NSE", number) for number in range(256)]
    apply(cache, *(ltp(one, number) for number, one in enumerate(first)), at=1000, marked=[0], timed_at=7.0)
    rows = [row(cache, one) for one in first]
    apply(cache, ltp(HIGH_BIT, 10_000_000))
    assert [row(cache, one) for one in first] == rows
    assert [price(cache, one) for one in first] == [number / 100 for number in range(256)]
    assert cache.received_at[rows].tolist() == list(range(1000, 1256))
    assert cache.versions[rows].tolist() == [1] * 256
    assert cache.snapshot[rows].tolist() == [True] + [False] * 255
    assert cache.timed_at[rows].tolist() == [7.0] * 256
    assert price(cache, HIGH_BIT) == 1.0
    assert not cache.is_snapshot(HIGH_BIT)


def test_nine_thousand_instruments_have_a_row_each() -> None:
    cache = LastValueCache()
    tokens = [token("NFO", number * 7919 % 9001) for number in range(9000)]
    cache.add(tokens[:4000])
    apply(cache, *(ltp(one, number) for number, one in enumerate(tokens)))
    assert len(cache) == 9000
    assert sorted(row(cache, one) for one in tokens) == list(range(9000))
    assert [price(cache, one) for one in tokens[::89]] == [number / 100 for number in range(9000)][::89]


def test_a_token_has_the_mark_of_its_last_tick_however_many_came_before() -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 100), ltp(TCS, 100), marked=[0])
    assert (cache.is_snapshot(INFY), cache.is_snapshot(TCS)) == (True, False)
    apply(cache, ltp(INFY, 100), ltp(TCS, 100), marked=[0, 1])
    assert (cache.is_snapshot(INFY), cache.is_snapshot(TCS)) == (True, True)
    apply(cache, ltp(INFY, 100))
    assert (cache.is_snapshot(INFY), cache.is_snapshot(TCS)) == (False, True)
    apply(cache, ltp(INFY, 300), marked=[0])
    assert (cache.is_snapshot(INFY), price(cache, INFY)) == (True, 3.0)


@pytest.mark.parametrize(("marked", "is_marked"), [(0, False), (1, True)])
def test_of_two_ticks_of_a_token_at_once_the_mark_of_the_last_stays(marked: int, is_marked: bool) -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 100), ltp(INFY, 200), marked=[marked])
    assert (cache.is_snapshot(INFY), price(cache, INFY)) == (is_marked, 2.0)


def test_a_row_says_when_its_batch_was_timed_and_not_when_that_of_others_was() -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 100), ltp(TCS, 100), timed_at=30.0)
    apply(cache, ltp(TCS, 200), timed_at=31.5)
    assert cache.timed_at[[row(cache, INFY), row(cache, TCS)]].tolist() == [30.0, 31.5]


A_PACKET = st.builds(
    packet,
    st.sampled_from([LTP, QUOTE, FULL]),
    instrument_token=st.sampled_from([INFY, TCS, 1, HIGH_BIT, 2**31]) | st.integers(0, 2**32 - 1),
    last_price=st.integers(-(2**31), 2**31 - 1),
)


@given(
    st.lists(st.lists(st.tuples(A_PACKET, st.booleans()), max_size=12), max_size=6),
    st.sets(st.sampled_from([INFY, TCS, 1, HIGH_BIT])),
)
def test_the_cache_says_what_a_dictionary_fed_tick_by_tick_says(
    batches: list[list[tuple[bytes, bool]]], added: set[int]
) -> None:
    cache, expected, versions = LastValueCache(), dict[int, tuple[Tick, bool, float]](), dict[int, int]()
    cache.add(added)
    for number, came in enumerate(batches):
        packets, marks = [packet for packet, _ in came], [mark for _, mark in came]
        apply(cache, *packets, marked=[place for place, mark in enumerate(marks) if mark], timed_at=number)
        for tick, mark in zip(ticks(*packets), marks, strict=True):
            expected[tick.instrument_token] = (tick, mark, number)
            versions[tick.instrument_token] = cache.version
    assert {
        one: (cache.tick(one), cache.is_snapshot(one), cache.timed_at[row(cache, one)]) for one in expected
    } == expected
    assert {one: cache.versions[row(cache, one)] for one in expected} == versions
    assert len(cache) == len(expected.keys() | added)


def test_a_cleared_cache_holds_no_tick_and_gives_no_version_twice() -> None:
    cache = LastValueCache()
    apply(cache, ltp(INFY, 100), at=7, marked=[0], timed_at=7.0)
    cache.clear()
    at = row(cache, INFY)
    assert (price(cache, INFY), cache.is_snapshot(INFY)) == (None, False)
    assert (cache.received_at[at], cache.timed_at[at]) == (0, 0.0)
    assert cache.latest(cache.rows_of([INFY])).lengths.tolist() == [0]
    apply(cache, ltp(INFY, 200))
    assert (price(cache, INFY), cache.versions[row(cache, INFY)], len(cache)) == (2.0, 2, 1)
