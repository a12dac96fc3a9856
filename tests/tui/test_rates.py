"""Rates out of samples of the statistics."""

from __future__ import annotations

import pytest

from kitetui.tui.rates import HISTORY, Rates
from tests.tui.rows import NOW, all_stats, stats


def sampled(*ticks, step=1.0):
    """Rates of one connection whose counter stood at these ticks, a step apart."""
    rates = Rates()
    for number, count in enumerate(ticks):
        rates.sample(NOW + number * step, all_stats(stats(0, ticks=count, bytes=count * 10)))
    return rates


@pytest.mark.parametrize("ticks", [(), (100,)])
def test_there_is_no_rate_before_two_samples(ticks):
    rates = sampled(*ticks)
    assert rates.of(0).ticks == rates.of(0).bytes == rates.ticks == 0
    assert rates.history(0) == []


def test_rates_span_several_samples_and_pass_over_those_too_close():
    rates = Rates()
    for second, ticks in enumerate((0, 100, 300, 600, 1000)):
        rates.sample(NOW + second, all_stats(stats(0, ticks=ticks, bytes=ticks * 10)))
        rates.sample(NOW + second + 0.1, all_stats(stats(0, ticks=10**6)))
    assert rates.of(0).ticks == 300
    assert rates.of(0).bytes == 3000
    assert rates.ticks == 300


def test_connections_have_rates_of_their_own_and_one_together():
    rates = Rates()
    rates.sample(NOW, all_stats(stats(0), stats(1)))
    rates.sample(NOW + 2, all_stats(stats(0, ticks=20), stats(1, ticks=600)))
    assert [rates.of(0).ticks, rates.of(1).ticks, rates.ticks] == [10, 300, 310]
    assert rates.history(1) == [300]


def test_the_history_has_a_rate_from_each_sample_to_the_next_the_newest_last():
    assert sampled(0, 100, 300, 300, 1000).history(0) == [100, 200, 0, 700]


def test_the_history_is_bounded_to_a_minute():
    history = sampled(*(count * count for count in range(200))).history(0)
    assert len(history) == HISTORY
    assert history[-1] == 199**2 - 198**2


def test_samples_twice_a_second_make_a_history_of_a_rate_a_second():
    assert sampled(*range(0, 1000, 50), step=0.5).history(0) == [100] * 9


def test_a_clock_that_is_set_back_starts_afresh_and_makes_no_negative_rate():
    rates = sampled(0, 100, 200)
    rates.sample(NOW - 3600, all_stats(stats(0, ticks=300)))
    assert rates.of(0).ticks == 0
    rates.sample(NOW - 3599, all_stats(stats(0, ticks=350)))
    assert rates.of(0).ticks == 50
    assert rates.history(0) == [50]
