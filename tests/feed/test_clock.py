"""The clock of the machine, beside one that never steps."""

from __future__ import annotations

from kitetui.feed.clock import Clock


class Time:
    """Both clocks, in seconds; the time of day begins at 1,000."""

    def __init__(self) -> None:
        self.stopwatch, self.ahead = 0.0, 1_000.0
        self.steps: list[tuple[int, int, float]] = []
        self.held_up = 0.0
        self.clock = Clock(self.now, lambda: self.stopwatch, lambda *step: self.steps.append(step))

    def now(self) -> int:
        self.stopwatch += self.held_up
        self.held_up = 0.0
        return round((self.stopwatch + self.ahead) * 1e9)


def test_a_clock_that_runs_is_never_said_to_be_set() -> None:
    time = Time()
    for seconds in (0.0, 1.0, 3600.0, 1e6):
        time.stopwatch += seconds
        assert time.clock() == time.now()
    assert time.steps == []


def test_a_step_is_told_once_before_the_new_time_is_used() -> None:
    time = Time()
    time.stopwatch = 4.0
    time.clock()
    time.stopwatch, time.ahead = 10.0, -2_600.0
    assert time.clock() == -2_590_000_000_000
    assert time.clock() == -2_590_000_000_000
    assert time.steps == [(-2_590_000_000_000, -2_596_000_000_000, -3_600.0)]


def test_a_clock_that_drifts_a_little_with_each_look_is_not_set() -> None:
    time = Time()
    for _ in range(1_000):
        time.clock()
        time.stopwatch += 1.0
        time.ahead += 0.05
    assert time.steps == []


def test_a_reading_that_is_held_up_is_no_step() -> None:
    time = Time()
    time.clock()
    time.held_up = 5.0
    assert time.clock() == 1_005_000_000_000
    assert time.steps == []
