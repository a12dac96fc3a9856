"""What follows each failure, that no reason carries a secret, and the waits between attempts."""

from __future__ import annotations

import socket
import ssl
from itertools import islice
from random import Random

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

from kitetui.feed.retry import CAP, QUICK, Action, FeedSilent, backoff, classify_failure, until_freed

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
    decision = classify_failure(failure)
    assert decision.action is action
    assert reason in decision.reason
    assert "SECRET" not in decision.reason


def test_a_key_in_use_may_be_in_use_by_what_was_lost_here() -> None:
    reason = classify_failure(refusal(429), was_up=True).reason
    assert "the server may still count those that were lost here" in reason
    assert "another program uses this API key" in reason
    assert "lost here" not in classify_failure(refusal(429)).reason


def test_only_what_is_not_known_is_a_bug() -> None:
    assert classify_failure(RuntimeError(SECRET)).is_bug
    known = refusal(418), OSError(), InvalidURI("", ""), TimeoutError()
    assert not any(classify_failure(each).is_bug for each in known)


def test_only_a_refused_login_is_final() -> None:
    final = [
        status
        for status in range(300, 600)
        if classify_failure(refusal(status)).action is Action.WAIT_FOR_TOKEN
    ]
    assert final == [401, 403]


def test_how_the_server_closed_or_refused_a_connection_is_there_for_programs() -> None:
    closed = classify_failure(ConnectionClosedError(Close(1011, "full (now)"), None))
    assert (closed.code, closed.said, closed.status) == (1011, "full (now)", None)
    refused = classify_failure(refusal(403))
    assert (refused.code, refused.said, refused.status) == (None, "", 403)
    hung_up = classify_failure(ConnectionClosedError(None, Close(1009, "too big"), None))
    assert (hung_up.code, hung_up.status) == (None, None)


class Highest(Random):
    """A generator of random numbers that always draws the highest."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_ceiling_starts_quick_then_doubles_from_the_base_to_the_cap() -> None:
    assert list(islice(backoff(2.0, rng=Highest()), 9)) == [QUICK, 2, 4, 8, 16, 32, CAP, CAP, CAP]


def test_a_base_below_the_quick_wait_is_never_exceeded_by_the_first() -> None:
    assert list(islice(backoff(0.01, cap=0.03, rng=Highest()), 5)) == [0.01, 0.01, 0.02, 0.03, 0.03]


def test_a_base_above_the_cap_is_the_longest_wait() -> None:
    assert max(islice(backoff(100.0, rng=Highest()), 5)) <= 100.0


def test_every_wait_is_drawn_from_the_whole_range_below_its_ceiling() -> None:
    for seed in range(50):
        waits = list(islice(backoff(2.0, rng=Random(seed)), 10))
        ceilings = list(islice(backoff(2.0, rng=Highest()), 10))
        assert all(0 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    late = [list(islice(backoff(2.0, rng=Random(seed)), 10))[-1] for seed in range(50)]
    assert min(late) < CAP / 4 < 3 * CAP / 4 < max(late)


def test_the_same_seed_gives_the_same_waits() -> None:
    first, second = backoff(2.0, rng=Random(7)), backoff(2.0, rng=Random(7))
    assert list(islice(first, 10)) == list(islice(second, 10))


@pytest.mark.parametrize("seed", range(20))
def test_a_place_of_our_own_is_asked_for_within_seconds_and_ever_later_up_to_the_cap(seed: int) -> None:
    waits = list(islice(until_freed(backoff(1.0, rng=Random(seed))), 9))
    for wait, least in zip(waits, [1, 2, 4, 8, 16, 32], strict=False):
        assert least <= wait <= 2 * least
    assert waits[6:] == [CAP] * 3


def test_waits_for_a_place_differ() -> None:
    seconds = {list(islice(until_freed(backoff(1.0, rng=Random(seed))), 3))[2] for seed in range(20)}
    assert len(seconds) == 20


def test_no_wait_for_a_place_is_above_its_cap() -> None:
    assert set(islice(until_freed(backoff(1.0), 0.05), 9)) == {0.05}
