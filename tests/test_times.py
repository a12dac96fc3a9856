from __future__ import annotations

import time

import pytest

from kitetui.times import ist_microseconds, ist_seconds, stopwatch


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


@pytest.mark.parametrize("clock", ["as it is", None])
def test_the_stopwatch_goes_on_whatever_the_time_of_day(
    clock: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if clock is None:
        monkeypatch.setattr("kitetui.times._AWAKE_OR_ASLEEP", None)
    before = stopwatch()
    for moment in (0.0, 2e9):
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        monkeypatch.setattr("time.time_ns", lambda moment=moment: int(moment * 1e9))
        assert before <= stopwatch() < before + 60
    time.sleep(0.01)
    assert stopwatch() > before
