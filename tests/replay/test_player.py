"""A recording played to whoever listens, in its order and its time, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from math import inf

import pytest
from websockets.asyncio.client import connect

from kitetui.errors import UserError
from kitetui.record.capture.layout import Record
from kitetui.replay import Playback, ReplayExchange
from kitetui.wire import HEARTBEAT, encode_message, encode_order
from tests.replay.recordings import (
    BOTH,
    INFY,
    NIFTY,
    QUICK,
    SBIN,
    START,
    at_once,
    data,
    full,
    left,
    listening,
    moment,
    prices,
    quiet,
    received,
    received_prices,
    replay,
    seen,
    text,
)
from tests.wire.packets import frame


async def test_a_client_gets_what_was_recorded_of_its_tokens_in_the_recorded_order() -> None:
    async with replay(BOTH, at_once()) as exchange, listening(exchange, INFY, SBIN, NIFTY) as client:
        assert await received(client, 4) == [record.data for record in BOTH]


async def test_clients_that_split_the_tokens_get_each_its_own() -> None:
    async with (
        replay(BOTH, at_once(), wait_for=3) as exchange,
        listening(exchange, SBIN) as first,
        listening(exchange, INFY, NIFTY) as second,
    ):
        assert seen(await received(first, 2)) == [(SBIN, 2), (SBIN, 3)]
        assert seen(await received(second, 3)) == [(INFY, 1), (INFY, 4), (NIFTY, 5), (INFY, 6)]


async def test_nothing_is_played_before_so_many_tokens_are_subscribed() -> None:
    playback = at_once()
    async with (
        replay(BOTH, playback, wait_for=2, heartbeat=QUICK) as exchange,
        listening(exchange, INFY) as first,
    ):
        await quiet(first)
        assert playback.at == moment(0)
        async with listening(exchange, SBIN) as second:
            assert seen(await received(second, 2)) == [(SBIN, 2), (SBIN, 3)]
            assert seen(await received(first, 3)) == [(INFY, 1), (INFY, 4), (INFY, 6)]


async def test_a_message_that_is_broken_reaches_the_clients_of_its_connection_as_it_is() -> None:
    broken = Record(BOTH[0].kind, 1, moment(2), 0, frame(full(SBIN, 9))[:-1])
    async with (
        replay([*BOTH[:3], broken], at_once(), wait_for=2) as exchange,
        listening(exchange, SBIN) as concerned,
        listening(exchange, INFY) as other,
    ):
        assert (await received(concerned, 3))[-1] == broken.data
        assert seen(await received(other, 2)) == [(INFY, 1), (INFY, 4)]
        await quiet(other, 1)


async def test_texts_reach_the_clients_that_carry_tokens_of_their_connection() -> None:
    order, notice = encode_order({"order_id": "1"}), encode_message("₹")
    records = [text(0, order, connection=1), *BOTH[:3], text(2, notice, connection=1)]
    async with (
        replay(records, at_once(), wait_for=2) as exchange,
        connect(exchange.url, compression=None) as without_tokens,
        listening(exchange, SBIN) as concerned,
        listening(exchange, INFY) as other,
    ):
        assert [each for each in await received(concerned, 4) if isinstance(each, str)] == [order, notice]
        assert [each for each in await received(other, 3) if isinstance(each, str)] == [order]
        await quiet(other, 1)
        assert await received(without_tokens, 2) == [order, notice]


async def test_at_the_end_connections_stay_open_and_hear_heartbeats() -> None:
    playback = at_once()
    async with (
        replay(prices(INFY, 1), playback, heartbeat=QUICK) as exchange,
        listening(exchange, INFY) as client,
    ):
        await received(client, 1)
        await playback.ended.wait()
        await quiet(client, 3)
        assert playback.is_ended
        assert playback.position == 1
        assert playback.now() == moment(0) / 1e9


async def test_recorded_heartbeats_are_not_sent_again() -> None:
    records = [*prices(INFY, 1), Record(BOTH[0].kind, 0, moment(0), 0, HEARTBEAT), data(1, full(INFY, 2))]
    playback = at_once(paused=True)
    async with replay(records, playback) as exchange, listening(exchange, INFY) as client:
        playback.step()
        playback.step()
        assert await received_prices(client, 2) == [1, 2]


async def test_in_a_pause_there_are_heartbeats_and_each_step_is_a_message() -> None:
    playback = at_once(paused=True)
    records = [*prices(INFY, 1, 2), text(1, encode_message("between")), *prices(INFY, 3)]
    async with replay(records, playback, heartbeat=QUICK) as exchange, listening(exchange, INFY) as client:
        await quiet(client)
        playback.step()
        assert await received_prices(client, 1) == [1]
        await quiet(client)
        playback.step()
        assert await received_prices(client, 1) == [2]
        await quiet(client)
        playback.step()
        assert await received(client, 2) == [encode_message("between"), frame(full(INFY, 3))]


async def test_a_loop_begins_again_with_nothing_kept() -> None:
    playback = at_once(loop=True, paused=True)
    records = [data(0, full(INFY, 1)), data(1, full(SBIN, 2))]
    async with (
        replay(records, playback, heartbeat=QUICK) as exchange,
        listening(exchange, INFY, SBIN) as client,
    ):
        for _ in range(3):
            playback.step()
        assert seen(await received(client, 3)) == [(INFY, 1), (SBIN, 2), (INFY, 1)]
        assert playback.at == moment(0)
        async with listening(exchange, SBIN) as late:
            await quiet(late)


async def test_a_loop_goes_on_and_on() -> None:
    playback = at_once(loop=True)
    async with replay(prices(INFY, 1, 2, 3), playback) as exchange, listening(exchange, INFY) as client:
        assert await received_prices(client, 7) == [1, 2, 3, 1, 2, 3, 1]
        assert not playback.is_ended


async def test_a_recording_without_ticks_ends_even_in_a_loop() -> None:
    playback = at_once(loop=True)
    async with replay([], playback) as exchange, listening(exchange, INFY):
        await playback.ended.wait()


async def test_a_start_leaves_out_what_was_before_it() -> None:
    playback = at_once(start=moment(1))
    async with replay(prices(INFY, 1, 2, 3), playback) as exchange, listening(exchange, INFY) as client:
        assert await received_prices(client, 2) == [2, 3]


async def test_played_as_fast_as_clients_take_it_it_waits_while_there_are_none() -> None:
    playback = at_once(paused=True)
    async with replay(prices(INFY, 1, 2, 3), playback) as exchange:
        async with listening(exchange, INFY) as client:
            playback.step()
            assert await received_prices(client, 1) == [1]
        await left(exchange)
        playback.resume()
        async with listening(exchange, INFY) as client:
            assert (await received_prices(client, 4))[-2:] == [2, 3]


class Broken:
    """A source that ends with an error."""

    span = (START, START)
    names: Mapping[int, tuple[str, str]] = {}

    def __init__(self, error: Exception) -> None:
        self._error = error

    def records(self, since: int | None = None) -> Iterator[Record]:
        yield from prices(INFY, 1)
        raise self._error


@pytest.mark.parametrize("error", [OSError("the disk is gone"), UserError("the disk is gone")])
async def test_a_recording_that_cannot_be_read_on_ends_and_says_why(error: Exception) -> None:
    playback = Playback(speed=inf, loop=True)
    async with asyncio.timeout(30), ReplayExchange(Broken(error), playback, heartbeat=0.02) as exchange:
        assert exchange.problem is None
        async with listening(exchange, INFY) as client:
            assert await received_prices(client, 1) == [1]
            await playback.ended.wait()
            assert exchange.problem == "the disk is gone"
            await quiet(client)
