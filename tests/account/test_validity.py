"""A token lives until the next six o'clock in India, wherever the machine is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from kitetui.account import ended, valid_until
from tests.account.helpers import SECRETS


def ist(text: str) -> float:
    return datetime.fromisoformat(f"{text}+05:30").timestamp()


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        ("2026-11-23T08:45:00", "2026-11-24T06:00:00"),
        ("2026-11-23T23:59:59", "2026-11-24T06:00:00"),
        ("2026-11-24T00:00:00", "2026-11-24T06:00:00"),
        ("2026-11-24T05:59:59", "2026-11-24T06:00:00"),
        ("2026-11-24T06:00:00", "2026-11-25T06:00:00"),
        ("2026-12-31T09:00:00", "2027-01-01T06:00:00"),
    ],
)
def test_it_ends_at_the_next_six(issued: str, until: str) -> None:
    assert valid_until(ist(issued)) == ist(until)


def test_what_has_ended_says_when_and_what_to_do() -> None:
    secrets = replace(SECRETS, issued_at=ist("2026-11-23T08:45:00"))
    assert ended(secrets, ist("2026-11-24T05:59:59")) is None
    assert (
        ended(secrets, ist("2026-11-24T06:00:00"))
        == "the access token ended on Tue 06:00 IST; log in with kitetui login"
    )
    assert str(ended(secrets, 4e9, "second")).endswith("log in with kitetui login --account second")


def test_nothing_is_said_of_a_token_of_unknown_age() -> None:
    assert ended(replace(SECRETS, issued_at=None), 4e9) is None
