"""All rivals have their turn in every round, in the same order."""

from __future__ import annotations

from kitetui.bench.results import Spread, in_turn, median_of


def test_all_warm_up_and_then_take_turns() -> None:
    turns: list[str] = []
    found = in_turn({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 1, rounds=3, seconds=0)
    assert turns == ["a", "b"] + ["a", "b"] * 3
    assert list(found) == ["a", "b"]


def test_a_unit_takes_its_part_of_a_piece_of_work() -> None:
    def work() -> None:
        sum(range(20_000))

    found = in_turn({"whole": work}, 1, rounds=3, seconds=0.01)["whole"]
    parted = in_turn({"parts": work}, 1000, rounds=3, seconds=0.01)["parts"]
    assert parted.median < found.median / 10


def test_a_spread_goes_from_end_to_end() -> None:
    spread = Spread.of([10.0, 30.0, 20.0])
    assert spread == Spread(median=20.0, low=10.0, high=30.0)
    assert spread.percent == 100.0


def test_rounds_are_summed_up_by_their_medians_but_losses_by_the_worst() -> None:
    rounds = [
        {"speed": 10.0, "lost": 0, "memory": None},
        {"speed": 30.0, "lost": 7, "memory": None},
        {"speed": 20.0, "lost": 0, "memory": None},
    ]
    found = median_of(rounds, "speed")
    assert found == {"speed": 20.0, "lost": 7, "memory": None, "spread_percent": 100.0}
