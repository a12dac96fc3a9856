"""How long an access token lives: until about six in the morning in India, whenever it was given."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from kitetui.account.secrets import Secrets
from kitetui.account.vault import DEFAULT, login_command
from kitetui.formatting import weekday_clock
from kitetui.times import IST

_ENDS: Final = time(6, 0)


def valid_until(issued_at: float) -> float:
    """Return when a token that was issued then ends: the next six o'clock in India, in UTC seconds."""
    issued = datetime.fromtimestamp(issued_at, IST)
    end = datetime.combine(issued.date(), _ENDS, IST)
    return (end if issued < end else end + timedelta(days=1)).timestamp()


def ended(secrets: Secrets, now: float, account: str = DEFAULT) -> str | None:
    """Return the sentence that says that the token has ended, None while it may be alive.

    Of a token whose time of issue is not known, nothing is said.
    """
    if secrets.issued_at is None or now < (end := valid_until(secrets.issued_at)):
        return None
    return f"the access token ended on {weekday_clock(end)} IST; log in with {login_command(account)}"
