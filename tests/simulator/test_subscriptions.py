"""What a connection is sent, decided without a socket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kitetui.instruments import Universe
from kitetui.simulator.client import LIMIT_TEXT, Due, Subscriptions
from kitetui.simulator.faults import Answering
from kitetui.simulator.market import Market
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
    due = subscriptions.take()
    return dict(zip(market.words[due.rows, layout.TOKEN].tolist(), due.lengths, strict=True))


def answers(market: Market, take: Callable[[], Due]) -> dict[int, bool]:
    """Take what waits: by token whether it is an answer and no news."""
    due = take()
    return dict(zip(market.words[due.rows, layout.TOKEN].tolist(), due.answers.tolist(), strict=True))


def move_price(market: Market, token: int, paise: int) -> None:
    market.words[market.row_of[token], layout.LAST_PRICE] += paise


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
    assert len(subscriptions.take().rows) == 1


def test_in_mode_ltp_only_another_price_is_a_change(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    subscriptions.apply(SetMode(Mode.LTP, (INFY,)))
    subscriptions.take()
    assert not change(market, subscriptions, INFY)
    move_price(market, INFY, 10)
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


def test_what_was_asked_for_is_an_answer_and_what_changed_is_news(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY, SBIN)))
    assert answers(market, subscriptions.take) == {INFY: True, SBIN: True}
    change(market, subscriptions, SBIN)
    subscriptions.apply(SetMode(Mode.FULL, (INFY,)))
    assert answers(market, subscriptions.take) == {INFY: True, SBIN: False}


def test_an_answer_that_news_joins_is_news_whichever_came_first(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY, SBIN, NIFTY)))
    change(market, subscriptions, INFY)
    assert answers(market, subscriptions.take) == {INFY: False, SBIN: True, NIFTY: True}
    change(market, subscriptions, SBIN)
    subscriptions.apply(SetMode(Mode.FULL, (SBIN, NIFTY)))
    assert answers(market, subscriptions.take) == {SBIN: False, NIFTY: True}


def test_what_changed_before_it_was_subscribed_is_an_answer(
    market: Market, subscriptions: Subscriptions
) -> None:
    move_price(market, INFY, 10)
    change(market, subscriptions, INFY)
    subscriptions.apply(Subscribe((INFY,)))
    assert answers(market, subscriptions.take) == {INFY: True}
    change(market, subscriptions, INFY)
    subscriptions.apply(Unsubscribe((INFY,)))
    change(market, subscriptions, INFY)
    subscriptions.apply(Subscribe((INFY,)))
    assert answers(market, subscriptions.take) == {INFY: True}


def test_in_mode_ltp_an_answer_is_joined_by_another_price_alone(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    change(market, subscriptions, INFY)
    subscriptions.apply(SetMode(Mode.LTP, (INFY,)))
    change(market, subscriptions, INFY)
    assert answers(market, subscriptions.take) == {INFY: True}
    subscriptions.apply(SetMode(Mode.LTP, (INFY,)))
    move_price(market, INFY, 10)
    change(market, subscriptions, INFY)
    assert answers(market, subscriptions.take) == {INFY: False}


def test_in_mode_ltp_a_price_that_comes_back_before_it_is_sent_is_no_news(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY,)))
    subscriptions.apply(SetMode(Mode.LTP, (INFY,)))
    subscriptions.take()
    move_price(market, INFY, 10)
    assert change(market, subscriptions, INFY)
    move_price(market, INFY, -10)
    assert not change(market, subscriptions, INFY)


def test_a_mode_need_not_be_answered(market: Market, subscriptions: Subscriptions) -> None:
    subscriptions.apply(Subscribe((INFY,)), Answering.SUBSCRIBE_ALONE)
    assert answers(market, subscriptions.take) == {INFY: True}
    subscriptions.apply(SetMode(Mode.FULL, (INFY,)), Answering.SUBSCRIBE_ALONE)
    assert not subscriptions.waiting
    change(market, subscriptions, INFY)
    assert taken(market, subscriptions) == {INFY: layout.FULL}


def test_answers_are_taken_with_the_news_of_their_rows_and_leave_other_news(
    market: Market, subscriptions: Subscriptions
) -> None:
    subscriptions.apply(Subscribe((INFY, SBIN)))
    subscriptions.take()
    change(market, subscriptions, INFY, SBIN)
    subscriptions.apply(Subscribe((NIFTY,)))
    subscriptions.apply(SetMode(Mode.FULL, (INFY,)))
    assert answers(market, subscriptions.take_answers) == {INFY: False, NIFTY: True}
    assert answers(market, subscriptions.take_answers) == {}
    assert answers(market, subscriptions.take) == {SBIN: False}
