"""The waits between attempts, without a clock."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from kitetui.feed.backoff import CAP, QUICK, backoff, until_freed


class Highest(Random):
    """A generator of random numbers that always draws the highest."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_ceiling_starts_quick_then_doubles_from_the_base_to_the_cap() -> None:
    assert list(islice(backoff(2.0, rng=Highest()), 9)) == [QUICK, 2, 4, 8, 16, 32, CAP, CAP, CAP]


def test_a_base_below_the_quick_wait_is_never_exceeded_by_the_first() -> None:
    assert list(islice(backoff(0.01, cap=0.03, rng=Highest()), 5)) == [0.01, 0.01, 0.02, 0.03, 0.03]


def test_a_base_above_the_cap_is_the_longest_wait() -> None:
    assert max(islice(backoff(100.0, rng=Highest()), 5)) <= 100.0


def test_every_wait_is_drawn_from_the_whole_range_below_its_ceiling() -> None:
    for seed in range(50):
        waits = list(islice(backoff(2.0, rng=Random(seed)), 10))
        ceilings = list(islice(backoff(2.0, rng=Highest()), 10))
        assert all(0 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    late = [list(islice(backoff(2.0, rng=Random(seed)), 10))[-1] for seed in range(50)]
    assert min(late) < CAP / 4 < 3 * CAP / 4 < max(late)


def test_the_same_seed_gives_the_same_waits() -> None:
    first, second = backoff(2.0, rng=Random(7)), backoff(2.0, rng=Random(7))
    assert list(islice(first, 10)) == list(islice(second, 10))


@pytest.mark.parametrize("seed", range(20))
def test_a_place_of_our_own_is_asked_for_within_seconds_and_ever_later_up_to_the_cap(seed: int) -> None:
    waits = list(islice(until_freed(backoff(1.0, rng=Random(seed))), 9))
    for wait, least in zip(waits, [1, 2, 4, 8, 16, 32], strict=False):
        assert least <= wait <= 2 * least
    assert waits[6:] == [CAP] * 3


def test_waits_for_a_place_differ() -> None:
    seconds = {list(islice(until_freed(backoff(1.0, rng=Random(seed))), 3))[2] for seed in range(20)}
    assert len(seconds) == 20


def test_no_wait_for_a_place_is_above_its_cap() -> None:
    assert set(islice(until_freed(backoff(1.0), 0.05), 9)) == {0.05}
