"""How the app itself does, on a clock that the tests move."""

from __future__ import annotations

import asyncio

import pytest

from kitetui.feed import Percentiles
from kitetui.tui.ui_metrics import UiMetrics, UiStats
from tests.feed.exchange import until


class Clock:
    """A clock that stands still, but for sleeps; `late` is how much too late each of them ends."""

    def __init__(self, late=()):
        self.now = 100.0
        self._late = list(late)

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        if not self._late:
            raise asyncio.CancelledError
        self.now += seconds + self._late.pop(0)


def drawn(ui_metrics, clock, seconds, pause=0.0):
    """Draw once, for so long, after a pause."""
    clock.now += pause
    with ui_metrics.frame():
        clock.now += seconds


async def beaten(clock):
    """Metrics that were taken until its clock's sleeps were used up."""
    ui_metrics = UiMetrics(clock, clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        await ui_metrics.beat()
    return ui_metrics


def test_there_are_no_figures_before_there_is_a_sample():
    assert UiMetrics(Clock()).stats() == UiStats(0.0, None, None)


def test_frames_are_measured_from_start_to_end():
    clock = Clock()
    ui_metrics = UiMetrics(clock)
    for seconds in [1 / 256] * 90 + [1 / 16] * 10:
        drawn(ui_metrics, clock, seconds)
    assert ui_metrics.stats().frame == Percentiles(1 / 256, 1 / 16)


def test_a_draw_that_fails_is_measured_too_and_its_error_is_not_kept():
    clock = Clock()
    ui_metrics = UiMetrics(clock)

    def fail():
        with ui_metrics.frame():
            clock.now += 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ui_metrics.stats().frame == Percentiles(1.0, 1.0)


def test_draws_a_second_are_those_of_the_last_moments():
    clock = Clock()
    ui_metrics = UiMetrics(clock)
    for _ in range(100):
        drawn(ui_metrics, clock, 0.0, pause=1.0)
    for _ in range(40):
        drawn(ui_metrics, clock, 0.0, pause=0.1)
    assert ui_metrics.stats().draws == pytest.approx(10)
    clock.now += 5
    assert ui_metrics.stats().draws == 0


async def test_the_lag_is_how_much_too_late_the_loop_wakes():
    ui_metrics = await beaten(Clock([0.001] * 99 + [0.2] * 2))
    assert ui_metrics.stats().lag.p50 == pytest.approx(0.001)
    assert ui_metrics.stats().lag.p99 == pytest.approx(0.2)


async def test_a_sleep_that_ends_early_is_no_lag():
    ui_metrics = await beaten(Clock([-0.01]))
    assert ui_metrics.stats().lag == Percentiles(0.0, 0.0)


async def test_what_is_older_than_a_minute_is_forgotten():
    clock = Clock([0.5, 0.0])
    ui_metrics = await beaten(clock)
    drawn(ui_metrics, clock, 0.004)
    clock.now += 59.95
    assert ui_metrics.stats().lag == Percentiles(0.0, 0.0)
    clock.now += 1
    assert ui_metrics.stats() == UiStats(0.0, None, None)


async def test_memory_is_bounded_however_fast_the_draws_and_late_the_beats():
    clock = Clock([0.0] * 5000)
    ui_metrics = await beaten(clock)
    for _ in range(5000):
        drawn(ui_metrics, clock, 0.0)
    assert max(len(ui_metrics._frames), len(ui_metrics._lags)) < 2000


async def test_on_a_real_loop_it_beats_until_it_is_cancelled():
    ui_metrics = UiMetrics()
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(ui_metrics.beat())
        await until(lambda: ui_metrics.stats().lag is not None)
        beating.cancel()
    assert beating.cancelled()
