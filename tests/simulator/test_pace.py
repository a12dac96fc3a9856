"""A rate is spread evenly over steps, and adds up."""

from __future__ import annotations

from itertools import islice

import pytest

from kitetui.simulator.market import Pace


@pytest.mark.parametrize(
    ("rate", "instruments", "steps_a_second"),
    [(1, 363, 1), (0.5, 363, 0.5), (20, 363, 20), (400, 363, 20), (50_000, 9_000, 20), (50_000, 500, 100)],
)
def test_the_steps_of_a_second(rate: float, instruments: int, steps_a_second: float) -> None:
    assert Pace.of(rate, instruments).interval == pytest.approx(1 / steps_a_second)


@pytest.mark.parametrize(("rate", "instruments"), [(1, 363), (7, 363), (30, 363), (333, 363), (50_000, 400)])
def test_ten_seconds_of_steps_make_ten_times_the_rate(rate: float, instruments: int) -> None:
    pace = Pace.of(rate, instruments)
    steps = round(10 / pace.interval)
    assert sum(islice(pace.counts(), steps)) == 10 * rate


def test_no_step_updates_more_than_there_is() -> None:
    assert max(islice(Pace.of(50_000, 363).counts(), 1_000)) <= 363
