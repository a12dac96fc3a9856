"""Who is let in to the exchange, and how it starts and ends, over real sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode

from kitetui.feed.endpoint import SIMULATED_HEADER
from kitetui.simulator import SimulatedExchange
from kitetui.wire import HEARTBEAT, Subscribe, layout
from tests.simulator.clients import (
    INFY,
    NIFTY,
    NOW,
    LoopTime,
    ask,
    message,
    refusal,
    slow_connect,
    subscribe_in_full,
    ticks,
)


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, seed=3, now=lambda: NOW) as exchange:
        yield exchange


async def test_a_target_without_the_pair_is_malformed(exchange: SimulatedExchange) -> None:
    assert await refusal(exchange.url) == 400
    assert await refusal(f"{exchange.url}?api_key=simulated") == 400
    assert await refusal(f"{exchange.url}?api_key=simulated&access_token=") == 400


async def test_a_wrong_pair_is_forbidden(exchange: SimulatedExchange) -> None:
    assert await refusal(f"{exchange.url}?api_key=simulated&access_token=wrong") == 403
    assert await refusal(f"{exchange.url}?api_key=wrong&access_token=simulated") == 403


async def test_a_chosen_pair_is_let_in_however_it_is_spelt() -> None:
    async with (
        SimulatedExchange(rate=0, api_key="a key/&", access_token="tökén+") as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        await ask(client, Subscribe((INFY,)))
        assert await ticks(client)


async def test_a_target_without_a_slash_is_let_in(exchange: SimulatedExchange) -> None:
    async with connect(exchange.url_with_credentials.replace("/?", "?")) as client:
        await ask(client, Subscribe((INFY,)))
        assert await ticks(client)


async def test_a_bare_question_mark_is_target_enough(exchange: SimulatedExchange) -> None:
    """Some clients send the target as it stands in such a URL, which no HTTP library would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
    writer.write(
        b"GET ?api_key=simulated&access_token=simulated HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
    writer.close()
    await writer.wait_closed()


async def test_a_handshake_says_that_the_exchange_is_simulated_and_when_it_is(
    exchange: SimulatedExchange,
) -> None:
    async with connect(exchange.url_with_credentials) as client:
        assert client.response is not None
        let_in = client.response.headers
    with pytest.raises(InvalidStatus) as refused:
        await connect(exchange.url)
    for headers in (let_in, refused.value.response.headers):
        assert headers.get_all(SIMULATED_HEADER) == ["1"]
        assert [parsedate_to_datetime(each).timestamp() for each in headers.get_all("Date")] == [int(NOW)]


async def test_who_is_refused_takes_no_place(exchange: SimulatedExchange) -> None:
    for _ in range(5):
        assert await refusal(f"{exchange.url}?api_key=simulated&access_token=wrong") == 403
    async with (
        connect(exchange.url_with_credentials),
        connect(exchange.url_with_credentials),
        connect(exchange.url_with_credentials),
    ):
        assert await refusal(exchange.url_with_credentials) == 429


async def test_a_client_that_vanishes_gives_its_place_back(exchange: SimulatedExchange) -> None:
    url = exchange.url_with_credentials
    async with connect(url), connect(url), connect(url) as lost:
        lost.transport.abort()
        await lost.wait_closed()
        async with connect(url) as fourth:
            await ask(fourth, Subscribe((INFY,)))
            assert await ticks(fourth)


async def test_the_fourth_connection_is_refused_until_one_closes(exchange: SimulatedExchange) -> None:
    url = exchange.url_with_credentials
    async with connect(url), connect(url) as second, connect(url) as third:
        assert await refusal(url) == 429
        await second.close()
        async with connect(url) as fourth:
            for client in (third, fourth):
                await ask(client, Subscribe((INFY,)))
                assert await ticks(client)


async def test_four_handshakes_at_once_fill_three_places(exchange: SimulatedExchange) -> None:
    attempts = await asyncio.gather(
        *(connect(exchange.url_with_credentials) for _ in range(4)), return_exceptions=True
    )
    opened = [each for each in attempts if not isinstance(each, BaseException)]
    assert len(opened) == 3
    for client in opened:
        await client.close()


async def test_the_clock_moves_the_market_on_its_own() -> None:
    async with (
        SimulatedExchange(rate=20_000) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        await ask(client, Subscribe((NIFTY,)))
        seen = {int((await ticks(client)).words[0, layout.LAST_PRICE]) for _ in range(5)}
    assert len(seen) > 1


async def test_what_takes_time_takes_that_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    time = LoopTime(monkeypatch)
    async with (
        SimulatedExchange(rate=0.001, heartbeat=3_600, now=lambda: NOW + time.skipped) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        await ask(client, Subscribe((INFY,)))
        await ticks(client)
        assert set(exchange.market.changed_at.tolist()) == {NOW}
        time.skip(3_600)
        assert await message(client) == HEARTBEAT
        assert set(exchange.market.changed_at.tolist()) == {NOW, NOW + 3_600}


@pytest.mark.parametrize(("symbols", "rate"), [(1, 500), (3, 500), (20, 200)])
async def test_an_exchange_of_few_symbols_and_few_updates_a_step_streams(symbols: int, rate: float) -> None:
    async with (
        SimulatedExchange(rate=rate, symbols=symbols) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        await ask(client, Subscribe(tuple(each.instrument_token for each in exchange.instruments)))
        frames = [await ticks(client) for _ in range(20)]
    assert sum(len(batch) for batch in frames) >= 20


async def test_leaving_the_block_closes_the_clients_and_ends_every_task() -> None:
    tasks = asyncio.all_tasks()
    async with SimulatedExchange(rate=1_000) as exchange:
        clients = [await connect(exchange.url_with_credentials) for _ in range(3)]
        for client in clients:
            await ask(client, Subscribe((INFY,)))
            await ticks(client)
    for client in clients:
        await client.wait_closed()
        assert client.close_code == CloseCode.GOING_AWAY
    assert asyncio.all_tasks() == tasks
    with pytest.raises(RuntimeError, match="async with"):
        _ = exchange.url


async def test_leaving_the_block_waits_for_no_client_that_does_not_read() -> None:
    tasks = asyncio.all_tasks()
    async with asyncio.timeout(20):
        async with SimulatedExchange(rate=0, symbols=3_000) as exchange:
            client = await slow_connect(exchange.port, exchange.url_with_credentials)
            await subscribe_in_full(client, tuple(each.instrument_token for each in exchange.instruments))
            for _ in range(30):
                await exchange.step(3_000)
        client.transport.abort()
        await client.wait_closed()
    assert asyncio.all_tasks() == tasks


async def test_an_error_in_the_block_is_raised_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with SimulatedExchange(rate=1_000):
            raise LookupError("mine")


async def test_a_port_in_use_is_an_error_of_the_system() -> None:
    async with SimulatedExchange(rate=0) as exchange:
        port = int(exchange.url.rsplit(":", 1)[1].rstrip("/"))
        with pytest.raises(OSError, match="in use"):
            await SimulatedExchange(rate=0, port=port).__aenter__()


async def test_no_log_carries_the_credentials(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets.client").setLevel(logging.CRITICAL)
    async with (
        SimulatedExchange(rate=0, api_key="secretkey", access_token="secrettoken") as exchange,
        connect(exchange.url_with_credentials),
    ):
        assert "secret" not in repr(exchange)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("arguments", [{"rate": -1.0}, {"symbols": 0}])
def test_what_no_exchange_can_have_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot"):
        SimulatedExchange(**arguments)  # type: ignore[arg-type]  # one table for two types of argument
