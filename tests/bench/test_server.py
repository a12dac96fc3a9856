"""The server streams what it says that it streams: counted, at the pace, and with the time of sending."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect

from kitetui.bench.server import HOST, Load, Server
from kitetui.instruments.builtin import simulated_shares
from kitetui.wire import Mode, SetMode, Subscribe, TickBatch, decode_frame, encode_request
from kitetui.wire.layout import LAST_QUANTITY, TOKEN, VOLUME

SYMBOLS = 30
TOKENS = [each.instrument_token for each in simulated_shares(SYMBOLS)]


@asynccontextmanager
async def server_of(load: Load, connections: int = 1) -> AsyncIterator[str]:
    server = Server(load, connections, SYMBOLS)
    async with await asyncio.start_server(server.serve, HOST, 0) as listening:
        yield f"ws://{HOST}:{listening.sockets[0].getsockname()[1]}/"


async def ask(socket: ClientConnection, tokens: list[int]) -> None:
    await socket.send(encode_request(Subscribe(tuple(tokens))))
    await socket.send(encode_request(SetMode(Mode.FULL, tuple(tokens))))


async def streamed(socket: ClientConnection) -> tuple[list[TickBatch], list[str]]:
    """Return the batches and the texts until the end is said."""
    batches: list[TickBatch] = []
    texts: list[str] = []
    while not texts or not texts[-1].startswith("end"):
        message = await socket.recv()
        if isinstance(message, str):
            texts.append(json.loads(message)["data"])
        else:
            batches.append(decode_frame(message))
    return batches, texts


async def test_what_is_said_to_be_sent_is_what_comes() -> None:
    async with server_of(Load(7, 2000, 0.1, 0.2)) as url, connect(url) as socket:
        await ask(socket, TOKENS)
        batches, texts = await streamed(socket)
    assert texts == ["begin", f"end {sum(map(len, batches))}"]
    assert {len(each) for each in batches} == {7}
    assert sum(map(len, batches)) == pytest.approx(2000 * 0.3, abs=14)


async def test_only_what_was_subscribed_ticks() -> None:
    async with server_of(Load(5, 2000, 0.1, 0.1)) as url, connect(url) as socket:
        await ask(socket, TOKENS[3:9])
        batches, _ = await streamed(socket)
    assert {token for each in batches for token in each.words[:, TOKEN].tolist()} == set(TOKENS[3:9])


async def test_the_first_packet_of_a_message_has_the_time_of_sending() -> None:
    before = time.monotonic_ns()
    async with server_of(Load(5, 1000, 0.1, 0.1)) as url, connect(url) as socket:
        await ask(socket, TOKENS)
        batches, _ = await streamed(socket)
    assert batches
    for batch in batches:
        sent = int(batch.words[0, LAST_QUANTITY]) << 32 | int(batch.words[0, VOLUME]) & 0xFFFFFFFF
        assert before < sent < time.monotonic_ns()
        assert not batch.words[1:, LAST_QUANTITY].any()


async def test_without_a_rate_it_sends_as_fast_as_is_taken_and_without_times() -> None:
    async with server_of(Load(20, 0, 0.05, 0.05)) as url, connect(url) as socket:
        await ask(socket, TOKENS)
        batches, texts = await streamed(socket)
    assert texts[-1] == f"end {sum(map(len, batches))}"
    assert not batches[0].words[:, LAST_QUANTITY].any()


async def test_all_connections_begin_together() -> None:
    async with server_of(Load(5, 1000, 0.0, 0.1), connections=2) as url, connect(url) as one:
        await ask(one, TOKENS[:15])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await one.recv()
        async with connect(url) as other:
            await ask(other, TOKENS[15:])
            (first, _), (second, _) = await asyncio.gather(streamed(one), streamed(other))
    assert first
    assert second
