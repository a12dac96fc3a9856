"""The market's hours: what trades at the moment, or when it opens."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from kitetui.doctor.finding import Finding, failure_of, ok, warning
from kitetui.errors import UserError
from kitetui.formatting import weekday_clock
from kitetui.market.calendar import Calendar
from kitetui.market.calendarfile import load_calendar
from kitetui.wire import Exchange

_SHARES: Final = (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO)
"""Shares and their derivatives: the program ships their holidays, and not those of the other segments."""


def market_hours(file: Path, now: float) -> Finding:
    """Say what trades now, or what opens next, by the shipped calendar and a user's file. now: UTC seconds.

    That is a warning where it may be a holiday of shares. Other segments are not judged: in no year does the
    program know all their holidays.
    """
    try:
        calendar = load_calendar(file)
    except UserError as error:
        return failure_of(error)
    if trading := calendar.open_exchanges(now):
        found = f"{', '.join(trading)} {'trade' if len(trading) > 1 else 'trades'} now"
        return _judged(calendar, found, [each for each in _SHARES if each.name in trading], now)
    opening = calendar.next_opening([each for each in Exchange if each is not Exchange.UNKNOWN], now)
    if opening is None:
        return ok("closed")
    # Shares that do not open on that day have it listed, and so it is known.
    return _judged(calendar, f"closed, opens {weekday_clock(opening)} IST", _SHARES, opening)


def _judged(calendar: Calendar, found: str, segments: Collection[Exchange], moment: float) -> Finding:
    """Return what was found, a warning where the day of the moment may be a holiday of these segments."""
    unsure = [each for each in segments if not calendar.is_known([each], moment)]
    if not unsure:
        return ok(found)
    holidays = f"those of {', '.join(each.name for each in unsure)} after {calendar.known_until(unsure)}"
    return warning(
        f"{found}, if it is no holiday: {holidays} are not known",
        "add them and a later [[known]] to sessions.toml",
    )
