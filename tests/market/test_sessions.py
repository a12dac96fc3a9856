"""Trading hours: when a segment is open, and when it is next."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.market import sessions
from kitetui.market.sessions import is_open, next_opening, open_exchanges
from kitetui.times import IST
from kitetui.wire import Exchange

NSE, NFO, CDS, BFO, MCX, INDICES = (Exchange[name] for name in ("NSE", "NFO", "CDS", "BFO", "MCX", "INDICES"))

MOMENTS = st.floats(1_735_689_600, 1_893_456_000)
"""From 2025 to 2029."""


def at(text: str) -> float:
    """UTC seconds of a moment in India: `Fri 2026-11-20 09:15`; the day of the week is checked."""
    moment = datetime.strptime(text, "%a %Y-%m-%d %H:%M").replace(tzinfo=IST)
    assert f"{moment:%a}" == text[:3]
    return moment.timestamp()


def opening(segments: list[Exchange], now: str) -> str:
    found = next_opening(segments, at(now))
    assert found is not None
    return f"{datetime.fromtimestamp(found, IST):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("segment", "first", "last"),
    [
        (NSE, "Fri 2026-11-20 09:00", "Fri 2026-11-20 15:34"),
        (INDICES, "Fri 2026-11-20 09:00", "Fri 2026-11-20 15:34"),
        (NFO, "Fri 2026-11-20 09:15", "Fri 2026-11-20 15:39"),
        (CDS, "Fri 2026-11-20 09:00", "Fri 2026-11-20 16:59"),
        (MCX, "Fri 2026-11-20 09:00", "Fri 2026-11-20 23:54"),
        (NSE, "Fri 2026-07-31 09:00", "Fri 2026-07-31 15:29"),
        (BFO, "Fri 2026-07-31 09:15", "Fri 2026-07-31 15:29"),
        (NSE, "Mon 2026-08-03 09:00", "Mon 2026-08-03 15:34"),
        (BFO, "Mon 2026-08-03 09:15", "Mon 2026-08-03 15:39"),
    ],
)
def test_a_segment_is_open_from_its_first_minute_to_its_last(
    segment: Exchange, first: str, last: str
) -> None:
    minute = 60
    assert [is_open([segment], at(first) + seconds) for seconds in (-1, 0)] == [False, True]
    assert [is_open([segment], at(last) + seconds) for seconds in (minute - 1, minute)] == [True, False]


def test_one_open_segment_among_several_is_enough() -> None:
    evening = at("Fri 2026-11-20 20:00")
    assert is_open([NSE, MCX], evening)
    assert not is_open([NSE, CDS], evening)
    assert not is_open([], evening)


@pytest.mark.parametrize("day", ["Sat 2026-11-21 11:00", "Sun 2026-11-22 11:00"])
def test_nothing_is_open_at_a_weekend(day: str) -> None:
    assert not is_open(list(Exchange), at(day))
    assert open_exchanges(at(day)) == ()


def test_the_open_exchanges_are_named_without_the_indices() -> None:
    assert open_exchanges(at("Fri 2026-11-20 09:05")) == ("NSE", "CDS", "BSE", "BCD", "MCX", "MCXSX", "NCO")
    assert "NFO" in open_exchanges(at("Fri 2026-11-20 09:15"))
    assert open_exchanges(at("Fri 2026-11-20 18:00")) == ("MCX", "NCO")


@pytest.mark.parametrize(
    ("segments", "now", "expected"),
    [
        ([NSE], "Fri 2026-11-20 08:59", "Fri 2026-11-20 09:00"),
        ([NSE], "Fri 2026-11-20 15:35", "Mon 2026-11-23 09:00"),
        ([NSE], "Sun 2026-11-22 10:42", "Mon 2026-11-23 09:00"),
        ([NFO], "Sun 2026-11-22 10:42", "Mon 2026-11-23 09:15"),
        ([NFO, MCX], "Mon 2026-11-23 00:10", "Mon 2026-11-23 09:00"),
        ([NSE, NFO], "Mon 2026-11-23 09:00", "Mon 2026-11-23 09:15"),
        ([NSE], "Mon 2026-11-23 11:00", "Tue 2026-11-24 09:00"),
    ],
)
def test_the_next_opening_is_that_of_the_segment_that_opens_first(
    segments: list[Exchange], now: str, expected: str
) -> None:
    assert opening(segments, now) == expected


def test_no_segment_never_opens() -> None:
    assert next_opening([], at("Fri 2026-11-20 11:00")) is None


def test_a_segment_without_hours_of_its_own_keeps_those_of_the_shares() -> None:
    assert is_open([Exchange.UNKNOWN], at("Fri 2026-11-20 15:34"))
    assert opening([Exchange.UNKNOWN], "Fri 2026-11-20 15:35") == "Mon 2026-11-23 09:00"


def test_a_holiday_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    table = '[[sessions]]\nsegments = ["NSE"]\nopens = 09:00:00\ncloses = 15:30:00\n'
    calendar = sessions._parsed(f"holidays = [2026-11-23]\n{table}")
    assert calendar.holidays == {date(2026, 11, 23)}
    monkeypatch.setattr(sessions, "_calendar", lambda: calendar)
    assert not is_open([NSE], at("Mon 2026-11-23 11:00"))
    assert opening([NSE], "Fri 2026-11-20 16:00") == "Tue 2026-11-24 09:00"


@given(st.sets(st.sampled_from(Exchange), min_size=1), MOMENTS)
def test_a_market_is_open_at_its_next_opening_and_not_open_anew_before(
    segments: set[Exchange], now: float
) -> None:
    found = next_opening(segments, now)
    assert found is not None
    assert found > now
    assert is_open(segments, found)
    if not is_open(segments, now):
        halfway = now + (found - now) / 2
        assert not is_open(segments, halfway)
        assert not is_open(segments, found - 1e-3)
