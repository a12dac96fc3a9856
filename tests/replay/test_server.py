"""Who is let in to a replay, what it agrees to, and how it starts and ends, over real sockets."""

from __future__ import annotations

import asyncio
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from kitetui.feed import ConnectionState
from kitetui.feed.endpoint import SIMULATED_HEADER
from kitetui.replay import Playback
from tests.replay.recordings import (
    BEGUN,
    BOTH,
    INFY,
    NIFTY,
    SBIN,
    at_once,
    listening,
    marked,
    prices,
    received,
    received_prices,
    replay,
    seen,
    state,
    subscribe,
)


async def test_a_client_gets_the_messages_alone_and_is_told_that_they_are_not_of_now() -> None:
    records = [BEGUN, state(0, ConnectionState.LIVE), marked(0, 0), *BOTH]
    async with replay(records, at_once()) as exchange, listening(exchange, INFY, SBIN, NIFTY) as client:
        assert client.response is not None
        assert client.response.headers[SIMULATED_HEADER] == "1"
        assert await received(client, 4) == [record.data for record in BOTH]


async def test_a_client_that_leaves_disturbs_nobody() -> None:
    playback = at_once(paused=True)
    async with replay(BOTH, playback) as exchange, listening(exchange, INFY) as client:
        async with listening(exchange, SBIN) as leaving:
            playback.step()
            await received(leaving, 1)
            leaving.transport.abort()
        playback.resume()
        assert seen(await received(client, 3)) == [(INFY, 1), (INFY, 4), (INFY, 6)]


async def test_credentials_are_not_looked_at_and_nothing_logs_them(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.client").setLevel(logging.CRITICAL)
    async with (
        replay(prices(INFY, 1), at_once()) as exchange,
        connect(f"{exchange.url}?api_key=secretkey&access_token=secrettoken") as client,
    ):
        await subscribe(client, INFY)
        assert await received_prices(client, 1) == [1]
    assert "secret" not in caplog.text


async def test_a_page_in_a_browser_is_refused() -> None:
    async with replay(BOTH, at_once()) as exchange:
        with pytest.raises(InvalidStatus) as caught:
            await connect(exchange.url, origin=Origin("https://example.com"))
        assert caught.value.response.status_code == 403


async def test_leaving_the_block_closes_the_clients_and_ends_every_task() -> None:
    tasks = asyncio.all_tasks()
    playback = Playback()
    async with replay(prices(INFY, *range(100)), playback) as exchange:
        client = await connect(exchange.url)
        await subscribe(client, INFY)
        await received(client, 1)
    await client.wait_closed()
    assert asyncio.all_tasks() == tasks
    with pytest.raises(RuntimeError, match="async with"):
        _ = exchange.url


async def test_a_port_in_use_is_an_error_of_the_system() -> None:
    async with replay(BOTH, at_once()) as exchange:
        with pytest.raises(OSError, match="in use"):
            async with replay(BOTH, at_once(), port=exchange.port):
                pass
