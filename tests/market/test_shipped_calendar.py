"""The calendar that ships, and what a user adds to it: when a segment trades, and when it does next."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.errors import UserError
from kitetui.market.calendar import Calendar, Phase
from kitetui.market.calendarfile import load_calendar
from kitetui.wire import Exchange
from tests.market.moments import at, clock

NSE, NFO, CDS, BSE, BFO, BCD, MCX, NCO = (
    Exchange[name] for name in ("NSE", "NFO", "CDS", "BSE", "BFO", "BCD", "MCX", "NCO")
)
INDICES, UNKNOWN = Exchange.INDICES, Exchange.UNKNOWN

CLOSED, PRE_OPEN, OPEN, AUCTION = Phase.CLOSED, Phase.PRE_OPEN, Phase.OPEN, Phase.CLOSING_AUCTION

SHIPPED = load_calendar()

MOMENTS = st.floats(1_735_689_600, 1_893_456_000)
"""From 2025 to 2029."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A user's file, not there yet."""
    return tmp_path / "sessions.toml"


def turns(segment: Exchange, day: str, calendar: Calendar = SHIPPED) -> list[tuple[str, Phase]]:
    """When a segment's phase changes on a day, and to which; a second earlier it has not changed."""
    found, before = [], CLOSED
    for five_minutes in range(24 * 12):
        moment = at(f"{day} 00:00") + 300 * five_minutes
        now = calendar.phase([segment], moment)
        if now is not before:
            assert calendar.phase([segment], moment - 1) is before
            found.append((clock(moment)[-5:], now))
        before = now
    return found


SHARES = [("09:00", PRE_OPEN), ("09:15", OPEN), ("15:15", AUCTION), ("15:35", CLOSED)]
SHARES_BEFORE = [("09:00", PRE_OPEN), ("09:15", OPEN), ("15:30", CLOSED)]
FUTURES = [("09:00", PRE_OPEN), ("09:15", OPEN), ("15:40", CLOSED)]
FUTURES_BEFORE = [("09:00", PRE_OPEN), ("09:15", OPEN), ("15:30", CLOSED)]
CURRENCY = [("09:00", OPEN), ("17:00", CLOSED)]
WINTER, SUMMER = [("09:00", OPEN), ("23:55", CLOSED)], [("09:00", OPEN), ("23:30", CLOSED)]


@pytest.mark.parametrize(
    ("segments", "day", "expected"),
    [
        ([NSE, BSE, INDICES, UNKNOWN], "Fri 2026-07-31", SHARES_BEFORE),
        ([NSE, BSE, INDICES, UNKNOWN], "Mon 2026-08-03", SHARES),
        ([NSE, BSE, INDICES, UNKNOWN], "Fri 2026-11-20", SHARES),
        ([NFO, BFO], "Fri 2025-12-05", [("09:15", OPEN), ("15:30", CLOSED)]),
        ([NFO, BFO], "Mon 2025-12-08", FUTURES_BEFORE),
        ([NFO, BFO], "Fri 2026-07-31", FUTURES_BEFORE),
        ([NFO, BFO], "Mon 2026-08-03", FUTURES),
        ([CDS, BCD, Exchange.MCXSX], "Fri 2026-07-31", CURRENCY),
        ([CDS, BCD, Exchange.MCXSX], "Fri 2026-11-20", CURRENCY),
        ([MCX, NCO], "Fri 2026-03-06", WINTER),
        ([MCX, NCO], "Mon 2026-03-09", SUMMER),
        ([MCX, NCO], "Fri 2026-10-30", SUMMER),
        ([MCX, NCO], "Mon 2026-11-02", WINTER),
        ([MCX, NCO], "Fri 2035-06-01", WINTER),
    ],
)
def test_a_trading_day_has_the_phases_of_its_segment(
    segments: list[Exchange], day: str, expected: list[tuple[str, Phase]]
) -> None:
    for segment in segments:
        assert turns(segment, day) == expected


@pytest.mark.parametrize("year", range(2025, 2031))
def test_commodities_change_their_hours_with_the_clocks_of_new_york(year: int) -> None:
    spring, autumn = second_sunday_of_march(year), first_sunday_of_november(year)
    for sunday, before, after in ((spring, WINTER, SUMMER), (autumn, SUMMER, WINTER)):
        assert turns(MCX, f"{sunday - timedelta(days=2):%a %Y-%m-%d}") == before
        assert turns(MCX, f"{sunday + timedelta(days=1):%a %Y-%m-%d}") == after


def first_sunday_of_november(year: int) -> date:
    return next(day for day in (date(year, 11, number) for number in range(1, 8)) if day.weekday() == 6)


def second_sunday_of_march(year: int) -> date:
    return next(day for day in (date(year, 3, number) for number in range(8, 15)) if day.weekday() == 6)


@pytest.mark.parametrize("day", ["Sat 2026-11-21", "Sun 2026-11-22"])
def test_nothing_is_open_at_a_weekend(day: str) -> None:
    assert not SHIPPED.is_open(list(Exchange), at(f"{day} 11:00"))
    assert SHIPPED.open_exchanges(at(f"{day} 11:00")) == ()


@pytest.mark.parametrize("day", ["Mon 2026-01-26", "Fri 2026-10-02", "Fri 2026-12-25", "Tue 2028-08-15"])
def test_nothing_is_open_on_a_national_holiday(day: str) -> None:
    assert all(turns(segment, day) == [] for segment in Exchange)


SHARE_HOLIDAYS = [
    *("Thu 2026-01-15", "Mon 2026-01-26", "Tue 2026-03-03", "Thu 2026-03-26", "Tue 2026-03-31"),
    *("Fri 2026-04-03", "Tue 2026-04-14", "Fri 2026-05-01", "Thu 2026-05-28", "Fri 2026-06-26"),
    *("Mon 2026-09-14", "Fri 2026-10-02", "Tue 2026-10-20", "Tue 2026-11-10", "Tue 2026-11-24"),
    "Fri 2026-12-25",
]
FIXED_HOLIDAYS = ["Mon 2026-01-26", "Fri 2026-05-01", "Fri 2026-10-02", "Fri 2026-12-25"]
WEEKDAYS = [
    f"{day:%a %Y-%m-%d}"
    for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(365))
    if day.weekday() < 5
]
"""Those of 2026."""


@pytest.mark.parametrize("segment", [NSE, BSE, NFO, BFO, INDICES])
def test_shares_are_closed_all_day_on_the_holidays_of_2026_and_on_no_other_weekday(segment: Exchange) -> None:
    assert [day for day in WEEKDAYS if not SHIPPED.is_open([segment], at(f"{day} 11:00"))] == SHARE_HOLIDAYS
    assert all(turns(segment, day) == [] for day in SHARE_HOLIDAYS)


@pytest.mark.parametrize("segment", [CDS, BCD, Exchange.MCXSX, MCX, NCO])
def test_of_other_segments_only_the_holidays_of_fixed_dates_are_listed(segment: Exchange) -> None:
    assert [day for day in WEEKDAYS if not SHIPPED.is_open([segment], at(f"{day} 11:00"))] == FIXED_HOLIDAYS


@pytest.mark.parametrize("segment", [NSE, BSE, NFO, BFO, INDICES, UNKNOWN])
def test_the_holidays_of_shares_are_known_to_the_end_of_2026(segment: Exchange) -> None:
    assert SHIPPED.known_until([segment]) == date(2026, 12, 31)
    assert all(SHIPPED.is_known([segment], at(f"{day} 11:00")) for day in WEEKDAYS)
    new_year = at("Fri 2027-01-01 00:00")
    assert SHIPPED.is_known([segment], new_year - 1)
    assert not SHIPPED.is_known([segment], new_year)
    assert SHIPPED.is_known([segment], at("Sat 2027-01-02 11:00"))
    assert SHIPPED.is_known([segment], at("Tue 2027-01-26 11:00"))


@pytest.mark.parametrize("segment", [CDS, BCD, Exchange.MCXSX, MCX, NCO])
def test_of_other_segments_only_weekends_and_listed_days_are_known(segment: Exchange) -> None:
    assert SHIPPED.known_until([segment]) == date.min
    assert [day for day in WEEKDAYS if SHIPPED.is_known([segment], at(f"{day} 11:00"))] == FIXED_HOLIDAYS
    assert SHIPPED.is_known([segment], at("Sat 2026-11-21 11:00"))
    assert not SHIPPED.is_known([NSE, segment], at("Fri 2026-11-20 11:00"))


def test_on_maharashtra_day_only_commodities_trade_and_only_in_the_evening() -> None:
    evening = [("17:00", OPEN), ("23:30", CLOSED)]
    assert {segment: turns(segment, "Fri 2026-05-01") for segment in Exchange} == {
        segment: evening if segment in (MCX, NCO) else [] for segment in Exchange
    }


def test_one_open_segment_among_several_is_enough() -> None:
    evening = at("Fri 2026-11-20 20:00")
    assert SHIPPED.is_open([NSE, MCX], evening)
    assert not SHIPPED.is_open([NSE, CDS], evening)
    assert not SHIPPED.is_open([], evening)


def test_of_several_segments_the_most_active_phase_counts() -> None:
    afternoon, morning = at("Fri 2026-11-20 15:20"), at("Fri 2026-11-20 09:05")
    assert SHIPPED.phase([NSE, INDICES], afternoon) is AUCTION
    assert SHIPPED.phase([NSE, NFO], afternoon) is OPEN
    assert SHIPPED.phase([NSE, CDS], morning) is OPEN
    assert SHIPPED.phase([NSE, NFO], morning) is PRE_OPEN
    assert SHIPPED.phase([], morning) is CLOSED


def test_a_market_that_has_just_opened_has_not_been_open_for_long() -> None:
    opened = at("Fri 2026-11-20 09:15")
    assert [SHIPPED.is_open([NSE], opened + passed, lasting=30) for passed in (0, 29, 30)] == [
        False,
        False,
        True,
    ]
    assert SHIPPED.is_open([NSE, CDS], opened, lasting=30)
    assert not SHIPPED.is_open([NSE], at("Fri 2026-11-20 15:15"), lasting=30)


def test_the_open_exchanges_are_named_without_the_indices() -> None:
    assert SHIPPED.open_exchanges(at("Fri 2026-11-20 09:05")) == ("CDS", "BCD", "MCX", "MCXSX", "NCO")
    shares = ("NSE", "NFO", "CDS", "BSE", "BFO", "BCD", "MCX", "MCXSX", "NCO")
    assert SHIPPED.open_exchanges(at("Fri 2026-11-20 09:15")) == shares
    assert SHIPPED.open_exchanges(at("Fri 2026-11-20 18:00")) == ("MCX", "NCO")


@pytest.mark.parametrize(
    ("segments", "now", "expected"),
    [
        ([NSE], "Fri 2026-11-20 09:14", "Fri 2026-11-20 09:15"),
        ([NSE], "Fri 2026-11-20 15:35", "Mon 2026-11-23 09:15"),
        ([NSE], "Sun 2026-11-22 10:42", "Mon 2026-11-23 09:15"),
        ([MCX], "Fri 2026-11-20 23:56", "Mon 2026-11-23 09:00"),
        ([NFO, MCX], "Mon 2026-11-23 00:10", "Mon 2026-11-23 09:00"),
        ([NSE, MCX], "Mon 2026-11-23 09:00", "Mon 2026-11-23 09:15"),
        ([NSE], "Mon 2026-11-23 11:00", "Wed 2026-11-25 09:15"),
        ([NSE, CDS], "Mon 2026-11-23 23:00", "Tue 2026-11-24 09:00"),
        ([NSE], "Wed 2026-11-25 11:00", "Thu 2026-11-26 09:15"),
        ([NSE], "Fri 2026-10-02 11:00", "Mon 2026-10-05 09:15"),
        ([NSE], "Thu 2026-12-24 16:00", "Mon 2026-12-28 09:15"),
        ([NSE, MCX], "Thu 2026-04-30 23:50", "Fri 2026-05-01 17:00"),
        ([NSE], "Thu 2026-12-31 16:00", "Fri 2027-01-01 09:15"),
        ([], "Fri 2026-11-20 11:00", "never"),
    ],
)
def test_the_next_opening_is_the_first_continuous_trading_of_any_segment(
    segments: list[Exchange], now: str, expected: str
) -> None:
    assert clock(SHIPPED.next_opening(segments, at(now))) == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_the_zone_of_the_machine_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert turns(NSE, "Fri 2026-11-20") == SHARES
        assert clock(SHIPPED.next_opening([NSE], at("Fri 2026-11-20 23:59"))) == "Mon 2026-11-23 09:15"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_users_file_adds_to_the_calendar(file: Path) -> None:
    file.write_text("holidays = [2027-03-22]\n")
    assert SHIPPED.is_open([NSE], at("Mon 2027-03-22 11:00"))
    calendar = load_calendar(file)
    assert not calendar.is_open([NSE], at("Mon 2027-03-22 11:00"))
    assert not calendar.is_open([NSE], at("Fri 2026-12-25 11:00"))
    assert clock(calendar.next_opening([NSE], at("Fri 2027-03-19 16:00"))) == "Tue 2027-03-23 09:15"
    assert SHIPPED.is_open([NSE], at("Mon 2027-03-22 11:00"))


def test_a_day_that_a_user_lists_is_known_and_the_days_around_it_are_not(file: Path) -> None:
    file.write_text("holidays = [2027-03-22]\n")
    calendar = load_calendar(file)
    for segment in Exchange:
        assert calendar.is_known([segment], at("Mon 2027-03-22 11:00"))
        assert not calendar.is_known([segment], at("Tue 2027-03-23 11:00"))


@pytest.mark.parametrize(("day", "expected"), [("2027-06-30", "2027-06-30"), ("2026-06-30", "2026-12-31")])
def test_a_user_may_know_more_holidays_and_never_fewer(day: str, expected: str, file: Path) -> None:
    file.write_text(f'[[known]]\nsegments = ["NSE", "MCX"]\nuntil = {day}\n')
    calendar = load_calendar(file)
    assert f"{calendar.known_until([NSE])}" == expected
    assert f"{calendar.known_until([MCX])}" == day
    assert calendar.known_until([BSE]) == date(2026, 12, 31)


def test_a_users_hours_count_before_the_shipped_ones(file: Path) -> None:
    file.write_text('[[hours]]\nsegments = ["NFO"]\nopens = 09:30:00\ncloses = 18:00:00\n')
    calendar = load_calendar(file)
    assert turns(NFO, "Fri 2026-11-20", calendar) == [("09:30", OPEN), ("18:00", CLOSED)]
    assert turns(BFO, "Fri 2026-11-20", calendar) == FUTURES


def test_a_special_session_of_the_user_opens_a_weekend_and_a_shipped_holiday(file: Path) -> None:
    file.write_text(
        '[[special]]\ndays = [2026-11-08, 2026-12-25]\nsegments = ["NSE"]\n'
        'opens = 18:00:00\ncloses = 19:00:00\nname = "Muhurat trading"\n'
    )
    calendar = load_calendar(file)
    for day in ("Sun 2026-11-08", "Fri 2026-12-25"):
        assert (
            turns(NSE, day, calendar) == turns(INDICES, day, calendar) == [("18:00", OPEN), ("19:00", CLOSED)]
        )
        assert turns(NFO, day, calendar) == []
    opening = calendar.next_opening([NSE, NFO], at("Sat 2026-11-07 11:00"))
    assert opening is not None
    assert clock(opening) == "Sun 2026-11-08 18:00"
    assert calendar.occasion([NFO, NSE], opening) == "Muhurat trading"
    assert calendar.occasion([NFO, NSE], opening - 1) == calendar.occasion([NFO], opening) == ""


def test_no_file_adds_nothing(file: Path) -> None:
    calendar = load_calendar(file)
    assert turns(NSE, "Fri 2026-11-20", calendar) == SHARES


def test_a_bad_file_is_no_calendar(file: Path) -> None:
    file.write_text("holidays = 2026-11-25\n")
    with pytest.raises(UserError, match="holidays must be a list of days"):
        load_calendar(file)


@given(st.sets(st.sampled_from(Exchange), min_size=1), MOMENTS)
def test_a_market_is_open_at_its_next_opening_and_not_open_anew_before(
    segments: set[Exchange], now: float
) -> None:
    found = SHIPPED.next_opening(segments, now)
    assert found is not None
    assert found > now
    assert SHIPPED.is_open(segments, found)
    if not SHIPPED.is_open(segments, now):
        halfway = now + (found - now) / 2
        assert not SHIPPED.is_open(segments, halfway)
        assert not SHIPPED.is_open(segments, found - 1e-3)
