"""When a recording goes on in a new file."""

from __future__ import annotations

from datetime import datetime

import pytest

from kitetui.errors import UserError
from kitetui.record import Rotation
from kitetui.times import IST


def at(text: str) -> int:
    """A moment in India, as UTC nanoseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp()) * 1_000_000_000


@pytest.mark.parametrize(
    ("text", "rotation"),
    [
        ("1d", Rotation(86_400, None)),
        ("7d", Rotation(604_800, None)),
        ("1h", Rotation(3_600, None)),
        ("15m", Rotation(900, None)),
        ("500MB", Rotation(None, 500_000_000)),
        ("64KB", Rotation(None, 64_000)),
        ("1d,2GB", Rotation(86_400, 2_000_000_000)),
        ("2GB, 1d", Rotation(86_400, 2_000_000_000)),
    ],
)
def test_a_limit_is_a_period_a_size_or_both(text: str, rotation: Rotation) -> None:
    assert Rotation.parse(text) == rotation


@pytest.mark.parametrize(
    "text", ["", "1", "d", "0d", "-1d", "1w", "1d,1h", "1MB,2MB", "7m", "1.5d", "1d;2GB"]
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="1d, 1h, 15m"):
        Rotation.parse(text)


def test_a_day_begins_at_midnight_in_india() -> None:
    day = Rotation.parse("1d")
    assert day.ends_at(at("2026-11-23T09:15:00")) == at("2026-11-24T00:00:00")
    assert day.ends_at(at("2026-11-23T00:00:00")) == at("2026-11-24T00:00:00")
    assert day.ends_at(at("2026-11-23T23:59:59")) == at("2026-11-24T00:00:00")


def test_an_hour_begins_with_the_hour_in_india_which_is_half_past_in_utc() -> None:
    hour = Rotation.parse("1h")
    assert hour.ends_at(at("2026-11-23T09:15:00")) == at("2026-11-23T10:00:00")


def test_a_file_is_full_at_its_size_and_never_without_one() -> None:
    assert Rotation.parse("64KB").is_full(64_000)
    assert not Rotation.parse("64KB").is_full(63_999)
    assert not Rotation.parse("1d").is_full(10**15)
    assert Rotation.parse("64KB").ends_at(at("2026-11-23T09:15:00")) is None
