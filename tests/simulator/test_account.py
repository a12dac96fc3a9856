"""What the exchange tells of what it sends, and how it can be told to answer, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from websockets.asyncio.client import ClientConnection, connect

from kitetui.simulator import Answering, Sending, Sent, SimulatedExchange
from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, Unsubscribe, layout
from tests.simulator.clients import (
    INFY,
    NIFTY,
    NOW,
    SBIN,
    UNKNOWN,
    LoopTime,
    ask,
    error,
    frame,
    lengths,
    message,
    slow_connect,
    subscribe_in_full,
    ticks,
)


@dataclass
class Clock:
    """A clock that a test sets."""

    seconds: float = NOW

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def loop_time(monkeypatch: pytest.MonkeyPatch) -> LoopTime:
    return LoopTime(monkeypatch)


@pytest.fixture
def sent() -> list[Sent]:
    """All that the exchange gave an account of."""
    return []


@pytest.fixture
async def exchange(clock: Clock, sent: list[Sent]) -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, seed=3, heartbeat=0.05, now=clock, account=sent.append) as exchange:
        yield exchange


@pytest.fixture
async def client(exchange: SimulatedExchange) -> AsyncIterator[ClientConnection]:
    async with connect(exchange.url_with_credentials) as connection:
        yield connection


def answers(sent: Sent) -> dict[int, bool]:
    """Whether each token's packet is an answer and no news."""
    return dict(zip(sent.tokens, sent.answers, strict=True))


async def move(exchange: SimulatedExchange) -> None:
    """Change every row of the market."""
    await exchange.step(len(exchange.instruments))


async def read(client: ClientConnection) -> None:
    """Wait until the exchange has read what the client sent, and has answered it if it may."""
    await (await client.ping())
    await asyncio.sleep(0.01)


async def test_every_message_of_market_data_is_accounted_for_as_it_arrives(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await ask(client, Subscribe((INFY, SBIN, NIFTY)))
    arrived = [await frame(client)]
    for _ in range(5):
        await exchange.step(len(exchange.instruments) // 2)
    await move(exchange)
    while len(arrived) < len(sent):
        arrived.append(await frame(client))
    assert [each.frame for each in sent] == arrived
    assert {each.client for each in sent} == set(exchange.clients)


async def test_the_packets_are_told_in_their_order(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    tokens = tuple(each.instrument_token for each in exchange.instruments)
    await ask(client, Subscribe(tokens))
    assert tuple(lengths(await ticks(client))) == sent[0].tokens
    assert len(sent[0].tokens) == len(sent[0].answers) == len(sent[0].made_at) == len(tokens)


async def test_it_is_told_when_a_message_was_sent_and_when_its_rows_last_changed(
    exchange: SimulatedExchange, client: ClientConnection, clock: Clock, sent: list[Sent]
) -> None:
    clock.seconds = NOW + 10
    await move(exchange)
    clock.seconds = NOW + 20.25
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    clock.seconds = NOW + 30.5
    await move(exchange)
    await ticks(client)
    assert [(each.at, each.made_at) for each in sent] == [
        (NOW + 20.25, (NOW + 10,)),
        (NOW + 30.5, (NOW + 30.5,)),
    ]


async def test_a_row_that_never_changed_was_made_when_the_market_opened(
    client: ClientConnection, clock: Clock, sent: list[Sent]
) -> None:
    clock.seconds = NOW + 100
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    assert sent[0].made_at == (NOW,)


async def test_heartbeats_errors_and_what_a_test_sends_are_not_accounted_for(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    assert await message(client) == HEARTBEAT
    await client.send("not JSON")
    assert await error(client)
    await ask(client, Subscribe((UNKNOWN,)))
    await exchange.clients[0].send(b"\x00\x00")
    assert await frame(client) == b"\x00\x00"
    assert sent == []


async def test_clients_are_told_apart(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    async with connect(exchange.url_with_credentials) as second:
        await ask(second, Subscribe((SBIN,)))
        await ticks(second)
        assert [each.client for each in sent] == exchange.clients


async def test_what_was_asked_for_is_an_answer_and_what_moved_is_news(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await move(exchange)
    await ask(client, Subscribe((INFY, NIFTY)))
    await ticks(client)
    await move(exchange)
    await ticks(client)
    await ask(client, SetMode(Mode.FULL, (NIFTY,)))
    await ticks(client)
    assert [answers(each) for each in sent] == [
        {INFY: True, NIFTY: True},
        {INFY: False, NIFTY: False},
        {NIFTY: True},
    ]


async def test_what_moves_before_it_is_answered_is_news(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await read(client)
    (served,) = exchange.clients
    served.send_only(Sending.NOTHING)
    await ask(client, Subscribe((INFY,)))
    await read(client)
    await move(exchange)
    await ask(client, Subscribe((SBIN,)))
    await read(client)
    served.send_only(Sending.EVERYTHING)
    await ticks(client)
    assert [answers(each) for each in sent] == [{INFY: False, SBIN: True}]


async def test_what_moves_while_it_is_not_subscribed_is_an_answer_when_it_is_again(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    await ask(client, Unsubscribe((INFY,)))
    await read(client)
    await move(exchange)
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    assert [answers(each) for each in sent] == [{INFY: True}] * 2


async def test_in_mode_ltp_news_is_another_price(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    tokens = tuple(each.instrument_token for each in exchange.instruments)
    await ask(client, Subscribe(tokens), SetMode(Mode.LTP, tokens))
    while set(lengths(await ticks(client)).values()) != {layout.LTP}:
        pass
    prices = exchange.market.words[:, layout.LAST_PRICE].copy()
    await move(exchange)
    moved = exchange.market.words[:, layout.LAST_PRICE] != prices
    assert answers(sent[-1]) == {token: False for token in tokens if moved[exchange.market.row_of[token]]}
    assert 0 < len(sent[-1].tokens) < len(tokens)


async def test_a_client_that_does_not_read_is_not_told_to_have_been_sent_what_still_waits(
    sent: list[Sent],
) -> None:
    steps = 30
    async with (
        SimulatedExchange(rate=0, symbols=3_000, account=sent.append) as exchange,
        slow_connect(exchange.port, exchange.url_with_credentials) as client,
    ):
        tokens = tuple(each.instrument_token for each in exchange.instruments)
        arrived = await subscribe_in_full(client, tokens)
        for _ in range(steps):
            await move(exchange)
        assert len(sent) < steps
        while len(arrived) < len(sent):
            arrived.append(await frame(client))
        assert arrived == [each.frame for each in sent]


async def test_what_a_closing_connection_does_not_take_is_not_accounted_for(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    client.transport.pause_reading()
    closing = asyncio.create_task(exchange.clients[0].close(1000, ""))
    await asyncio.sleep(0)
    await move(exchange)
    assert len(sent) == 1
    client.transport.resume_reading()
    await closing


async def test_modes_are_answered_at_first_and_need_not_be(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    assert exchange.answering is Answering.JOINED
    exchange.answering = Answering.SUBSCRIBE_ALONE
    await ask(client, Subscribe((INFY,)))
    assert lengths(await ticks(client)) == {INFY: layout.QUOTE}
    await ask(client, SetMode(Mode.FULL, (INFY,)))
    await read(client)
    assert len(sent) == 1
    await move(exchange)
    assert lengths(await ticks(client)) == {INFY: layout.FULL}
    assert answers(sent[-1]) == {INFY: False}


async def test_each_request_can_be_answered_by_a_message_of_its_own(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    exchange.answering = Answering.EACH
    await ask(client, Subscribe((INFY, NIFTY)), SetMode(Mode.FULL, (INFY,)), Subscribe((SBIN, UNKNOWN)))
    assert [lengths(await ticks(client)) for _ in range(3)] == [
        {INFY: layout.QUOTE, NIFTY: layout.INDEX_QUOTE},
        {INFY: layout.FULL},
        {SBIN: layout.QUOTE},
    ]
    assert await message(client) == HEARTBEAT
    assert [answers(each) for each in sent] == [{INFY: True, NIFTY: True}, {INFY: True}, {SBIN: True}]


async def test_an_answer_of_its_own_takes_the_news_of_its_rows_and_leaves_that_of_others(
    sent: list[Sent], loop_time: LoopTime
) -> None:
    async with (
        SimulatedExchange(rate=0, heartbeat=3_600, account=sent.append) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        exchange.answering = Answering.EACH
        await ask(client, Subscribe((INFY, SBIN)))
        await ticks(client)
        (served,) = exchange.clients
        # News waits from here on until a heartbeat is due.
        served.send_only(Sending.NOTHING)
        await move(exchange)
        served.send_only(Sending.EVERYTHING)
        await ask(client, SetMode(Mode.FULL, (INFY,)))
        assert lengths(await ticks(client)) == {INFY: layout.FULL}
        loop_time.skip(3_600)
        assert lengths(await ticks(client)) == {SBIN: layout.QUOTE}
        served.send_only(Sending.NOTHING)
        await move(exchange)
        served.send_only(Sending.EVERYTHING)
        await ask(client, SetMode(Mode.FULL, (INFY,)))
        await ticks(client)
        await move(exchange)
        loop_time.skip(3_600)
        assert lengths(await ticks(client)) == {INFY: layout.FULL, SBIN: layout.QUOTE}
    assert [answers(each) for each in sent[1:]] == [
        {INFY: False},
        {SBIN: False},
        {INFY: False},
        {INFY: False, SBIN: False},
    ]


async def test_what_cannot_be_answered_at_once_is_joined(
    exchange: SimulatedExchange, client: ClientConnection, sent: list[Sent]
) -> None:
    await read(client)
    exchange.answering = Answering.EACH
    (served,) = exchange.clients
    served.send_only(Sending.NOTHING)
    await ask(client, Subscribe((INFY, SBIN)), SetMode(Mode.FULL, (INFY,)))
    await read(client)
    served.send_only(Sending.EVERYTHING)
    assert lengths(await ticks(client)) == {INFY: layout.FULL, SBIN: layout.QUOTE}
    assert [answers(each) for each in sent] == [{INFY: True, SBIN: True}]


async def test_with_each_request_answered_the_3000th_token_is_and_the_next_gets_an_error() -> None:
    async with (
        SimulatedExchange(rate=0, symbols=3_100) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        exchange.answering = Answering.EACH
        await ask(client, Subscribe(tuple(each.instrument_token for each in exchange.instruments)))
        assert len(await ticks(client)) == 3_000
        assert await error(client) == "Can't subscribe to more than 3000 instruments."
