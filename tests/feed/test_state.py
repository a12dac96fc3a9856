"""The feed's state out of those of its connections."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from kitetui.feed import ConnectionState, FeedState, FeedStatus, feed_status

UNUSED, CONNECTING, LIVE = ConnectionState.UNUSED, ConnectionState.CONNECTING, ConnectionState.LIVE
RETRYING, DOWN = ConnectionState.RETRYING, ConnectionState.DOWN


@pytest.mark.parametrize(
    ("connections", "state"),
    [
        ([], FeedState.IDLE),
        ([UNUSED, UNUSED, UNUSED], FeedState.IDLE),
        ([CONNECTING, UNUSED, UNUSED], FeedState.CONNECTING),
        ([CONNECTING, LIVE, LIVE], FeedState.CONNECTING),
        ([LIVE, UNUSED, UNUSED], FeedState.LIVE),
        ([LIVE, LIVE, LIVE], FeedState.LIVE),
        ([LIVE, LIVE, RETRYING], FeedState.STALE),
        ([LIVE, LIVE, DOWN], FeedState.STALE),
        ([LIVE, CONNECTING, RETRYING], FeedState.STALE),
        ([RETRYING, UNUSED, UNUSED], FeedState.RETRYING),
        ([RETRYING, CONNECTING, DOWN], FeedState.RETRYING),
        ([DOWN, DOWN, RETRYING], FeedState.RETRYING),
        ([DOWN, DOWN, DOWN], FeedState.DOWN),
        ([DOWN, UNUSED, UNUSED], FeedState.DOWN),
    ],
)
def test_the_feeds_state_follows_from_those_of_its_connections(
    connections: list[ConnectionState], state: FeedState
) -> None:
    live, used = connections.count(LIVE), len(connections) - connections.count(UNUSED)
    for order in permutations(connections):
        assert feed_status(order) == FeedStatus(state, live, used)


def test_the_feed_is_live_only_when_every_connection_in_use_is() -> None:
    for states in product(ConnectionState, repeat=3):
        used = {state for state in states if state is not UNUSED}
        assert (feed_status(states).state is FeedState.LIVE) == (used == {LIVE})


def test_a_missing_connection_whose_symbols_are_elsewhere_degrades_the_feed_and_no_more() -> None:
    assert feed_status([LIVE, LIVE, RETRYING], [5, 5, 0]).state is FeedState.DEGRADED
    assert feed_status([LIVE, LIVE, RETRYING], [5, 5, 1]).state is FeedState.STALE
    assert feed_status([LIVE, DOWN], [5, 0]).state is FeedState.DEGRADED
    assert feed_status([RETRYING, DOWN], [0, 0]).state is FeedState.RETRYING


def test_a_feed_without_news_is_quiet_and_while_its_market_is_shut_it_is_closed_from_the_start() -> None:
    assert feed_status([LIVE], quiet_for=30).state is FeedState.LIVE
    assert feed_status([LIVE], quiet_for=31).state is FeedState.QUIET
    assert feed_status([LIVE], quiet_for=31, market_open=True).state is FeedState.QUIET
    assert feed_status([LIVE], quiet_for=31, market_open=False).state is FeedState.CLOSED
    assert feed_status([LIVE], quiet_for=1, market_open=False).state is FeedState.LIVE
    assert feed_status([LIVE], quiet_for=1, has_ticked=False, market_open=False).state is FeedState.CLOSED
    assert feed_status([LIVE], quiet_for=1, has_ticked=False, market_open=True).state is FeedState.LIVE
    assert feed_status([LIVE, RETRYING], quiet_for=31, market_open=False).state is FeedState.STALE


def test_one_mute_connection_is_an_alarm_whatever_the_others_do() -> None:
    assert feed_status([LIVE, LIVE], mute=[False, True]).state is FeedState.NO_TICKS
    assert feed_status([LIVE, LIVE], mute=[False, True], quiet_for=31).state is FeedState.NO_TICKS
    assert feed_status([LIVE, RETRYING], mute=[True, False]).state is FeedState.STALE
    assert feed_status([LIVE, RETRYING], [9, 0], mute=[True, False]).state is FeedState.NO_TICKS
    assert feed_status([LIVE, CONNECTING], mute=[True, False]).state is FeedState.NO_TICKS


def test_a_connection_without_any_news_makes_the_feed_quiet_though_others_tick() -> None:
    assert feed_status([LIVE, LIVE], still=True).state is FeedState.QUIET
    assert feed_status([LIVE, RETRYING], still=True).state is FeedState.STALE
