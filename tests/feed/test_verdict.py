"""What follows each failure, and that no reason carries a secret."""

from __future__ import annotations

import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHeader,
    InvalidMessage,
    InvalidProxy,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
)
from websockets.frames import Close
from websockets.http11 import Response

from kitetui.feed.verdict import Action, FeedSilent, Verdict, verdict

SECRET = "ws://127.0.0.1/?api_key=SECRET&access_token=SECRET"


def refusal(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, SECRET, Headers({"x": SECRET}), SECRET.encode()))


@pytest.mark.parametrize(
    ("failure", "action", "reason"),
    [
        (refusal(403), Action.WAIT_FOR_TOKEN, "login refused (403): the access token has expired"),
        (refusal(401), Action.WAIT_FOR_TOKEN, "login refused (401)"),
        (refusal(429), Action.RETRY_LATER, "too many connections (429)"),
        (refusal(400), Action.RETRY, "malformed (400)"),
        (refusal(502), Action.RETRY, "the server answered 502"),
        (FeedSilent("silent for 5 s"), Action.RETRY, "silent for 5 s"),
        (ConnectionClosedError(None, None), Action.RETRY, "broke off (1006)"),
        (ConnectionClosedError(Close(1011, "full"), None), Action.RETRY, "closed by the server (1011: full)"),
        (
            ConnectionClosedOK(Close(1000, ""), Close(1000, ""), True),
            Action.RETRY,
            "closed by the server (1000)",
        ),
        (
            ConnectionClosedError(None, Close(1009, "too big"), None),
            Action.RETRY,
            "closed from here (1009: too big)",
        ),
        (TimeoutError(SECRET), Action.RETRY, "did not answer the handshake in time"),
        (InvalidMessage(SECRET), Action.RETRY, "does not answer as a WebSocket server"),
        (InvalidHeader("Upgrade", SECRET), Action.RETRY, "does not answer as a WebSocket server"),
        (InvalidProxy(SECRET, SECRET), Action.RETRY, "the proxy"),
        (InvalidProxyStatus(Response(407, SECRET, Headers())), Action.RETRY, "the proxy"),
        (ImportError(SECRET), Action.RETRY, "the proxy"),
        (ssl.SSLError(1, SECRET), Action.RETRY, "no secure connection"),
        (ConnectionRefusedError(111, SECRET), Action.RETRY, "nothing listens at that address"),
        (socket.gaierror(-2, "Name or service not known"), Action.RETRY, "Name or service not known"),
        (OSError(113, "No route to host"), Action.RETRY, "no connection: No route to host"),
        (OSError(SECRET), Action.RETRY, "no connection: OSError"),
        (InvalidURI(SECRET, SECRET), Action.RETRY, "the connection failed: InvalidURI"),
        (KeyError(SECRET), Action.RETRY, "a bug of this program (KeyError)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_failure_has_its_action_and_a_reason_without_secrets(
    failure: Exception, action: Action, reason: str
) -> None:
    decision = verdict(failure)
    assert decision.action is action
    assert reason in decision.reason
    assert "SECRET" not in decision.reason


def test_a_key_in_use_may_be_in_use_by_what_was_lost_here() -> None:
    reason = verdict(refusal(429), was_up=True).reason
    assert "the server may still count those that were lost here" in reason
    assert "another program uses this API key" in reason
    assert "lost here" not in verdict(refusal(429)).reason


def test_only_what_is_not_known_is_a_bug() -> None:
    assert verdict(RuntimeError(SECRET)).is_bug
    known = refusal(418), OSError(), InvalidURI("", ""), TimeoutError()
    assert not any(verdict(each).is_bug for each in known)


def test_only_a_refused_login_is_final() -> None:
    final = [status for status in range(300, 600) if verdict(refusal(status)).action is Action.WAIT_FOR_TOKEN]
    assert final == [401, 403]


def test_a_verdict_is_a_value() -> None:
    assert verdict(refusal(503)) == Verdict(Action.RETRY, "the server answered 503")
