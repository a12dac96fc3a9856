"""The retry policy: what follows a failure, and how long to wait before the next attempt."""

from __future__ import annotations

import random
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)

from kitetui.errors import UserError

QUICK: Final = 0.2
CAP: Final = 60.0
"""Seconds: the first wait at most, and every wait at most."""


class Action(Enum):
    """What follows a failure."""

    RETRY = auto()
    """Dial again after the usual backoff."""
    RETRY_LATER = auto()
    """Dial again, but not at once: the key's connections are in use."""
    WAIT_FOR_TOKEN = auto()
    """Do not dial again with this access token: the answer would be the same."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection failed, in words that are fit to be shown, and what follows.

    code, said: the close code (RFC 6455, section 7.4) and the words with which the server closed it; None
    where it did not. status: the HTTP status with which it refused the handshake, None where it did not.
    is_bug: whether it is a failure that this program does not know, and so one of its own.
    """

    reason: str
    action: Action = Action.RETRY
    code: int | None = None
    said: str = ""
    status: int | None = None
    is_bug: bool = False


class FeedSilent(Exception):  # noqa: N818 - a state of the feed that ends a session, not an error of its own
    """No frame came for too long, whatever the socket says."""


class TokenUnreadable(Exception):  # noqa: N818 - what the token's source failed of is its cause
    """The source of the access token failed."""


def classify_failure(failure: Exception, *, was_up: bool = False) -> Failure:
    """Say why a connection failed, and decide what follows.

    A 403 is final for its token: that is dead or wrong, or of a plan without market data, and dialling on
    does not change it. A 429 means that other programs hold the key's connections, or that the server still
    counts those which were lost here. Everything else is taken for momentary. The reasons are made here, from
    types and codes, so that no text of an exception can carry a URL, and with it a token, to the screen.

    was_up: whether the connection was up before, so that a place of it may still be counted.
    """
    match failure:
        case InvalidStatus():
            return _refused(failure.response.status_code, was_up=was_up)
        case TokenUnreadable():
            return Failure(f"the access token could not be read: {failure}")
        case FeedSilent():
            return Failure(str(failure))
        case ConnectionClosed():
            return _closed(failure)
        case TimeoutError():
            return Failure("the server did not answer the handshake in time")
        case UserError():
            return Failure(str(failure))
        case InvalidProxy() | ProxyError() | ImportError():
            return Failure("the proxy named by the environment cannot be used")
        case InvalidHandshake():
            return Failure("the server does not answer as a WebSocket server")
        case ssl.SSLError():
            # Errors that do not come from OpenSSL itself lack the attribute.
            reason = getattr(failure, "reason", None) or "TLS failed"
            return Failure(f"no secure connection: {reason}")
        case ConnectionRefusedError():
            return Failure("nothing listens at that address")
        case OSError():
            return Failure(f"no connection: {failure.strerror or type(failure).__name__}")
        case WebSocketException():
            return Failure(f"the connection failed: {type(failure).__name__}")
    return Failure(f"a bug of this program ({type(failure).__name__})", is_bug=True)


def _refused(status: int, *, was_up: bool) -> Failure:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            reason = f"login refused ({status}): the access token has expired or is wrong"
            return Failure(reason, Action.WAIT_FOR_TOKEN, status=status)
        case HTTPStatus.TOO_MANY_REQUESTS:
            ours = "the server may still count those that were lost here, or " if was_up else ""
            reason = f"too many connections (429): {ours}another program uses this API key"
            return Failure(reason, Action.RETRY_LATER, status=status)
        case HTTPStatus.BAD_REQUEST:
            return Failure("the server found the request malformed (400)", status=status)
    return Failure(f"the server answered {status}", status=status)


def _closed(failure: ConnectionClosed) -> Failure:
    if failure.rcvd is not None:
        code, said = failure.rcvd.code, failure.rcvd.reason
        return Failure(f"closed by the server ({f'{code}: {said}' if said else code})", code=code, said=said)
    if failure.sent is not None:
        return Failure(f"closed from here ({failure.sent.code}: {failure.sent.reason or 'no reason'})")
    return Failure("the connection broke off (1006)")


def backoff(base: float, cap: float = CAP, rng: random.Random | None = None) -> Iterator[float]:
    """Yield the seconds to wait before each attempt, without end.

    The first is nearly at once, because most losses are momentary. Then each is drawn from between 0 and
    a ceiling that starts at `base` and doubles up to `cap`: with full jitter, many clients of a server that
    comes back do not all dial in the same instant.
    """
    draw = (rng or random.Random()).uniform  # noqa: S311 - jitter, not a secret
    yield draw(0, min(QUICK, base))
    ceiling = base
    while True:
        yield draw(0, ceiling)
        ceiling = min(cap, ceiling * 2)


def until_freed(draws: Iterator[float], cap: float = CAP) -> Iterator[float]:
    """Yield the seconds to wait for a place that the server may still count for a connection of our own.

    A server takes seconds to notice that a connection is gone, so the first waits are short. As they grow it
    becomes likelier that others hold the places; the last are as long as for any key in use elsewhere.

    draws: the jitter, which grows too; see `backoff`.
    """
    for least in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        yield min(cap, least + min(next(draws), least))
    while True:
        yield cap
