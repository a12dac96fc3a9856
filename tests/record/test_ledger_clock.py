"""What is missing while the clock is set: by the clock as it was, and by the clock as it is."""

from __future__ import annotations

import pytest

from kitetui.record.ledgerfile import NO_ANSWER, NOT_RECORDED, Moment, PastOutage, SymbolHistory
from tests.record.helpers import wants
from tests.record.story import A, B, Story, absence, clock, recorded, row, undisturbed

SETS = pytest.mark.parametrize("seconds", [3600.0, -3600.0, 0.5, -0.5])


@SETS
def test_an_outage_in_which_the_clock_is_set_is_a_row_of_each_side(seconds: float) -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.steps(5, seconds)
    story.live(7)
    story.comes(8, A)
    assert story.rows(9) == [
        row(1, 5, "closed", symbols=1),
        row(5 + seconds, 8 + seconds, "closed", symbols=1),
    ]


@SETS
def test_a_clock_that_was_set_at_a_moment_unknown_has_the_time_until_it_was_noticed_in_both_rows(
    seconds: float,
) -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.steps(8, seconds, since=5)
    story.live(9)
    story.comes(10, A)
    assert story.rows(11) == [
        row(1, 8, "closed", symbols=1),
        row(5 + seconds, 10 + seconds, "closed", symbols=1),
    ]


@SETS
def test_an_outage_that_began_before_the_clock_was_set_and_is_told_of_after_it_is_too(seconds: float) -> None:
    story = undisturbed(A, B)
    story.steps(5, seconds)
    story.lost(5.2, since=4)
    story.live(7)
    story.comes(8, A)
    story.comes(9, B)
    assert story.rows(10) == [
        row(4, 5, "closed", symbols=2),
        row(5 + seconds, 8 + seconds, "closed", A),
        row(5 + seconds, 9 + seconds, "closed", B),
    ]


def test_an_outage_from_a_moment_that_both_clocks_have_had_is_one_row() -> None:
    story = undisturbed(A)
    story.steps(5, -0.5)
    story.comes(5.1, A)
    story.lost(5.3, since=5.1)
    story.live(7)
    story.comes(8, A)
    assert story.rows(10) == [row(4.6, 7.5, "closed", symbols=1)]


@SETS
def test_an_outage_that_began_before_the_clock_was_set_twice_and_is_told_of_after_it_is_three_rows(
    seconds: float,
) -> None:
    story = undisturbed(A)
    story.steps(5, seconds)
    story.steps(6, 7.0)
    story.lost(6.2, since=4)
    story.live(7)
    story.comes(8, A)
    assert set(story.rows(10)) == {
        row(4, 5, "closed", symbols=1),
        row(5 + seconds, 6 + seconds, "closed", symbols=1),
        row(13 + seconds, 15 + seconds, "closed", symbols=1),
    }


@SETS
def test_an_outage_after_the_clock_was_set_is_by_the_clock_as_it_is(seconds: float) -> None:
    story = undisturbed(A)
    story.steps(5, seconds)
    story.comes(20, A)
    story.lost(22, since=21)
    story.live(23)
    story.comes(24, A)
    assert story.rows(25) == [row(21 + seconds, 24 + seconds, "closed", symbols=1)]


@SETS
def test_a_clock_that_is_set_while_nothing_is_missing_makes_no_row(seconds: float) -> None:
    story = undisturbed(A)
    story.steps(5, seconds)
    assert story.rows(6) == []
    assert story.cut(7) == []


def test_what_is_back_before_the_clock_is_set_is_logged_by_the_clock_as_it_was() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.50, A)
    story.steps(4.51, -0.01)
    story.comes(4.52, B)
    assert story.rows(5) == [
        row(1, 4.5, "closed", A),
        row(1, 4.51, "closed", B),
        row(4.5, 4.51, "closed", B),
    ]


@SETS
def test_two_steps_in_one_outage_are_three_rows(seconds: float) -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.steps(5, seconds)
    story.steps(10, 7.0)
    story.live(11)
    story.comes(12, A)
    assert story.rows(13) == [
        row(1, 5, "closed", symbols=1),
        row(5 + seconds, 10 + seconds, "closed", symbols=1),
        row(17 + seconds, 19 + seconds, "closed", symbols=1),
    ]


@SETS
def test_what_is_missing_goes_on_from_the_step_by_the_clock_as_it_is(seconds: float) -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.steps(5, seconds)
    assert story.ledger.missing == (absence(5 + seconds, "closed"),)


@SETS
def test_a_symbol_without_an_answer_is_so_from_when_its_connection_was_up_by_the_clock_as_it_is(
    seconds: float,
) -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.live(6)
    story.comes(6.5, A)
    story.rows(7)
    story.steps(8, seconds)
    found = [*story.rows(8.5), *story.rows(11.5), *story.cut(20)]
    assert found[-1] == row(8 + seconds, 20 + seconds, NO_ANSWER, B)


@SETS
def test_a_symbol_that_answers_in_time_is_not_missing_though_the_clock_is_set_meanwhile(
    seconds: float,
) -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.steps(11, seconds)
    story.comes(12, B)
    assert story.rows(20) == []


def test_a_symbol_that_came_to_a_connection_long_up_is_given_its_time_to_answer_after_a_step() -> None:
    known = {B: PastOutage(clock(-600), NOT_RECORDED)}
    story = Story(recorded(known))
    story.wants(0, A)
    story.live(0.1)
    story.comes(1, A)
    story.wants(100, B)
    story.steps(101, 0.5)
    story.comes(102, B)
    assert story.rows(103) == [
        row(-600, 101, NOT_RECORDED, B),
        row(101.5, 102.5, NOT_RECORDED, B),
    ]


@SETS
def test_a_symbol_asked_for_anew_that_the_clock_is_set_for_and_that_never_answers_is_missing_on_each_side(
    seconds: float,
) -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.steps(11, seconds)
    found = [*story.rows(20), *story.cut(30)]
    assert found[0] == row(10, 11, NO_ANSWER, B)
    assert found[-1] == row(11 + seconds, 30 + seconds, NO_ANSWER, B)


@SETS
def test_from_when_on_what_another_recorder_had_is_answered_for_goes_with_the_clock(seconds: float) -> None:
    story = Story(lambda token: SymbolHistory(is_shared=True))
    story.wants(10, A)
    story.beats(10.5)
    story.steps(11, seconds)
    assert story.ledger.joined == {A: clock(10 + seconds)}
    assert story.ledger.heard == {0: clock(10.5 + seconds)}


@SETS
def test_a_clock_that_was_set_between_two_recordings_makes_a_row_of_each_side(seconds: float) -> None:
    written = Moment(clock(-590 - seconds), -590.0)
    known = {A: PastOutage(clock(-600 - seconds), NOT_RECORDED, written)}
    story = Story(recorded(known))
    story.wants(0, A)
    story.live(1)
    story.comes(1.5, A)
    assert [(each.start, each.end, each.reason) for each in story.rows(10)] == [
        (clock(-600 - seconds), clock(-seconds), NOT_RECORDED),
        (clock(-590), clock(1.5), NOT_RECORDED),  # the clock was set after that was known
    ]


def test_a_clock_that_was_not_set_between_two_recordings_makes_one_row() -> None:
    known = {A: PastOutage(clock(-600), NOT_RECORDED, Moment(clock(-590), -590.0))}
    story = Story(recorded(known))
    story.wants(0, A)
    story.live(1)
    story.comes(1.5, A)
    (gap,) = story.rows(10)
    assert (gap.start, gap.end) == (clock(-600), clock(1.5))


def test_a_message_that_is_heard_late_is_no_clock_that_was_set_between_two_recordings() -> None:
    known = {A: PastOutage(clock(-600), NOT_RECORDED, Moment(clock(-590), -590.0))}
    story = Story(recorded(known))
    story.ledger.hear(wants(clock(0), A, timed_at=0.0))
    story.rows(0.3)
    story.live(1)
    story.comes(1.5, A)
    assert [(each.start, each.end) for each in story.rows(10)] == [(clock(-600), clock(1.5))]
