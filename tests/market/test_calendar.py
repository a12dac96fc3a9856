"""Hours, closures and special sessions put together: what a segment does at a moment."""

from __future__ import annotations

from datetime import date, time

import pytest

from kitetui.market.calendar import Calendar, Closure, Hours, Known, Special
from kitetui.wire import Exchange
from tests.market.moments import at, clock

NSE, CDS, MCX = Exchange.NSE, Exchange.CDS, Exchange.MCX
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)

HOURS = (
    Hours(frozenset({NSE}), time(9, 15), time(15, 35), pre_open=time(9), auction=time(15, 15)),
    Hours(frozenset({MCX}), time(9), time(23, 55)),
)


def closed(segment: Exchange, **part: time) -> Closure:
    return Closure(frozenset({FRIDAY}), frozenset({segment}), **part)


def special(day: date, opens: int, closes: int, name: str = "") -> Special:
    return Special(frozenset({day}), frozenset({NSE}), time(opens), time(closes), name)


def phases(calendar: Calendar, segment: Exchange, times: str, day: str = "Fri 2026-11-20") -> list[str]:
    return [str(calendar.phase([segment], at(f"{day} {each}"))) for each in times.split()]


def test_without_an_auction_trading_is_continuous_to_its_end() -> None:
    calendar = Calendar(HOURS)
    assert phases(calendar, MCX, "08:59 09:00 23:54 23:55") == ["closed", "open", "open", "closed"]
    assert phases(calendar, NSE, "09:00 09:15 15:15 15:35") == [
        "pre-open",
        "open",
        "closing auction",
        "closed",
    ]


def test_a_segment_of_which_nothing_is_known_is_closed() -> None:
    assert phases(Calendar(HOURS), CDS, "11:00") == ["closed"]
    assert Calendar(HOURS).next_opening([CDS], at("Fri 2026-11-20 11:00")) is None


def test_a_closure_is_for_its_day_and_its_segments_alone() -> None:
    calendar = Calendar(HOURS, (closed(NSE),))
    assert phases(calendar, NSE, "09:00 11:00 15:20") == ["closed"] * 3
    assert phases(calendar, MCX, "11:00") == ["open"]
    assert phases(calendar, NSE, "11:00", "Thu 2026-11-19") == ["open"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"until": time(17)}, ["closed", "closed", "open", "open"]),
        ({"after": time(17)}, ["open", "open", "closed", "closed"]),
        ({"after": time(12), "until": time(20)}, ["open", "closed", "closed", "open"]),
        ({"until": time(8)}, ["open"] * 4),
    ],
)
def test_a_closure_may_be_of_a_part_of_the_day(part: dict[str, time], expected: list[str]) -> None:
    assert phases(Calendar(HOURS, (closed(MCX, **part),)), MCX, "11:00 16:59 17:00 20:00") == expected


@pytest.mark.parametrize("part", [{"until": time(8)}, {"after": time(23, 58)}])
def test_a_closure_outside_the_hours_makes_no_day_longer(part: dict[str, time]) -> None:
    assert phases(Calendar(HOURS, (closed(MCX, **part),)), MCX, "08:30 11:00 23:56") == [
        "closed",
        "open",
        "closed",
    ]


def test_a_market_that_is_closed_in_the_morning_opens_in_the_evening() -> None:
    calendar = Calendar(HOURS, (closed(MCX, until=time(17)), closed(NSE)))
    assert clock(calendar.next_opening([NSE, MCX], at("Fri 2026-11-20 09:00"))) == "Fri 2026-11-20 17:00"


def test_several_closures_of_a_day_add_up() -> None:
    calendar = Calendar(HOURS, (closed(MCX, until=time(17)), closed(MCX, after=time(21))))
    assert phases(calendar, MCX, "16:59 17:00 20:59 21:00") == ["closed", "open", "open", "closed"]


def test_special_sessions_stand_in_the_place_of_the_hours_and_of_a_closure() -> None:
    calendar = Calendar(HOURS, (closed(NSE),), (special(FRIDAY, 10, 11), special(FRIDAY, 13, 14)))
    times = "09:20 10:00 11:00 13:00 14:00"
    assert phases(calendar, NSE, times) == ["closed", "open", "closed", "open", "closed"]
    assert phases(calendar, MCX, "09:20") == ["open"]
    assert phases(calendar, NSE, "09:20", "Thu 2026-11-19") == ["open"]


def test_a_special_session_makes_a_saturday_an_open_one_and_has_its_name() -> None:
    calendar = Calendar(HOURS, specials=(special(SATURDAY, 10, 11, "disaster recovery"),))
    opening = calendar.next_opening([NSE], at("Fri 2026-11-20 16:00"))
    assert clock(opening) == "Sat 2026-11-21 10:00"
    assert calendar.occasion([MCX, NSE], at("Sat 2026-11-21 10:59")) == "disaster recovery"
    assert calendar.occasion([MCX, NSE], at("Sat 2026-11-21 11:00")) == ""
    assert calendar.occasion([NSE], at("Fri 2026-11-20 11:00")) == ""


def test_of_two_calendars_the_days_add_up_and_the_hours_of_the_second_count() -> None:
    other = Calendar(
        (Hours(frozenset({NSE}), time(10), time(12)),), (closed(MCX),), (special(SATURDAY, 9, 10),)
    )
    both = Calendar(HOURS, (closed(NSE),), (special(date(2026, 11, 22), 9, 10),)) + other
    assert phases(both, NSE, "09:20 10:00", "Thu 2026-11-19") == ["closed", "open"]
    assert phases(both, NSE, "11:00") == phases(both, MCX, "11:00") == ["closed"]
    assert phases(both, NSE, "09:00", "Sat 2026-11-21") == ["open"]
    assert phases(both, NSE, "09:00", "Sun 2026-11-22") == ["open"]


def known(segment: Exchange, until: date) -> Known:
    return Known(frozenset({segment}), until)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("Wed 2026-11-18 11:00", True),
        ("Thu 2026-11-19 00:00", True),
        ("Thu 2026-11-19 23:59", True),
        ("Fri 2026-11-20 00:00", False),
        ("Sat 2026-11-21 11:00", True),
        ("Sun 2026-11-22 11:00", True),
        ("Mon 2026-11-23 11:00", False),
    ],
)
def test_holidays_are_known_to_the_end_of_the_last_day_and_at_weekends(moment: str, expected: bool) -> None:
    calendar = Calendar(HOURS, known=(known(NSE, date(2026, 11, 19)),))
    assert calendar.is_known([NSE], at(moment)) is expected


def test_a_day_that_is_listed_for_a_segment_is_known_for_it_alone() -> None:
    noon = at("Fri 2026-11-20 12:00")
    for calendar, listed, other in (
        (Calendar(HOURS, (closed(MCX),)), MCX, NSE),
        (Calendar(HOURS, (closed(MCX, until=time(17)),)), MCX, NSE),
        (Calendar(HOURS, specials=(special(FRIDAY, 18, 19),)), NSE, MCX),
    ):
        assert calendar.is_known([listed], noon)
        assert not calendar.is_known([other], noon)
        assert not calendar.is_known([listed], at("Thu 2026-11-19 12:00"))


def test_of_several_segments_all_must_be_known() -> None:
    friday = at("Fri 2026-11-20 11:00")
    calendar = Calendar(HOURS, known=(known(NSE, FRIDAY), known(CDS, SATURDAY)))
    assert calendar.is_known([NSE, CDS], friday)
    assert not calendar.is_known([NSE, MCX], friday)
    assert calendar.is_known([], friday)
    assert calendar.known_until([NSE, CDS]) == FRIDAY
    assert calendar.known_until([NSE, MCX]) == date.min
    assert calendar.known_until([]) == date.max


def test_an_index_is_known_as_far_as_its_shares() -> None:
    calendar = Calendar(HOURS, (closed(NSE),), known=(known(NSE, date(2026, 11, 18)),))
    assert calendar.known_until([Exchange.INDICES]) == date(2026, 11, 18)
    assert not calendar.is_known([Exchange.INDICES], at("Thu 2026-11-19 11:00"))
    assert calendar.is_known([Exchange.INDICES, Exchange.UNKNOWN], at("Fri 2026-11-20 11:00"))


@pytest.mark.parametrize("days", [(FRIDAY, SATURDAY), (SATURDAY, FRIDAY)])
def test_of_two_calendars_the_later_of_the_last_known_days_counts(days: tuple[date, date]) -> None:
    first, second = (Calendar(known=(known(NSE, day),)) for day in days)
    both = first + second + Calendar(known=(known(CDS, FRIDAY),))
    assert both.known_until([NSE]) == SATURDAY
    assert both.known_until([CDS]) == FRIDAY


def test_an_exchange_that_stays_closed_opens_at_no_time_that_is_known() -> None:
    assert Calendar().next_opening([NSE], at("Fri 2026-11-20 11:00")) is None
