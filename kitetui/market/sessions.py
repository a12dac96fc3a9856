"""Market sessions: whether a segment trades at a moment, and when it does next.

A feed that sends nothing but heartbeats is quiet at night and broken at noon; the hours tell which. They are
data, in `sessions.toml` beside this file. Times are UTC seconds here, and days those of India.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Final

from kitetui.times import IST
from kitetui.wire import Exchange

_SATURDAY: Final = 5

_DAYS_AHEAD: Final = 60
"""Days that are searched for the next opening; no exchange has ever been closed for so long."""


def is_open(segments: Collection[Exchange], now: float) -> bool:
    """Whether any of these segments is in a session, from its pre-open to its closing auction.

    A segment whose hours are not known keeps those of the shares.
    """
    moment = datetime.fromtimestamp(now, IST)
    return any(
        each.opens <= moment.time() < each.closes for each in _calendar().sessions(segments, moment.date())
    )


def open_exchanges(now: float) -> tuple[str, ...]:
    """Return the names of the segments in a session, in the order of their numbers.

    Indices have no name of their own: they follow the shares of their exchange.
    """
    traded = (each for each in Exchange if each not in (Exchange.UNKNOWN, Exchange.INDICES))
    return tuple(each.name for each in traded if is_open([each], now))


def next_opening(segments: Collection[Exchange], now: float) -> float | None:
    """Return when the next session of any of these segments begins, in UTC seconds, always after `now`.

    A session that is on has begun already; what counts is the one after it. None where no segment is given.
    """
    today = datetime.fromtimestamp(now, IST).date()
    for ahead in range(_DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        openings = (
            datetime.combine(day, each.opens, IST).timestamp() for each in _calendar().sessions(segments, day)
        )
        if later := [opening for opening in openings if opening > now]:
            return min(later)
    return None


@dataclass(frozen=True, slots=True)
class _Session:
    """The hours of some segments, on all trading days from `since` to `until`."""

    segments: frozenset[Exchange]
    opens: time
    closes: time
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class _Calendar:
    """All sessions, and the days that have none."""

    every: tuple[_Session, ...]
    holidays: frozenset[date]

    def sessions(self, segments: Collection[Exchange], day: date) -> list[_Session]:
        """Return the sessions of these segments on a day."""
        if day.weekday() >= _SATURDAY or day in self.holidays:
            return []
        wanted = {each if each in self._known else Exchange.NSE for each in segments}
        return [each for each in self.every if each.since <= day <= each.until and each.segments & wanted]

    @property
    def _known(self) -> frozenset[Exchange]:
        return frozenset().union(*(each.segments for each in self.every))


@cache
def _calendar() -> _Calendar:
    return _parsed((resources.files("kitetui.market") / "sessions.toml").read_text(encoding="utf-8"))


def _parsed(text: str) -> _Calendar:
    table = tomllib.loads(text)
    sessions = tuple(
        _Session(
            frozenset(Exchange[name] for name in each["segments"]),
            each["opens"],
            each["closes"],
            each.get("since", date.min),
            each.get("until", date.max),
        )
        for each in table["sessions"]
    )
    return _Calendar(sessions, frozenset(table["holidays"]))
