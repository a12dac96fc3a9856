from __future__ import annotations

import time

import pytest

from kitetui.times import ist_microseconds, ist_seconds


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_times_are_indian_whatever_the_zone_of_the_machine(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert ist_seconds(1_625_461_887) == "2021-07-05T10:41:27+05:30"
    assert ist_microseconds(1_625_461_887_000_001_999) == "2021-07-05T10:41:27.000001+05:30"


def test_microseconds_are_always_written() -> None:
    assert ist_microseconds(1_625_461_887_000_000_000) == "2021-07-05T10:41:27.000000+05:30"
