"""Market sessions: whether a segment trades at a moment, and when it does next.

A feed that sends nothing but heartbeats is quiet at night and broken at noon; the hours tell which. They are
data: `sessions.toml` beside this file, and what a user adds to it. Moments are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

from kitetui.market.calendar import Calendar, Phase
from kitetui.market.calendarfile import parse_calendar, read_calendar
from kitetui.wire import Exchange

_in_use: Calendar | None = None


def use_sessions(file: Path | None) -> None:
    """Keep to the shipped calendar and a user's file from now on: there is one for the whole program.

    The file need not be there; None is the shipped calendar alone. Raises UserError for a file that cannot
    be used, and nothing changes then.
    """
    global _in_use
    _in_use = None if file is None else _shipped() + read_calendar(file)


def phase(segments: Collection[Exchange], now: float) -> Phase:
    """Return the most active phase that any of these segments is in, `CLOSED` where none is given."""
    return _calendar().phase(segments, now)


def is_open(segments: Collection[Exchange], now: float, lasting: float = 0.0) -> bool:
    """Whether any of these segments trades continuously, and has for so many seconds.

    A feed may have been still since the evening before: without ticks it is broken only once it had the time
    to tick.
    """
    return any(phase([each], now) is phase([each], now - lasting) is Phase.OPEN for each in segments)


def open_exchanges(now: float) -> tuple[str, ...]:
    """Return the names of the segments that trade continuously, in the order of their numbers.

    Indices have no name of their own: they follow the shares of their exchange.
    """
    traded = (each for each in Exchange if each not in (Exchange.UNKNOWN, Exchange.INDICES))
    return tuple(each.name for each in traded if is_open([each], now))


def next_opening(segments: Collection[Exchange], now: float) -> float | None:
    """Return when any of these segments next begins to trade continuously, always after `now`.

    What is open has begun already; what counts is the time after it. None where no segment is given.
    """
    return _calendar().next_opening(segments, now)


def occasion(segments: Collection[Exchange], now: float) -> str:
    """Return the name of the special session that any of these segments is in, "" where there is none."""
    return _calendar().occasion(segments, now)


def is_known(segments: Collection[Exchange], now: float) -> bool:
    """Whether the holidays of all these segments are known for the day in India of `now`.

    Where they are not, the day may be a holiday all the same. A weekend is known, and so is a day that has a
    closure or a special session of the segment.
    """
    return _calendar().is_known(segments, now)


def known_until(segments: Collection[Exchange]) -> date:
    """Return the last day for which the holidays of all these segments are listed.

    `date.min` where those of one of them are listed for none, `date.max` where no segment is given.
    """
    return _calendar().known_until(segments)


def _calendar() -> Calendar:
    return _shipped() if _in_use is None else _in_use


@cache
def _shipped() -> Calendar:
    file = resources.files("kitetui.market") / "sessions.toml"
    return parse_calendar(file.read_text(encoding="utf-8"), file.name)
