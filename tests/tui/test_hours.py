"""What the hours of the market say of a feed that does not tick, also of days of which not all is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.market.calendarfile import load_calendar
from kitetui.tui.hours import OPEN, Hours, hours_of
from kitetui.wire import Exchange
from tests.market.moments import at

SHARES = [Exchange.NSE]
DOUBT = "holidays after 31 Dec 2026 are not known"


def hours_at(moment: str, *segments: Exchange, file: Path | None = None) -> Hours:
    """The hours of segments at a moment in India, by the shipped calendar and a user's file."""
    return hours_of(load_calendar(file), segments, at(moment))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A user's file, not there yet."""
    return tmp_path / "sessions.toml"


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        ("Fri 2026-11-20 08:59", Hours("market closed", "opens Fri 09:15")),
        ("Fri 2026-11-20 09:00", Hours("pre-open", "opens Fri 09:15")),
        ("Fri 2026-11-20 09:15", OPEN),
        ("Fri 2026-11-20 15:15", Hours("closing auction")),
        ("Sat 2026-11-21 12:00", Hours("market closed", "opens Mon 09:15")),
        ("Tue 2026-11-24 12:00", Hours("market closed", "opens Wed 09:15")),
    ],
)
def test_a_day_of_which_all_is_known_leaves_no_doubt(moment: str, hours: Hours) -> None:
    assert hours_at(moment, *SHARES) == hours


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        ("Mon 2027-01-04 08:00", Hours("market closed", "opens Mon 09:15", DOUBT)),
        ("Mon 2027-01-04 09:05", Hours("pre-open", "opens Mon 09:15", DOUBT)),
        ("Mon 2027-01-04 12:00", Hours(doubt=DOUBT)),
        ("Mon 2027-01-04 15:20", Hours("closing auction", doubt=DOUBT)),
        ("Sat 2027-01-09 12:00", Hours("market closed", "opens Mon 09:15", DOUBT)),
    ],
)
def test_a_day_that_may_be_a_holiday_nobody_has_listed_is_told_with_that_doubt(
    moment: str, hours: Hours
) -> None:
    assert hours_at(moment, *SHARES) == hours


def test_the_last_day_that_is_known_tells_of_the_doubt_about_the_next() -> None:
    assert hours_at("Thu 2026-12-31 12:00", *SHARES) == OPEN
    assert hours_at("Thu 2026-12-31 16:00", *SHARES) == Hours("market closed", "opens Fri 09:15", DOUBT)


def test_indices_are_in_the_doubt_of_their_shares() -> None:
    assert hours_at("Mon 2027-01-04 12:00", Exchange.INDICES).doubt == DOUBT


def test_of_segments_whose_holidays_were_never_all_known_no_doubt_is_told() -> None:
    assert hours_at("Mon 2027-01-04 12:00", Exchange.MCX) == OPEN
    assert hours_at("Mon 2027-01-04 08:00", Exchange.MCX).doubt == ""
    assert hours_at("Mon 2027-01-04 12:00", Exchange.MCX, Exchange.NSE).doubt == DOUBT


def test_what_a_user_adds_ends_the_doubt(file: Path) -> None:
    file.write_text('holidays = [2027-01-05]\n[[known]]\nsegments = ["NSE"]\nuntil = 2027-12-31\n')
    assert hours_at("Mon 2027-01-04 12:00", *SHARES, file=file) == OPEN
    assert hours_at("Mon 2027-01-04 16:00", *SHARES, file=file) == Hours("market closed", "opens Wed 09:15")


def test_a_day_that_is_listed_is_in_no_doubt_though_those_around_it_are(file: Path) -> None:
    file.write_text(
        '[[special]]\ndays = [2027-10-29]\nsegments = ["NSE"]\n'
        'opens = 18:00:00\ncloses = 19:00:00\nname = "Muhurat trading"\n'
    )
    assert hours_at("Fri 2027-10-29 12:00", *SHARES, file=file) == Hours(
        "market closed", "opens Fri 18:00, Muhurat trading"
    )
    assert hours_at("Fri 2027-10-29 18:30", *SHARES, file=file) == OPEN


def test_where_nothing_is_watched_there_is_nothing_to_say() -> None:
    assert hours_at("Sat 2026-11-21 12:00") == OPEN


@pytest.mark.parametrize(
    ("hours", "text", "rest"),
    [
        (OPEN, "", ""),
        (Hours("closing auction"), "closing auction", ""),
        (Hours("market closed", "opens Fri 09:15"), "market closed, opens Fri 09:15", "opens Fri 09:15"),
        (
            Hours("pre-open", "opens Mon 09:15", DOUBT),
            f"pre-open, opens Mon 09:15; {DOUBT}",
            f"opens Mon 09:15; {DOUBT}",
        ),
        (Hours(doubt=DOUBT), DOUBT, DOUBT),
    ],
)
def test_hours_are_one_sentence(hours: Hours, text: str, rest: str) -> None:
    assert (hours.text, hours.rest) == (text, rest)
