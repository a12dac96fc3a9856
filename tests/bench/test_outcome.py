"""A target is met, missed, or not judged."""

from __future__ import annotations

import pytest

from kitetui.bench import Figure, ResultTable
from kitetui.bench.results import least, ratio


@pytest.mark.parametrize(("value", "met"), [(4.9, False), (5.0, True), (5.1, True)])
def test_a_target_of_at_least_is_met_from_there_on(value: float, met: bool) -> None:
    assert Figure("speed", value, "times", 5).met is met


@pytest.mark.parametrize(("value", "met"), [(4.9, True), (5.0, True), (5.1, False)])
def test_a_target_of_at_most_is_met_up_to_there(value: float, met: bool) -> None:
    assert Figure("lag", value, "ms", 5, at_most=True).met is met


@pytest.mark.parametrize(
    "figure",
    [
        Figure("not measured", None, "ms", 5),
        Figure("without a target", 7.0, "ms"),
        Figure("at other settings", 7.0, "ms", 5, judged=False),
    ],
    ids=lambda figure: figure.name,
)
def test_what_cannot_be_judged_is_neither_met_nor_missed(figure: Figure) -> None:
    assert figure.met is None


def test_a_target_is_said_in_words() -> None:
    assert Figure("speed", 1.0, "times", 150).target == "at least 150 times"
    assert Figure("paint", 1.0, "s", 0.6, at_most=True).target == "at most 0.6 s"
    assert Figure("size", 1.0, "bytes").target == ""


def test_rows_are_known_by_their_columns() -> None:
    assert ResultTable("t", "", ("a", "b"), [(1, None)]).as_dicts() == [{"a": 1, "b": None}]


def test_a_ratio_is_how_often_ours_goes_into_the_rivals() -> None:
    assert ratio(300.0, 100.0) == 3.0
    assert ratio(None, 100.0) is None
    assert ratio(300.0, None) is None


def test_the_least_is_that_of_what_was_measured() -> None:
    assert least([3.0, None, 2.0]) == 2.0
    assert least([None]) is None
