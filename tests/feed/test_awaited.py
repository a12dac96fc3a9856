"""The first tick of a token after it was asked for is the one that the server had kept."""

from __future__ import annotations

from kitetui.feed.awaited import Awaited
from kitetui.wire import Mode, SetMode, Subscribe, Unsubscribe


def flags(awaited: Awaited, *tokens: int) -> list[bool]:
    return awaited.flags(tokens).tolist()


def test_the_first_tick_of_each_token_after_a_subscribe_is_a_kept_one() -> None:
    awaited = Awaited()
    awaited.asked(Subscribe((257, 513)))
    assert flags(awaited, 257, 257, 513, 769) == [True, False, True, False]
    assert flags(awaited, 257, 513) == [False, False]


def test_another_token_that_never_ticks_changes_nothing_for_the_others() -> None:
    awaited = Awaited()
    awaited.asked(Subscribe((257, 0xFFFFFF01)))
    assert flags(awaited, 257) == [True]
    assert flags(awaited, 257, 257) == [False, False]
    assert flags(awaited, 0xFFFFFF01) == [True]


def test_a_change_of_mode_brings_no_kept_tick() -> None:
    awaited = Awaited()
    awaited.asked(SetMode(Mode.FULL, (257,)))
    assert flags(awaited, 257) == [False]


def test_what_is_unsubscribed_or_lost_with_the_connection_is_awaited_no_longer() -> None:
    awaited = Awaited()
    awaited.asked(Subscribe((257, 513)))
    awaited.asked(Unsubscribe((257,)))
    assert flags(awaited, 257) == [False]
    awaited.forget_all()
    assert flags(awaited, 513) == [False]


def test_a_token_that_is_asked_for_again_has_a_kept_tick_again() -> None:
    awaited = Awaited()
    awaited.asked(Subscribe((257,)))
    assert flags(awaited, 257) == [True]
    awaited.asked(Subscribe((257,)))
    assert flags(awaited, 257, 257) == [True, False]
