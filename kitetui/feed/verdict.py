"""What to do when a connection could not be made or was lost: one function decides."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)


class Action(Enum):
    """What follows a failure."""

    RETRY = auto()
    """Dial again after the usual backoff."""
    RETRY_LATER = auto()
    """Dial again, but not at once: the key's connections are in use."""
    WAIT_FOR_TOKEN = auto()
    """Do not dial again with this access token: the answer would be the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows a failure, and why, in words that are fit to be shown.

    is_bug: whether it is a failure that this program does not know, and so one of its own.
    """

    action: Action
    reason: str
    is_bug: bool = False


class FeedSilent(Exception):  # noqa: N818 - a state of the feed that ends a session, not an error of its own
    """No frame came for too long, whatever the socket says."""


class TokenUnreadable(Exception):  # noqa: N818 - what the token's source failed of is its cause
    """The source of the access token failed."""


def verdict(failure: Exception, *, was_up: bool = False) -> Verdict:
    """Decide on a failure.

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
            return Verdict(Action.RETRY, f"the access token could not be read: {failure}")
        case FeedSilent():
            return Verdict(Action.RETRY, str(failure))
        case ConnectionClosed():
            return Verdict(Action.RETRY, _closed(failure))
        case TimeoutError():
            return Verdict(Action.RETRY, "the server did not answer the handshake in time")
        case InvalidProxy() | ProxyError() | ImportError():
            return Verdict(Action.RETRY, "the proxy named by the environment cannot be used")
        case InvalidHandshake():
            return Verdict(Action.RETRY, "the server does not answer as a WebSocket server")
        case ssl.SSLError():
            # Errors that do not come from OpenSSL itself lack the attribute.
            reason = getattr(failure, "reason", None) or "TLS failed"
            return Verdict(Action.RETRY, f"no secure connection: {reason}")
        case ConnectionRefusedError():
            return Verdict(Action.RETRY, "nothing listens at that address")
        case OSError():
            return Verdict(Action.RETRY, f"no connection: {failure.strerror or type(failure).__name__}")
        case WebSocketException():
            return Verdict(Action.RETRY, f"the connection failed: {type(failure).__name__}")
    return Verdict(Action.RETRY, f"a bug of this program ({type(failure).__name__})", is_bug=True)


def _refused(status: int, *, was_up: bool) -> Verdict:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Verdict(
                Action.WAIT_FOR_TOKEN, f"login refused ({status}): the access token has expired or is wrong"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            ours = "the server may still count those that were lost here, or " if was_up else ""
            return Verdict(
                Action.RETRY_LATER, f"too many connections (429): {ours}another program uses this API key"
            )
        case HTTPStatus.BAD_REQUEST:
            return Verdict(Action.RETRY, "the server found the request malformed (400)")
    return Verdict(Action.RETRY, f"the server answered {status}")


def _closed(failure: ConnectionClosed) -> str:
    if failure.rcvd is not None:
        reason = f": {failure.rcvd.reason}" if failure.rcvd.reason else ""
        return f"closed by the server ({failure.rcvd.code}{reason})"
    if failure.sent is not None:
        return f"closed from here ({failure.sent.code}: {failure.sent.reason or 'no reason'})"
    return "the connection broke off (1006)"
