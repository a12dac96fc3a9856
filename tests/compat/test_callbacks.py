"""How events become calls of a client's callbacks."""

from __future__ import annotations

from typing import Any

import pytest

from kitetui import decode_frame
from kitetui.compat import KiteTicker
from kitetui.compat.callbacks import Callbacks
from kitetui.compat.inbox import Call, Event, Frame, Inbox
from kitetui.wire import HEARTBEAT
from tests.feed.helpers import ltp_frame

Calls = list[tuple[Any, ...]]


def calls_after(*events: Event, capacity: int = 10, **callbacks: Any) -> Calls:
    """Call a client back for these events, and return what on_ticks, on_message and on_error were given."""
    client, calls = KiteTicker("key", "token"), Calls()
    client.on_ticks = lambda ws, ticks: calls.append(("ticks", ticks))
    client.on_error = lambda ws, code, reason: calls.append(("error", code, reason))
    for name, callback in callbacks.items():
        setattr(client, name, callback)
    inbox = Inbox(capacity)
    for event in events:
        inbox.put(event)
    inbox.close()
    Callbacks(client, inbox).run()
    return calls


def test_each_message_is_one_call_with_the_dictionaries_of_its_ticks() -> None:
    frames = [ltp_frame(100, 200), ltp_frame(300)]
    assert calls_after(*map(Frame, frames)) == [
        ("ticks", [tick | {"snapshot": False} for tick in decode_frame(each).to_dicts()]) for each in frames
    ]


def test_each_tick_says_whether_it_may_be_an_answer_of_the_server() -> None:
    calls = calls_after(Frame(ltp_frame(100, 200, 100), (0, 2)), Frame(ltp_frame(300)))
    assert [[tick["snapshot"] for tick in ticks] for _, ticks in calls] == [[True, False, True], [False]]
    assert {type(tick["snapshot"]) for _, ticks in calls for tick in ticks} == {bool}


def test_a_message_is_given_as_it_came_before_its_ticks() -> None:
    calls = Calls()
    calls_after(
        Frame(ltp_frame(100)),
        Frame(HEARTBEAT),
        on_message=lambda ws, payload, is_binary: calls.append((payload, is_binary)),
        on_ticks=lambda ws, ticks: calls.append(("ticks", len(ticks))),
    )
    assert calls == [(ltp_frame(100), True), ("ticks", 1), (HEARTBEAT, True)]


def test_what_has_no_callback_is_passed_over() -> None:
    assert calls_after(Frame(ltp_frame(100)), Call("on_connect", (None,)), on_ticks=None) == []


def test_packets_that_cannot_be_read_are_logged_and_the_others_handed_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    torn = b"\x00\x02" + ltp_frame(100)[2:] + b"\x00\x03abc"
    ((_, ticks),) = calls_after(Frame(torn, (0,)))
    assert [(tick["last_price"], tick["snapshot"]) for tick in ticks] == [(1.0, True)]
    assert "a packet was passed over" in caplog.text


def test_an_error_in_on_error_is_logged_alone(caplog: pytest.LogCaptureFixture) -> None:
    def on_error(ws: KiteTicker, code: int, reason: str) -> None:
        raise ZeroDivisionError

    calls = calls_after(Call("on_error", (0, "")), Frame(ltp_frame(100)), on_error=on_error)
    assert [call[0] for call in calls] == ["ticks"]
    assert caplog.text.count("on_error failed") == 1


def test_a_loss_is_told_once_and_first() -> None:
    calls = calls_after(*(Frame(ltp_frame(price)) for price in (1, 2, 3, 4)), capacity=2)
    assert [call[0] for call in calls] == ["error", "ticks", "ticks"]
    assert calls[0][1] == 0
    assert "too slow" in calls[0][2]
