"""What an answer of the service proves of the token and the clock."""

from __future__ import annotations

import pytest

from kitetui.account.problems import RefusedError, ServiceDownError, TokenEndedError
from kitetui.account.rest import User
from kitetui.doctor import State
from kitetui.doctor.kite import Answer, clock, token
from tests.market.moments import at

USER = User("AB1234", "A User")


def answered(*, ahead: float | None = 0.0, seconds: float = 0.0) -> Answer:
    return Answer(USER, ahead, seconds)


@pytest.mark.parametrize(
    ("ahead", "state"),
    [
        *((ahead, State.OK) for ahead in (0.0, 2.0, -2.0)),
        *((ahead, State.WARNING) for ahead in (2.1, -2.1, 60.0, -60.0)),
        *((ahead, State.FAILED) for ahead in (60.1, -60.1, 19_800.0)),
    ],
)
def test_a_clock_is_right_within_two_seconds_and_wrong_above_a_minute(ahead: float, state: State) -> None:
    assert clock(answered(ahead=ahead)).state is state


def test_the_time_that_an_answer_took_is_no_fault_of_the_clock() -> None:
    assert clock(answered(ahead=4.0, seconds=2.5)).state is State.OK


def test_a_clock_that_is_off_says_in_which_direction() -> None:
    assert clock(answered(ahead=3600.0)).found == "01:00:00 ahead of the service's"
    assert clock(answered(ahead=-5.0)).found == "00:00:05 behind the service's"


def test_without_a_date_nothing_is_said_of_the_clock() -> None:
    assert clock(answered(ahead=None)).state is State.SKIPPED


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("Mon 2026-11-23 05:59", "Mon 06:00"),
        ("Mon 2026-11-23 06:00", "Tue 06:00"),
        ("Mon 2026-11-23 23:00", "Tue 06:00"),
    ],
)
def test_a_token_that_is_alive_ends_at_the_next_six_in_the_morning(now: str, until: str) -> None:
    assert token(answered(), at(now)).found == f"alive until {until} IST, of user AB1234"


def test_the_end_of_the_token_is_by_the_clock_of_the_service() -> None:
    found = token(answered(ahead=7200.0), at("Mon 2026-11-23 07:00")).found
    assert found.startswith("alive until Mon 06:00 IST")


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        (TokenEndedError("it has ended; run kitetui login"), State.FAILED),
        (RefusedError("Kite refuses; see kitetui doctor"), State.FAILED),
        (ServiceDownError("down; wait"), State.SKIPPED),
    ],
)
def test_only_an_answer_condemns_a_token(refusal: TokenEndedError, state: State) -> None:
    assert token(Answer(refusal, 0.0, 0.0), 0.0).state is state
