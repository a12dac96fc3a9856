"""What waits for slow callbacks, and what of it is dropped."""

from __future__ import annotations

import threading

from kitetui.compat.inbox import Call, Event, Frame, Inbox

CLOSED = Call("on_close")


def inbox_of(*events: Event, capacity: int = 3) -> Inbox:
    inbox = Inbox(capacity)
    for event in events:
        inbox.put(event)
    return inbox


def all_of(inbox: Inbox) -> list[Event]:
    """Close it, and take what is in it."""
    inbox.close()
    return list(iter(inbox.take, None))


def test_events_come_out_in_the_order_in_which_they_went_in() -> None:
    events = [Call("on_connect"), Frame(b"1"), Frame(b"2")]
    assert all_of(inbox_of(*events)) == events


def test_a_full_inbox_drops_its_oldest_market_data_and_counts_it() -> None:
    inbox = inbox_of(Call("on_connect"), Frame(b"1"), Frame(b"2"), Frame(b"3"), CLOSED)
    assert inbox.lost == 2
    assert all_of(inbox) == [Call("on_connect"), Frame(b"3"), CLOSED]


def test_an_inbox_full_of_other_things_drops_the_oldest_of_them() -> None:
    calls = [Call("on_reconnect", (number,)) for number in range(4)]
    inbox = inbox_of(*calls)
    assert inbox.lost == 1
    assert all_of(inbox) == calls[1:]


def test_a_muted_inbox_hands_out_nothing_but_what_it_is_closed_with() -> None:
    inbox = inbox_of(Frame(b"1"))
    inbox.mute()
    inbox.put(Frame(b"2"))
    inbox.close(CLOSED)
    inbox.put(Frame(b"3"))
    assert [inbox.take(), inbox.take(), inbox.take()] == [CLOSED, None, None]


def test_whoever_takes_waits_for_what_comes() -> None:
    inbox = inbox_of()
    taken: list[Event | None] = []
    thread = threading.Thread(target=lambda: taken.extend(iter(inbox.take, None)))
    thread.start()
    inbox.put(Frame(b"1"))
    inbox.close(CLOSED)
    thread.join(10)
    assert taken == [Frame(b"1"), CLOSED]


def test_market_data_that_waits_is_bounded_by_bytes_too() -> None:
    inbox = Inbox(100, 1_000)
    inbox.put(Call("on_connect"))
    frames = [Frame(bytes([number]) * 400) for number in range(5)]
    for each in frames:
        inbox.put(each)
    assert inbox.lost == 3
    assert inbox.take() == Call("on_connect")
    assert inbox.take() == frames[3]
    inbox.put(frames[0])
    assert inbox.lost == 3, "what was taken leaves room"
    large = Frame(bytes(5_000))
    inbox.put(large)
    inbox.put(CLOSED)
    assert inbox.lost == 5
    assert all_of(inbox) == [large, CLOSED]
