"""What a test says to a simulated exchange over a real socket, and what it waits for."""

from __future__ import annotations

import asyncio
import socket

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from kitetui.wire import (
    HEARTBEAT,
    ErrorText,
    Mode,
    Request,
    SetMode,
    Subscribe,
    TickBatch,
    decode_frame,
    encode_request,
    layout,
    parse_text,
)

INFY, SBIN, NIFTY, DOLLAR, UNKNOWN = 408065, 779521, 256265, 2048003843, 779777
NOW = 1_795_000_000.5


class LoopTime:
    """The running loop's time, which a test can skip some of; `skipped` is all that it has, in seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.skipped = 0.0
        loop = asyncio.get_running_loop()
        passed = loop.time
        monkeypatch.setattr(loop, "time", lambda: passed() + self.skipped)

    def skip(self, seconds: float) -> None:
        """Have so much time have passed."""
        self.skipped += seconds


async def ask(client: ClientConnection, *requests: Request) -> None:
    for request in requests:
        await client.send(encode_request(request))


async def message(client: ClientConnection) -> str | bytes:
    async with asyncio.timeout(10):
        return await client.recv()


async def frame(client: ClientConnection) -> bytes:
    """Receive the next market data, heartbeats left out."""
    while (received := await message(client)) == HEARTBEAT:
        pass
    assert isinstance(received, bytes)
    return received


async def ticks(client: ClientConnection) -> TickBatch:
    batch = decode_frame(await frame(client))
    assert not batch.errors
    return batch


async def error(client: ClientConnection) -> str:
    received = await message(client)
    assert isinstance(received, str)
    text = parse_text(received)
    assert isinstance(text, ErrorText)
    return text.text


async def refusal(url: str) -> int:
    """Be refused, and return the status."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(url)
    return caught.value.response.status_code


def lengths(batch: TickBatch) -> dict[int, int]:
    """The packet length of each token."""
    return dict(zip(batch.words.view("u4")[:, layout.TOKEN].tolist(), batch.lengths.tolist(), strict=True))


async def subscribe_in_full(client: ClientConnection, tokens: tuple[int, ...]) -> list[bytes]:
    """Subscribe, switch to full, and return the two frames of cached ticks that answer it."""
    await ask(client, Subscribe(tokens))
    quotes = await frame(client)
    await ask(client, SetMode(Mode.FULL, tokens))
    return [quotes, await frame(client)]


def slow_connect(port: int, url: str) -> connect:
    """Connect with little room for what is not read, so that a server soon cannot send."""
    endpoint = socket.create_connection(("127.0.0.1", port))
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
    return connect(url, sock=endpoint, max_queue=1)
