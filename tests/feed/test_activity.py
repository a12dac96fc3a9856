"""When the symbols of a connection are mute: by how they ticked before, and whether their market is open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pytest

from kitetui.feed.activity import Activity
from kitetui.feed.lastpackets import LastPackets
from kitetui.wire import Exchange, decode_frame
from tests.wire.packets import INFY, LTP, frame, packet, token

TCS: Final = 2953217
GOLD: Final = token("MCX", 53505)
OPTIONS: Final = [token("NFO", number) for number in range(1, 6)]


class Day:
    """A connection's day: symbols tick, and somebody looks every second; times are seconds."""

    def __init__(self) -> None:
        self.last = LastPackets()
        self.activity = Activity(self.last)
        self.wanted = [INFY, TCS, GOLD, *OPTIONS]
        self.now = self.came_up_at = 0.0
        self.opened_at = dict.fromkeys(Exchange, -1e9)

    def run(self, seconds: int, **every: int) -> None:
        """Let time pass, in which each symbol ticks every so many seconds; `_408065=3`."""
        intervals = {int(name[1:]): interval for name, interval in every.items()}
        for _ in range(seconds):
            self.now += 1
            ticking = [each for each, interval in intervals.items() if self.now % interval == 0]
            self.tick(*ticking)
            self.activity.look()

    def tick(self, *tokens: int, answer: bool = False) -> None:
        batch = decode_frame(frame(*(packet(LTP, instrument_token=each) for each in tokens)))
        rows = self.last.rows_of(np.array(tokens, dtype=np.uint32))
        none = np.zeros(len(tokens), dtype=np.int64)
        self.last.note(rows, batch, none, np.full(len(tokens), answer), self.now)

    def is_open(self, segments: Collection[Exchange], lasting: float) -> bool:
        return any(self.now - self.opened_at[each] >= lasting for each in segments)

    @property
    def is_mute(self) -> bool:
        return self.activity.is_mute(self.wanted, self.now, self.came_up_at, self.is_open)

    def mute_after(self) -> int | None:
        """Let nothing tick from now on; return after how many seconds it is mute, None for never."""
        for second in range(1, 20_000):
            self.run(1)
            if self.is_mute:
                return second
        return None


@pytest.fixture
def day() -> Day:
    """A day that begins."""
    return Day()


def every(**intervals: int) -> dict[str, int]:
    return {f"_{ {'infy': INFY, 'tcs': TCS, 'gold': GOLD}[name] }": each for name, each in intervals.items()}


def test_symbols_that_all_stop_are_mute_after_half_a_minute(day: Day) -> None:
    day.run(60, **every(infy=1, tcs=2))
    assert not day.is_mute
    assert day.mute_after() == 30


def test_slow_symbols_are_given_ten_times_their_usual_interval(day: Day) -> None:
    day.run(600, **every(infy=20))
    assert day.mute_after() == 200


def test_a_symbol_that_ticks_in_bursts_is_as_slow_as_the_time_between_them(day: Day) -> None:
    for _ in range(12):
        day.run(4, **every(infy=1))
        for _ in range(300):
            day.run(1)
            assert not day.is_mute


def test_a_first_burst_says_nothing_of_what_is_usual(day: Day) -> None:
    day.run(4, **every(infy=1, tcs=2))
    assert day.mute_after() is None


def test_the_time_of_an_outage_is_no_silence(day: Day) -> None:
    day.run(60, **every(infy=1))
    day.now += 300
    day.came_up_at = day.now
    assert day.mute_after() == 30


def test_one_symbol_that_still_ticks_is_enough(day: Day) -> None:
    day.run(60, **every(infy=1, tcs=2))
    day.run(600, **every(tcs=2))
    assert not day.is_mute


def test_five_far_options_may_rightly_be_still(day: Day) -> None:
    day.tick(*OPTIONS, answer=True)
    assert day.mute_after() is None
    day.tick(*OPTIONS)
    assert day.mute_after() is None


def test_a_symbol_that_ticks_every_quarter_of_an_hour_is_no_sign_of_anything(day: Day) -> None:
    day.run(3600, **every(infy=900))
    assert day.mute_after() is None


def test_answers_of_the_server_are_no_sign_that_the_market_ticks(day: Day) -> None:
    day.run(60, **every(infy=1))
    assert day.mute_after() == 30
    day.tick(INFY, answer=True)
    day.run(1)
    assert day.is_mute
    day.tick(INFY)
    assert not day.is_mute


def test_mute_stays_mute_until_news_comes(day: Day) -> None:
    day.run(60, **every(infy=1))
    day.run(7200)
    assert day.is_mute
    day.run(3, **every(infy=1))
    assert not day.is_mute


def test_what_stops_with_its_market_is_not_mute_and_what_goes_on_beside_it_is_judged_by_itself(
    day: Day,
) -> None:
    day.run(120, **every(infy=1, gold=2))
    day.opened_at[Exchange.NSE] = 1e9
    day.run(60, **every(gold=2))
    assert not day.is_mute
    assert day.mute_after() == 30
    day.opened_at[Exchange.MCX] = 1e9
    assert not day.is_mute


def test_a_market_that_has_just_opened_is_given_time_to_tick(day: Day) -> None:
    day.run(120, **every(infy=1))
    day.opened_at[Exchange.NSE] = 1e9
    day.run(3600)
    day.opened_at[Exchange.NSE] = day.now
    day.run(29)
    assert not day.is_mute
    day.run(1)
    assert day.is_mute


def test_a_night_does_not_make_a_symbol_slow(day: Day) -> None:
    day.run(60, **every(infy=1))
    day.now += 64_800
    day.run(60, **every(infy=1))
    assert day.mute_after() == 30


def test_a_symbol_that_is_no_longer_wanted_does_not_count(day: Day) -> None:
    day.run(60, **every(infy=1))
    day.wanted.remove(INFY)
    day.run(60)
    assert not day.is_mute
