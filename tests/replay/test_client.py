"""What one client of a replay is sent, over real sockets."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect

from kitetui.wire import Mode, SetMode, Subscribe, Unsubscribe
from tests.replay.recordings import (
    BOTH,
    INFY,
    NIFTY,
    SBIN,
    at_once,
    data,
    full,
    index,
    left,
    listening,
    prices,
    received,
    received_prices,
    replay,
    seen,
    subscribe,
)
from tests.simulator.clients import ask, error, slow_connect
from tests.wire.packets import frame


async def test_other_tokens_are_left_out_of_a_message() -> None:
    async with replay(BOTH, at_once()) as exchange, listening(exchange, INFY) as client:
        messages = await received(client, 3)
        assert messages == [frame(full(INFY, price)) for price in (1, 4, 6)]


@pytest.mark.parametrize(
    ("mode", "lengths"), [(Mode.LTP, (8, 8)), (Mode.QUOTE, (44, 28)), (Mode.FULL, (184, 32))]
)
async def test_packets_are_cut_down_to_the_mode_that_was_asked_for(
    mode: Mode, lengths: tuple[int, int]
) -> None:
    share, nifty = full(INFY, 1), index(2)
    async with (
        replay([data(0, share, nifty)], at_once()) as exchange,
        listening(exchange, INFY, NIFTY, mode=mode) as client,
    ):
        assert await received(client, 1) == [frame(share[: lengths[0]], nifty[: lengths[1]])]


async def test_a_packet_that_is_poorer_than_the_mode_is_sent_as_it_is() -> None:
    poor = frame(full(INFY, 1)[:8])
    records = [data(0, full(INFY, 1)[:8])]
    async with replay(records, at_once()) as exchange, listening(exchange, INFY) as client:
        assert await received(client, 1) == [poor]


async def test_a_token_of_no_mode_is_quoted() -> None:
    async with replay(prices(INFY, 1), at_once()) as exchange, connect(exchange.url) as client:
        await ask(client, Subscribe((INFY,)))
        assert await received(client, 1) == [frame(full(INFY, 1)[:44])]


async def test_what_is_unsubscribed_is_sent_no_more() -> None:
    playback = at_once(paused=True)
    async with replay(BOTH, playback) as exchange, listening(exchange, INFY, SBIN) as client:
        playback.step()
        assert seen(await received(client, 1)) == [(INFY, 1), (SBIN, 2)]
        await ask(client, Unsubscribe((SBIN,)))
        await (await client.ping())
        playback.resume()
        assert seen(await received(client, 2)) == [(INFY, 4), (INFY, 6)]


async def test_another_mode_holds_for_what_follows() -> None:
    playback = at_once(paused=True)
    async with replay(prices(INFY, 1, 2), playback) as exchange, listening(exchange, INFY) as client:
        playback.step()
        assert await received(client, 1) == [frame(full(INFY, 1))]
        await ask(client, SetMode(Mode.LTP, (INFY,)))
        assert await received(client, 1) == [frame(full(INFY, 1)[:8])]
        playback.step()
        assert await received(client, 1) == [frame(full(INFY, 2)[:8])]


async def test_a_request_that_is_none_is_answered_with_an_error() -> None:
    async with replay(BOTH, at_once()) as exchange, connect(exchange.url) as client:
        await client.send('{"a":"subscribe","v":["INFY"]}')
        assert "numbers" in await error(client)


async def test_who_subscribes_late_is_sent_the_last_packet_in_each_mode_that_it_asks_for() -> None:
    playback = at_once()
    async with (
        replay(prices(INFY, 1, 2), playback) as exchange,
        listening(exchange, INFY) as first,
    ):
        await received(first, 2)
        await playback.ended.wait()
        async with connect(exchange.url) as late:
            await ask(late, Subscribe((INFY, SBIN)))
            assert await received(late, 1) == [frame(full(INFY, 2)[:44])]
            await ask(late, SetMode(Mode.FULL, (INFY, SBIN)))
            assert await received(late, 1) == [frame(full(INFY, 2))]


async def test_many_last_packets_are_sent_in_messages_that_any_client_takes() -> None:
    tokens = [number << 8 | 1 for number in range(1, 4_001)]
    records = [data(0, *(full(token, 1) for token in tokens[:3_000])), data(0, full(tokens[-1], 2))]
    records += [data(0, *(full(token, 3) for token in tokens[3_000:-1]))]
    playback = at_once()
    async with replay(records, playback) as exchange, listening(exchange, tokens[0]):
        await playback.ended.wait()
        async with connect(exchange.url) as late:
            await ask(late, Subscribe(tuple(tokens)))
            first, second = await received(late, 2)
            assert [len(seen([first])), len(seen([second]))] == [3_000, 1_000]
            assert {token for token, _ in seen([first, second])} == set(tokens)


async def test_a_message_of_another_packet_length_is_passed_on() -> None:
    strange = INFY.to_bytes(4, "big") + bytes(200)
    async with replay([data(0, strange)], at_once()) as exchange, listening(exchange, INFY) as client:
        assert await received(client, 1) == [frame(strange)]


async def test_a_client_that_does_not_read_holds_all_up_and_is_then_dropped() -> None:
    many = [data(0, *[full(INFY, number)] * 3_000) for number in range(40)]
    playback = at_once()
    async with replay(many, playback, wait_for=2, patience=1.0) as exchange:
        slow = await slow_connect(exchange.port, exchange.url)
        await subscribe(slow, INFY)
        async with listening(exchange, INFY, SBIN) as client:
            assert await received_prices(client, 40) == [number for number in range(40) for _ in range(3_000)]
        await playback.ended.wait()
        await left(exchange)
        slow.transport.abort()
        await slow.wait_closed()


async def test_a_slow_client_loses_nothing() -> None:
    many = [data(0, *[full(INFY, number)] * 3_000) for number in range(20)]
    async with replay(many, at_once()) as exchange, slow_connect(exchange.port, exchange.url) as slow:
        await subscribe(slow, INFY)
        found = []
        for _ in range(20):
            found += (await received_prices(slow, 1))[:1]
            await asyncio.sleep(0.01)
        assert found == list(range(20))
