"""The calendar of trading: from hours, closures and special sessions to what a segment does at a moment.

An exchange does not simply trade or not: before and after its hours it collects orders for an auction, and
what streams then comes in a few bursts. So a day is a row of phases, and only in one of them must a feed
tick. Times of day and days are those of India; moments are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from kitetui.times import IST
from kitetui.wire import Exchange

_SATURDAY: Final = 5

_DAYS_AHEAD: Final = 60
"""Days that are searched for the next opening; no exchange has ever been closed for so long."""

FOLLOWERS: Final = {Exchange.INDICES: Exchange.NSE, Exchange.UNKNOWN: Exchange.NSE}
"""Segments without hours of their own, and whose they keep: an index moves while its shares do."""


class Phase(StrEnum):
    """What a market does, the most active first."""

    OPEN = "open"
    """All that trades in the segment trades continuously."""
    CLOSING_AUCTION = "closing auction"
    """Continuous trading is over, and the closing price of some is being found."""
    PRE_OPEN = "pre-open"
    """Orders are collected for the first price."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Hours:
    """The regular hours of some segments, from a day on until others are given.

    Trading is continuous from `opens` to the `auction`, or to `closes` where there is none.
    """

    segments: frozenset[Exchange]
    opens: time
    closes: time
    pre_open: time | None = None
    auction: time | None = None
    since: date = date.min


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which some segments do not keep their hours: at all, or only `until` or `after` a time."""

    days: frozenset[date]
    segments: frozenset[Exchange]
    after: time = time.min
    until: time = time.max


@dataclass(frozen=True, slots=True)
class Special:
    """A session on days that need not be trading days; it stands in the place of the regular hours."""

    days: frozenset[date]
    segments: frozenset[Exchange]
    opens: time
    closes: time
    name: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """That all holidays of some segments are listed, up to and with a day."""

    segments: frozenset[Exchange]
    until: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that is known of when segments trade.

    hours: of those that hold for a segment on a day, the last counts.
    known: of several for a segment, the latest day counts.
    """

    hours: tuple[Hours, ...] = ()
    closures: tuple[Closure, ...] = ()
    specials: tuple[Special, ...] = ()
    known: tuple[Known, ...] = ()

    def __add__(self, other: Calendar) -> Calendar:
        """Return both together; where hours differ, those of the other count."""
        return Calendar(
            self.hours + other.hours,
            self.closures + other.closures,
            self.specials + other.specials,
            self.known + other.known,
        )

    def phase(self, segments: Collection[Exchange], now: float) -> Phase:
        """Return the most active phase that any of these segments is in, `CLOSED` where none is given."""
        found = {each.phase for each in self._at(segments, now)}
        return next((phase for phase in Phase if phase in found), Phase.CLOSED)

    def is_open(self, segments: Collection[Exchange], now: float, lasting: float = 0.0) -> bool:
        """Whether any of these segments trades continuously, and has for so many seconds.

        A feed may have been still since the evening before: without ticks it is broken only once it had the
        time to tick.
        """
        return any(
            self.phase([each], now) is self.phase([each], now - lasting) is Phase.OPEN for each in segments
        )

    def open_exchanges(self, now: float) -> tuple[str, ...]:
        """Return the names of the segments that trade continuously, in the order of their numbers.

        Indices have no name of their own: they follow the shares of their exchange.
        """
        traded = (each for each in Exchange if each not in (Exchange.UNKNOWN, Exchange.INDICES))
        return tuple(each.name for each in traded if self.is_open([each], now))

    def occasion(self, segments: Collection[Exchange], now: float) -> str:
        """Return the name of the special session that any of these segments is in, "" where there is none."""
        return next((each.name for each in self._at(segments, now) if each.name), "")

    def next_opening(self, segments: Collection[Exchange], now: float) -> float | None:
        """Return when any of these segments begins to trade continuously, in UTC seconds after `now`.

        None where that is not known, or no segment is given.
        """
        today = datetime.fromtimestamp(now, IST).date()
        for ahead in range(_DAYS_AHEAD):
            day = today + timedelta(days=ahead)
            openings = (start for segment in segments for start, _ in self.spans(Phase.OPEN, segment, day))
            if later := [opening for opening in openings if opening > now]:
                return min(later)
        return None

    def spans(self, phase: Phase, segment: Exchange, day: date) -> list[tuple[int, int]]:
        """Return from when to when a segment is in a phase on a day in India, UTC seconds."""
        return [
            (_moment(day, stretch.start), _moment(day, stretch.end))
            for stretch in self._day(segment, day)
            if stretch.phase is phase and stretch.start < stretch.end
        ]

    def is_known(self, segments: Collection[Exchange], now: float) -> bool:
        """Whether the holidays of all these segments are known for the day of `now`.

        A weekend is known, and so is a day that is listed for a segment.
        """
        day = datetime.fromtimestamp(now, IST).date()
        return day.weekday() >= _SATURDAY or all(
            day <= self.known_until([segment]) or self._lists(segment, day) for segment in segments
        )

    def known_until(self, segments: Collection[Exchange]) -> date:
        """Return the last day for which the holidays of all these segments are listed.

        `date.min` where those of one of them are listed for none, `date.max` where no segment is given.
        """
        return min(map(self._known_until, segments), default=date.max)

    def _known_until(self, segment: Exchange) -> date:
        segment = FOLLOWERS.get(segment, segment)
        return max((each.until for each in self.known if segment in each.segments), default=date.min)

    def _lists(self, segment: Exchange, day: date) -> bool:
        """Whether a day has a closure or a special session of a segment."""
        segment = FOLLOWERS.get(segment, segment)
        listed: tuple[Closure | Special, ...] = (*self.closures, *self.specials)
        return any(day in each.days and segment in each.segments for each in listed)

    def _at(self, segments: Collection[Exchange], now: float) -> Iterator[_Stretch]:
        moment = datetime.fromtimestamp(now, IST)
        for segment in segments:
            for stretch in self._day(segment, moment.date()):
                if stretch.start <= moment.time() < stretch.end:
                    yield stretch

    def _day(self, segment: Exchange, day: date) -> list[_Stretch]:
        """Return the phases of a segment on a day, but for those in which it is closed."""
        segment = FOLLOWERS.get(segment, segment)
        specials = [each for each in self.specials if day in each.days and segment in each.segments]
        if specials:
            return [_Stretch(Phase.OPEN, each.opens, each.closes, each.name) for each in specials]
        stretches = [] if day.weekday() >= _SATURDAY else self._regular(segment, day)
        for closure in self.closures:
            if day in closure.days and segment in closure.segments:
                stretches = [part for each in stretches for part in each.without(closure)]
        return stretches

    def _regular(self, segment: Exchange, day: date) -> list[_Stretch]:
        holding = [each for each in self.hours if segment in each.segments and each.since <= day]
        if not holding:
            return []
        hours = holding[-1]
        end = hours.auction or hours.closes
        return [
            _Stretch(Phase.PRE_OPEN, hours.pre_open or hours.opens, hours.opens),
            _Stretch(Phase.OPEN, hours.opens, end),
            _Stretch(Phase.CLOSING_AUCTION, end, hours.closes),
        ]


def _moment(day: date, of_day: time) -> int:
    return int(datetime.combine(day, of_day, IST).timestamp())


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of a day, up to but without its end; one that ends where it starts is none."""

    phase: Phase
    start: time
    end: time
    name: str = ""

    def without(self, closure: Closure) -> Iterator[_Stretch]:
        """Yield what a closure leaves of it."""
        for start, end in ((self.start, closure.after), (closure.until, self.end)):
            part = replace(self, start=max(start, self.start), end=min(end, self.end))
            if part.start < part.end:
                yield part
