"""What the market's hours say of a feed that does not tick: for the first line, in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from kitetui.formatting import weekday_clock
from kitetui.market.calendar import Calendar, Phase
from kitetui.wire import Exchange


@dataclass(frozen=True, slots=True)
class Hours:
    """Why what is watched need not tick.

    what: `market closed`, `pre-open` or `closing auction`, "" while its market trades continuously. opens:
    when it does next. doubt: what is not known of that day. "" where there is nothing to say.
    """

    what: str = ""
    opens: str = ""
    doubt: str = ""

    @property
    def text(self) -> str:
        """All of it in one sentence."""
        known = ", ".join(part for part in (self.what, self.opens) if part)
        return "; ".join(part for part in (known, self.doubt) if part)

    @property
    def rest(self) -> str:
        """All of it but what it is."""
        return "; ".join(part for part in (self.opens, self.doubt) if part)


OPEN: Final = Hours()
"""The hours of what trades."""


def hours_of(calendar: Calendar, segments: Collection[Exchange], now: float) -> Hours:
    """Return what is known of the hours of these segments at a moment, UTC seconds."""
    current = calendar.phase(segments, now)
    doubt = _doubt(calendar, segments, now)
    if current is Phase.OPEN:
        return Hours(doubt=doubt)
    if current is Phase.CLOSING_AUCTION:
        return Hours(str(current), doubt=doubt)
    opening = calendar.next_opening(segments, now)
    if opening is None:
        return Hours()
    name = calendar.occasion(segments, opening)
    opens = f"opens {weekday_clock(opening)}{f', {name}' if name else ''}"
    what = "market closed" if current is Phase.CLOSED else str(current)
    return Hours(what, opens, _doubt(calendar, segments, opening))


def _doubt(calendar: Calendar, segments: Collection[Exchange], moment: float) -> str:
    """Return that the holidays of a day are not known, of segments whose holidays were known once."""
    listed = [each for each in segments if calendar.known_until([each]) > date.min]
    if calendar.is_known(listed, moment):
        return ""
    return f"holidays after {calendar.known_until(listed):%d %b %Y} are not known"
