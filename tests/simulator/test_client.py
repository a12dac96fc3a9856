"""What one connected client is sent, over a real socket and with a market that moves by steps alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect

from kitetui.simulator import SimulatedExchange
from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, Unsubscribe, layout
from tests.simulator.clients import (
    DOLLAR,
    INFY,
    NIFTY,
    NOW,
    SBIN,
    UNKNOWN,
    ask,
    error,
    frame,
    lengths,
    message,
    slow_connect,
    subscribe_in_full,
    ticks,
)


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, seed=3, heartbeat=0.05, now=lambda: NOW) as exchange:
        yield exchange


@pytest.fixture
async def client(exchange: SimulatedExchange) -> AsyncIterator[ClientConnection]:
    async with connect(exchange.url_with_credentials) as connection:
        yield connection


async def test_a_subscribed_token_is_sent_once_as_a_quote(client: ClientConnection) -> None:
    await ask(client, Subscribe((INFY,)))
    assert lengths(await ticks(client)) == {INFY: layout.QUOTE}
    assert await message(client) == HEARTBEAT


async def test_an_idle_client_is_sent_heartbeats_of_one_byte(client: ClientConnection) -> None:
    first, second = await message(client), await message(client)
    assert first == second == b"\x00"


@pytest.mark.parametrize(
    ("mode", "share", "index"),
    [
        (Mode.LTP, layout.LTP, layout.LTP),
        (Mode.QUOTE, layout.QUOTE, layout.INDEX_QUOTE),
        (Mode.FULL, layout.FULL, layout.INDEX_FULL),
    ],
)
async def test_a_mode_switches_the_packets(
    client: ClientConnection, mode: Mode, share: int, index: int
) -> None:
    await ask(client, Subscribe((INFY, NIFTY)))
    await ticks(client)
    await ask(client, SetMode(mode, (INFY, NIFTY)))
    assert lengths(await ticks(client)) == {INFY: share, NIFTY: index}


async def test_the_cached_tick_is_the_row_as_it_last_was(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    rows = await exchange.step(len(exchange.instruments))
    await ask(client, Subscribe((INFY,)))
    (words,) = (await ticks(client)).words
    row = exchange.market.row_of[INFY]
    assert row in rows
    carried = layout.QUOTE // 4
    assert words[:carried].tolist() == exchange.market.words[row, :carried].tolist()


async def test_what_arrives_is_the_row_of_the_market(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((INFY, DOLLAR)), SetMode(Mode.FULL, (INFY, DOLLAR)))
    while set(lengths(await ticks(client)).values()) != {layout.FULL}:
        pass
    await exchange.step(len(exchange.instruments))
    batch = await ticks(client)
    assert set(lengths(batch)) == {INFY, DOLLAR}
    for words in batch.words:
        row = exchange.market.row_of[int(words[layout.TOKEN])]
        assert words.tolist() == exchange.market.words[row].tolist()
    assert set(batch.words[:, layout.EXCHANGE_TIME].tolist()) == {int(NOW)}


async def test_a_step_is_one_message_of_several_packets(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((INFY, SBIN, NIFTY)))
    await ticks(client)
    await exchange.step(len(exchange.instruments))
    assert set(lengths(await ticks(client))) == {INFY, SBIN, NIFTY}


async def test_a_client_that_keeps_up_gets_a_message_for_each_step(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((NIFTY,)))
    await ticks(client)
    row, moved = exchange.market.row_of[NIFTY], []
    for _ in range(20):
        await exchange.step(len(exchange.instruments))
        moved.append(exchange.market.words[row, layout.LAST_PRICE])
    assert [(await ticks(client)).words[0, layout.LAST_PRICE] for _ in moved] == moved


async def test_a_step_that_moves_nothing_of_the_client_sends_nothing(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((INFY,)))
    await ticks(client)
    while exchange.market.row_of[INFY] in await exchange.step(1):
        await ticks(client)
    assert await message(client) == HEARTBEAT


async def test_an_unsubscribed_token_stops(exchange: SimulatedExchange, client: ClientConnection) -> None:
    await ask(client, Subscribe((INFY, SBIN)))
    await ticks(client)
    # The cached tick of a third token says that the request before it was read.
    await ask(client, Unsubscribe((INFY,)), Subscribe((NIFTY,)))
    await ticks(client)
    await exchange.step(len(exchange.instruments))
    assert set(lengths(await ticks(client))) == {SBIN, NIFTY}


async def test_a_token_subscribed_again_starts_as_a_quote(client: ClientConnection) -> None:
    await ask(client, Subscribe((INFY,)), SetMode(Mode.FULL, (INFY,)))
    while lengths(await ticks(client)) != {INFY: layout.FULL}:
        pass
    await ask(client, Unsubscribe((INFY,)), Subscribe((INFY,)))
    assert lengths(await ticks(client)) == {INFY: layout.QUOTE}


async def test_an_unknown_token_gets_neither_data_nor_an_error(client: ClientConnection) -> None:
    await ask(client, Subscribe((UNKNOWN,)))
    assert await message(client) == HEARTBEAT


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"subscribe","v":["408065"]}',
        '{"a":"subscribe","v":[-1]}',
        '{"a":"dance"}',
        '{"a":"mode","v":["loud",[1]]}',
        "not JSON",
        "",
        "[" * 100_000,
        b"\xff\xfe",
    ],
    ids=["string token", "negative token", "action", "mode", "text", "nothing", "nesting", "bytes"],
)
async def test_what_is_no_request_gets_an_error_and_the_connection_lives_on(
    client: ClientConnection, text: str | bytes
) -> None:
    await client.send(text)
    assert await error(client)
    await ask(client, Subscribe((INFY,)))
    assert lengths(await ticks(client)) == {INFY: layout.QUOTE}


async def test_above_3000_only_the_new_tokens_fail() -> None:
    async with (
        SimulatedExchange(rate=0, symbols=3_100) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        tokens = tuple(each.instrument_token for each in exchange.instruments)
        await ask(client, Subscribe(tokens[:3_000]))
        assert len(await ticks(client)) == 3_000
        await ask(client, Subscribe(tokens[3_000:]))
        assert await error(client) == "Can't subscribe to more than 3000 instruments."
        await exchange.step(len(tokens))
        assert set(lengths(await ticks(client))) == set(tokens[:3_000])


async def test_a_ping_is_answered(client: ClientConnection) -> None:
    assert await (await client.ping()) >= 0


@pytest.mark.parametrize("seed", [3, 4])
async def test_two_exchanges_stepped_alike_send_the_same_frames_for_the_same_seed(
    exchange: SimulatedExchange, client: ClientConnection, seed: int
) -> None:
    async with (
        SimulatedExchange(rate=0, seed=seed, now=lambda: NOW) as other,
        connect(other.url_with_credentials) as other_client,
    ):
        first, second = await session(exchange, client), await session(other, other_client)
    assert (first == second) == (seed == 3)


async def session(exchange: SimulatedExchange, client: ClientConnection) -> list[bytes]:
    """Stream the whole universe in full through a number of steps, and return every frame of it."""
    tokens = tuple(each.instrument_token for each in exchange.instruments)
    frames = await subscribe_in_full(client, tokens)
    for _ in range(10):
        await exchange.step(100)
        frames.append(await frame(client))
    return frames


async def test_a_client_that_does_not_read_holds_up_nobody_and_misses_only_what_is_old() -> None:
    steps = 30
    async with (
        SimulatedExchange(rate=0, symbols=3_000) as exchange,
        connect(exchange.url_with_credentials) as quick,
        slow_connect(exchange.port, exchange.url_with_credentials) as slow,
    ):
        tokens = tuple(each.instrument_token for each in exchange.instruments)
        for client in (quick, slow):
            await subscribe_in_full(client, tokens)
        for _ in range(steps):
            await exchange.step(len(tokens))
            assert len(await ticks(quick)) == len(tokens)
        received, latest = 0, exchange.market.words
        while (await ticks(slow)).words.tolist() != latest.tolist():
            received += 1
        assert received < steps / 2
