"""What is kept can be read again, and whatever else is found in its place is known for what it is."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.account.secrets import (
    NewerVersion,
    Secrets,
    Unreadable,
    from_table,
    from_text,
    to_table,
    to_text,
)
from tests.account.helpers import SECRETS

VALUES = to_table(SECRETS)


@given(
    st.builds(
        Secrets,
        api_key=st.text(min_size=1),
        api_secret=st.text(),
        access_token=st.text(),
        user_id=st.text(),
        issued_at=st.none() | st.floats(0, 1e10),
    )
)
def test_what_is_written_is_read(secrets: Secrets) -> None:
    assert from_table(from_text(to_text(to_table(secrets)))) == secrets


def test_no_secret_is_in_the_repr() -> None:
    assert repr(SECRETS).startswith("Secrets(user_id='AB1234', ")
    assert not any(value in repr(SECRETS) for value in ("k3y", "s3cret", "t0ken"))


def test_what_a_later_version_adds_to_this_one_is_passed_over() -> None:
    assert from_table({**VALUES, "colour": "green"}) == SECRETS


@given(st.text() | (st.none() | st.integers() | st.lists(st.integers())).map(json.dumps))
def test_any_other_text_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        from_text(text)


@pytest.mark.parametrize("version", ["1", None, 0, -1, 1.5, [1]])
def test_a_version_that_is_none_is_unreadable(version: object) -> None:
    with pytest.raises(Unreadable):
        from_text(json.dumps({"version": version}))


def test_a_later_version_is_told_from_damage() -> None:
    with pytest.raises(NewerVersion):
        from_text('{"version": 2, "secrets": "elsewhere"}')


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": ""},
        {"api_key": 5},
        {"api_secret": None},
        {"access_token": ["t"]},
        {"issued_at": "now"},
        {"issued_at": float("nan")},
        {"issued_at": float("inf")},
        {"issued_at": -1},
    ],
)
def test_a_value_of_another_type_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        from_table({**VALUES, **change})


def test_a_table_without_a_key_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        from_table({"version": 1})


def test_the_error_holds_nothing_of_the_text() -> None:
    with pytest.raises(Unreadable) as error:
        from_text(to_text(VALUES)[:-5])
    assert SECRETS.api_secret not in "".join(traceback.format_exception(error.value))
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
