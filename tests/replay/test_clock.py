"""The recorded clock, against real time that a test moves by hand."""

from __future__ import annotations

from math import inf

import pytest

from kitetui.replay.playback import RecordedClock
from tests.replay.recordings import SECOND, START, moment


class RealTime:
    """Real time that stands until it is moved, seconds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> RealTime:
    return RealTime()


def running(time: RealTime, speed: float = 1.0) -> RecordedClock:
    clock = RecordedClock(speed, time)
    clock.set(START)
    clock.run()
    return clock


@pytest.mark.parametrize(("speed", "seconds"), [(0.5, 8.0), (1.0, 4.0), (10.0, 0.4), (inf, 0.0)])
def test_a_message_is_due_when_its_time_has_passed_at_this_speed(
    time: RealTime, speed: float, seconds: float
) -> None:
    assert running(time, speed).seconds_to(moment(4)) == pytest.approx(seconds)


def test_the_clock_runs_up_to_the_next_message_and_waits_there(time: RealTime) -> None:
    clock = running(time, 2.0)
    clock.seconds_to(moment(4))
    time.now += 1
    assert clock.now == moment(2)
    time.now += 5
    assert clock.now == moment(4)


def test_a_small_delay_is_caught_up_with(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(1))
    time.now += 1.25
    clock.reach(moment(1))
    assert clock.seconds_to(moment(2)) == pytest.approx(0.75)


def test_a_long_delay_is_not_made_up_for(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(1))
    time.now += 9
    clock.reach(moment(1))
    assert clock.seconds_to(moment(2)) == pytest.approx(1)


def test_a_stopped_clock_stands_and_goes_on_from_there(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(10))
    time.now += 3
    clock.stop()
    time.now += 100
    assert clock.now == moment(3)
    clock.run()
    assert clock.seconds_to(moment(10)) == pytest.approx(7)


def test_a_change_of_speed_does_not_move_the_clock(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(10))
    time.now += 4
    clock.speed = 60.0
    assert clock.now == moment(4)
    assert clock.seconds_to(moment(10)) == pytest.approx(0.1)


def test_as_fast_as_possible_the_messages_move_the_clock(time: RealTime) -> None:
    clock = running(time, inf)
    time.now += 5
    assert clock.now == START
    clock.reach(moment(7))
    assert clock.now == moment(7)


def test_a_recording_whose_clock_was_set_back_is_played_on_from_there(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(10))
    time.now += 10
    clock.reach(moment(10))
    assert clock.seconds_to(moment(4)) == 0
    assert clock.now == moment(4)
    assert clock.seconds_to(moment(5)) == pytest.approx(1)


def test_messages_a_little_out_of_order_do_not_move_the_clock_back(time: RealTime) -> None:
    clock = running(time)
    clock.seconds_to(moment(2))
    time.now += 2
    assert clock.seconds_to(moment(2) - SECOND // 2) == 0
    assert clock.now == moment(2)
