"""What a connection is sent, decided without a socket."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.instruments import Universe
from kitetui.simulator.market import Market
from kitetui.simulator.subscriptions import LIMIT_TEXT, Subscriptions
from kitetui.wire import Mode, SetMode, Subscribe, Unsubscribe, layout

INFY, SBIN, NIFTY, UNKNOWN = 408065, 779521, 256265, 779777


@pytest.fixture
def market() -> Market:
    return Market(Universe.load(), seed=1, now=0)


@pytest.fixture
def subscriptions(market: Market) -> Subscriptions:
    return Subscriptions(market)


def taken(market: Market, subscriptions: Subscriptions) -> dict[int, int]:
    """Take what waits: the packet length by token."""
    rows, lengths = subscriptions.take()
    return dict(zip(market.words[rows, layout.TOKEN].tolist(), lengths, strict=True))


def change(market: Market, subscriptions: Subscriptions, *tokens: int) -> bool:
    return subscriptions.changed(np.array([market.row_of[token] for token in tokens]))


def test_a_subscription_is_a_quote_and_waits_at_once(market: Market, subscriptions: Subscriptions) -> None:
    assert subscriptions.apply(Subscribe((INFY, NIFTY))) is None
    assert taken(market, subscriptions) == {INFY: layout.QUOTE, NIFTY: layout.INDEX_QUOTE}
    assert taken(market, subscriptions) == {}


@pytest.mark.parametrize(
    ("mode", "share", "index"),
    [
        (Mode.LTP, layout.LTP, layout.LTP),
        (Mode.QUOTE, layout.QUOTE, layout.INDEX_QUOTE),
        (Mode.FULL, layout.FULL, layout.INDEX_FULL),
    ],
)
def test_a_mode_is_a_packet_length(
    market: Market, subscriptions: Subscriptions, mode: Mode, share: int, index: int
) -> None:
    subscriptions.apply(Subscribe((INFY, NIFTY)))
    subscriptions.take()
    subscriptions.apply(SetMode(mode, (INFY, NIFTY)))
    assert taken(market, subscriptions) == {INFY: share, NIFTY: index}


def test_the_mode_of_what_is_not_subscribed_is_nothing(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(SetMode(Mode.FULL, (INFY, UNKNOWN)))
    assert not subscriptions.waiting
    subscriptions.apply(Subscribe((INFY,)))
    assert taken(market, subscriptions) == {INFY: layout.QUOTE}


def test_only_what_is_subscribed_waits(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    subscriptions.take()
    assert not change(market, subscriptions, SBIN)
    assert change(market, subscriptions, INFY, SBIN)
    subscriptions.apply(Unsubscribe((INFY, UNKNOWN)))
    assert taken(market, subscriptions) == {}
    assert not change(market, subscriptions, INFY)


def test_a_slow_client_is_sent_a_row_once_however_often_it_changed(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    for _ in range(10):
        change(market, subscriptions, INFY)
    assert len(subscriptions.take()[0]) == 1


def test_in_mode_ltp_only_another_price_is_a_change(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    subscriptions.apply(SetMode(Mode.LTP, (INFY,)))
    subscriptions.take()
    assert not change(market, subscriptions, INFY)
    market.words[market.row_of[INFY], layout.LAST_PRICE] += 10
    assert change(market, subscriptions, INFY)


def test_an_unknown_token_gets_nothing_but_counts(market: Market, subscriptions: Subscriptions) -> None:
    assert subscriptions.apply(Subscribe((UNKNOWN,) * 3_000)) is None
    assert not subscriptions.waiting
    assert subscriptions.apply(Subscribe((INFY,))) == LIMIT_TEXT
    assert not subscriptions.waiting


def test_a_token_sent_twice_counts_twice_and_streams_once(
    market: Market, subscriptions: Subscriptions
) -> None:
    assert subscriptions.apply(Subscribe((INFY,) * 2_999)) is None
    assert taken(market, subscriptions) == {INFY: layout.QUOTE}
    assert subscriptions.apply(Subscribe((SBIN, NIFTY))) == LIMIT_TEXT
    assert taken(market, subscriptions) == {SBIN: layout.QUOTE}
    subscriptions.apply(Unsubscribe((INFY,)))
    assert subscriptions.apply(Subscribe((NIFTY,))) is None


def test_a_token_sent_again_keeps_its_mode(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    subscriptions.apply(SetMode(Mode.FULL, (INFY,)))
    subscriptions.apply(Subscribe((INFY,)))
    assert taken(market, subscriptions) == {INFY: layout.FULL}
