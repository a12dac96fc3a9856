"""What trades, or when it opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.doctor import State
from kitetui.doctor.machine import market_hours
from tests.market.moments import at


def test_in_the_evening_commodities_trade(tmp_path: Path) -> None:
    finding = market_hours(tmp_path / "none", at("Mon 2026-11-23 20:00"))
    assert finding.state is State.OK
    assert finding.found == "MCX, NCO trade now"


def test_on_a_weekend_the_next_opening_is_said(tmp_path: Path) -> None:
    assert market_hours(tmp_path / "none", at("Sat 2026-11-21 12:00")).found == "closed, opens Mon 09:00 IST"


def test_a_users_own_sessions_count(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text("holidays = [2026-11-23]\n")
    assert market_hours(file, at("Mon 2026-11-23 12:00")).found == "closed, opens Tue 09:00 IST"


KNOWN = '[[known]]\nsegments = ["NSE", "BSE", "NFO", "BFO"]\nuntil = 2027-12-31\n'


@pytest.mark.parametrize(
    ("now", "found", "unknown"),
    [
        (
            "Fri 2027-01-01 11:00",
            "NSE, NFO, CDS, BSE, BFO, BCD, MCX, MCXSX, NCO trade now",
            "NSE, NFO, BSE, BFO",
        ),
        ("Fri 2027-01-01 15:30", "NFO, CDS, BFO, BCD, MCX, MCXSX, NCO trade now", "NFO, BFO"),
        ("Thu 2026-12-31 23:58", "closed, opens Fri 09:00 IST", "NSE, NFO, BSE, BFO"),
        ("Sun 2027-01-03 11:00", "closed, opens Mon 09:00 IST", "NSE, NFO, BSE, BFO"),
    ],
)
def test_after_the_last_known_day_it_may_be_a_holiday_of_shares(
    now: str, found: str, unknown: str, tmp_path: Path
) -> None:
    file = tmp_path / "sessions.toml"
    finding = market_hours(file, at(now))
    assert finding.state is State.WARNING
    assert finding.sentence == (
        f"{found}, if it is no holiday: those of {unknown} after 2026-12-31 are not known; "
        "add them and a later [[known]] to sessions.toml"
    )
    file.write_text(KNOWN)
    finding = market_hours(file, at(now))
    assert finding.state is State.OK
    assert finding.found == found


def test_only_the_segments_that_are_not_known_are_named(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text(KNOWN.replace('"NSE", "BSE", ', ""))
    finding = market_hours(file, at("Fri 2027-01-01 11:00"))
    assert finding.state is State.WARNING
    assert finding.found.endswith("holiday: those of NSE, BSE after 2026-12-31 are not known")


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("Thu 2026-12-31 11:00", "NSE, NFO, CDS, BSE, BFO, BCD, MCX, MCXSX, NCO trade now"),
        ("Tue 2026-11-10 11:00", "CDS, BCD, MCX, MCXSX, NCO trade now"),
        ("Fri 2027-01-01 16:00", "CDS, BCD, MCX, MCXSX, NCO trade now"),
        ("Fri 2027-01-01 20:00", "MCX, NCO trade now"),
    ],
)
def test_what_is_known_and_other_segments_are_no_warning(now: str, found: str, tmp_path: Path) -> None:
    finding = market_hours(tmp_path / "none", at(now))
    assert finding.state is State.OK
    assert finding.found == found


def test_a_day_on_which_shares_are_closed_is_no_warning(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text('[[closed]]\ndays = [2027-01-04]\nsegments = ["NSE", "BSE", "NFO", "BFO"]\n')
    finding = market_hours(file, at("Sun 2027-01-03 11:00"))
    assert finding.state is State.OK
    assert finding.found == "closed, opens Mon 09:00 IST"


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "sessions.toml"
    file.write_text("holidays = 1\n")
    finding = market_hours(file, at("Mon 2026-11-23 12:00"))
    assert finding.state is State.FAILED
    assert finding.found.startswith(f"{file}: ")
