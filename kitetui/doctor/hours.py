"""The market's hours: what trades at the moment, or when it opens."""

from __future__ import annotations

from pathlib import Path

from kitetui.doctor.finding import Finding, failure_of, ok
from kitetui.errors import UserError
from kitetui.formatting import weekday_clock
from kitetui.market.sessions import next_opening, open_exchanges, use_sessions
from kitetui.wire import Exchange


def market_hours(file: Path, now: float) -> Finding:
    """Say what trades now, by the shipped calendar and a user's file. now: UTC seconds."""
    try:
        use_sessions(file)
    except UserError as error:
        return failure_of(error)
    if trading := open_exchanges(now):
        return ok(f"{', '.join(trading)} {'trade' if len(trading) > 1 else 'trades'} now")
    opening = next_opening([each for each in Exchange if each is not Exchange.UNKNOWN], now)
    return ok("closed" if opening is None else f"closed, opens {weekday_clock(opening)} IST")
