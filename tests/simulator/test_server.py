"""The exchange over real sockets, as Kite's clients meet it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import CloseCode

from kitetui.simulator import SimulatedExchange
from kitetui.wire import (
    HEARTBEAT,
    Mode,
    Request,
    SetMode,
    Subscribe,
    TickBatch,
    Unsubscribe,
    decode_frame,
    encode_request,
    layout,
)

INFY, SBIN, NIFTY, DOLLAR, UNKNOWN = 408065, 779521, 256265, 2048003843, 779777
NOW = 1_795_000_000.5


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, seed=3, now=lambda: NOW) as exchange:
        yield exchange


@pytest.fixture
async def client(exchange: SimulatedExchange) -> AsyncIterator[ClientConnection]:
    async with connect(exchange.url_with_credentials) as connection:
        yield connection


async def ask(client: ClientConnection, *requests: Request) -> None:
    for request in requests:
        await client.send(encode_request(request))


async def message(client: ClientConnection) -> str | bytes:
    async with asyncio.timeout(5):
        return await client.recv()


async def ticks(client: ClientConnection) -> TickBatch:
    """Receive the next market data, heartbeats left out."""
    while (received := await message(client)) == HEARTBEAT:
        pass
    assert isinstance(received, bytes)
    batch = decode_frame(received)
    assert not batch.errors
    return batch


async def error(client: ClientConnection) -> str:
    received = await message(client)
    assert isinstance(received, str)
    decoded = json.loads(received)
    assert decoded["type"] == "error"
    return str(decoded["data"])


async def refusal(url: str) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await connect(url)
    return caught.value.response.status_code


def lengths(batch: TickBatch) -> dict[int, int]:
    return dict(zip(batch.words[:, layout.TOKEN].tolist(), batch.lengths.tolist(), strict=True))


async def test_a_subscribed_token_is_sent_once_as_a_quote(client: ClientConnection) -> None:
    await ask(client, Subscribe((INFY,)))
    assert lengths(await ticks(client)) == {INFY: layout.QUOTE}
    assert await message(client) == HEARTBEAT


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


async def test_what_arrives_is_the_row_of_the_market(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((INFY, DOLLAR)), SetMode(Mode.FULL, (INFY, DOLLAR)))
    while set(lengths(await ticks(client)).values()) != {layout.FULL}:
        pass
    await exchange.step(len(exchange.universe))
    batch = await ticks(client)
    for words in batch.words:
        assert words.tolist() == exchange.market.words[exchange.market.row_of[int(words[0])]].tolist()
    assert set(batch.words[:, layout.EXCHANGE_TIME].tolist()) == {int(NOW)}


async def test_a_step_is_one_message_of_several_packets(
    exchange: SimulatedExchange, client: ClientConnection
) -> None:
    await ask(client, Subscribe((INFY, SBIN, NIFTY)))
    await ticks(client)
    await exchange.step(len(exchange.universe))
    assert set(lengths(await ticks(client))) == {INFY, SBIN, NIFTY}


async def test_an_unsubscribed_token_stops(exchange: SimulatedExchange, client: ClientConnection) -> None:
    await ask(client, Subscribe((INFY, SBIN)))
    await ticks(client)
    # The cached tick of a third token says that the request before it was read.
    await ask(client, Unsubscribe((INFY,)), Subscribe((NIFTY,)))
    await ticks(client)
    await exchange.step(len(exchange.universe))
    assert set(lengths(await ticks(client))) == {SBIN, NIFTY}


async def test_an_unknown_token_gets_neither_data_nor_an_error(client: ClientConnection) -> None:
    await ask(client, Subscribe((UNKNOWN,)))
    assert await message(client) == HEARTBEAT


@pytest.mark.parametrize(
    "text", ['{"a":"subscribe","v":["408065"]}', '{"a":"dance"}', "not JSON", '{"a":"mode","v":["loud",[1]]}']
)
async def test_what_is_no_request_gets_an_error_and_the_connection_lives_on(
    client: ClientConnection, text: str
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
        tokens = tuple(each.instrument_token for each in exchange.universe)
        await ask(client, Subscribe(tokens[:3_000]))
        assert len(await ticks(client)) == 3_000
        await ask(client, Subscribe(tokens[3_000:]))
        assert await error(client) == "Can't subscribe to more than 3000 instruments."
        await exchange.step(len(tokens))
        assert set(lengths(await ticks(client))) == set(tokens[:3_000])


async def test_a_ping_is_answered(client: ClientConnection) -> None:
    async with asyncio.timeout(5):
        await (await client.ping())


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
        SimulatedExchange(rate=2_000) as exchange,
        connect(exchange.url_with_credentials) as client,
    ):
        await ask(client, Subscribe((NIFTY,)))
        seen = {int((await ticks(client)).words[0, layout.LAST_PRICE]) for _ in range(5)}
    assert len(seen) > 1


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
