"""What the REST service answers: whether it works, whether it takes the token, and what time it has."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kitetui.account import EndpointProfile, valid_until
from kitetui.account.problems import ServiceDownError, UnexpectedAnswerError, UnreachableError
from kitetui.account.rest import KiteRest, User
from kitetui.doctor.finding import Finding, failed, failure_of, milliseconds, ok, skipped, warning
from kitetui.doctor.login import Login
from kitetui.errors import UserError
from kitetui.formatting import duration, weekday_clock

CLOCK_IS_RIGHT: Final = 2.0
"""Seconds that a clock may be off; the answers' dates are in whole ones."""

CLOCK_IS_WRONG: Final = 60.0
"""Seconds from which on what is derived from the clock is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said when it was asked whose token it is.

    said: whose, or why it does not say.
    clock_ahead: seconds that this machine's clock is ahead of the service's, None where that is not known.
    seconds: how long the answer took.
    """

    said: User | UserError
    clock_ahead: float | None
    seconds: float

    @property
    def came(self) -> bool:
        """Whether the service itself answered, be it with a refusal."""
        return not isinstance(self.said, ServiceDownError | UnreachableError | UnexpectedAnswerError)


async def ask_service(login: Login, limit: float, now: Callable[[], float]) -> Answer:
    """Ask the service whose token it is; without one too, since a refusal has a date as well."""
    api_key, access_token = (
        (login.secrets.api_key, login.secrets.access_token) if login.secrets is not None else ("", "")
    )
    said: User | UserError
    async with KiteRest(login.endpoint, api_key, timeout=limit, now=now) as kite:
        started = time.monotonic()
        try:
            said = await kite.user(access_token)
        except UserError as error:
            said = error
        return Answer(said, kite.clock_ahead, time.monotonic() - started)


def service(endpoint: EndpointProfile, answer: Answer) -> Finding:
    """Say whether the service works."""
    if isinstance(answer.said, UserError) and not answer.came:
        return failure_of(answer.said)
    return ok(f"{endpoint.name} answers in {milliseconds(answer.seconds)}")


def token(answer: Answer, now: float) -> Finding:
    """Say whether the access token is alive, and until when.

    now: by this machine's clock, in UTC seconds.
    """
    if not answer.came:
        return skipped("the REST service does not answer")
    if isinstance(answer.said, UserError):
        return failure_of(answer.said)
    # A token that is alive ends at the next six o'clock, whenever it was given.
    until = weekday_clock(valid_until(now - (answer.clock_ahead or 0.0)))
    return ok(f"alive until {until} IST, of user {answer.said.user_id}")


def clock(answer: Answer) -> Finding:
    """Say whether this machine's clock is right; ages and market hours rest on it."""
    if answer.clock_ahead is None:
        return skipped("there was no answer with a date")
    off = abs(answer.clock_ahead)
    if off <= CLOCK_IS_RIGHT + answer.seconds:
        return ok(f"within {CLOCK_IS_RIGHT:.0f} seconds of the service's")
    found = f"{duration(off)} {'ahead of' if answer.clock_ahead > 0 else 'behind'} the service's"
    if off <= CLOCK_IS_WRONG:
        return warning(found, "have it set over the network, or ages are off by as much")
    return failed(found, "have it set over the network, or ages and market hours are wrong by as much")
