"""Recordings that a test writes down record by record, and those that a replay of them is played to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from kitetui.feed import ConnectionState, KiteManagerConfig, KiteTickerManager
from kitetui.record.capture.layout import BeginNote, Note, Record, RecordKind, SnapshotNote, StateNote
from kitetui.replay import Playback, Player, ReplayExchange, ReplaySource
from kitetui.replay import Recording as AnyRecording
from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, decode_frames, encode_request
from kitetui.wire.layout import LAST_PRICE, TOKEN
from tests.simulator.clients import ask, message
from tests.wire.packets import FULL, INDEX_FULL, frame, packet

INFY, SBIN, NIFTY = 408065, 779521, 256265

START = 1_625_461_200_000_000_000
"""2021-07-05, 10:30 in India."""

SECOND = 1_000_000_000

QUICK = 0.02
"""Seconds between heartbeats where a test waits for them."""


def full(token: int, price: int) -> bytes:
    return packet(FULL, instrument_token=token, last_price=price, volume_traded=7)


def index(price: int) -> bytes:
    return packet(INDEX_FULL, instrument_token=NIFTY, last_price=price, exchange_timestamp=1_625_461_200)


def data(seconds: float, *packets: bytes, connection: int = 0) -> Record:
    return Record(RecordKind.DATA, connection, moment(seconds), 1, frame(*packets))


def text(seconds: float, message: str, connection: int = 0) -> Record:
    return Record(RecordKind.TEXT, connection, moment(seconds), 0, message.encode())


def sent(seconds: float, *tokens: int, connection: int = 0) -> Record:
    request = encode_request(Subscribe(tokens))
    return Record(RecordKind.SENT, connection, moment(seconds), 0, request.encode())


def note(seconds: float, content: Note, connection: int = 0) -> Record:
    return Record.of_note(connection, moment(seconds), content)


def marked(seconds: float, *places: int, connection: int = 0) -> Record:
    """Which ticks of the next message carry the mark."""
    return note(seconds, SnapshotNote(places), connection)


def state(seconds: float, state: ConnectionState, reason: str = "", connection: int = 0) -> Record:
    return note(seconds, StateNote(state, reason), connection)


def moment(seconds: float) -> int:
    """So many seconds after the start, UTC nanoseconds."""
    return START + round(seconds * SECOND)


def prices(token: int, *prices: int, connection: int = 0) -> list[Record]:
    """A message with a full packet for each price, a second apart."""
    return [data(second, full(token, price), connection=connection) for second, price in enumerate(prices)]


BEGUN = note(0, BeginNote("1.0", ""))
"""What a recorder writes first that notes which ticks carry the mark."""

BOTH = [
    data(0, full(INFY, 1), full(SBIN, 2)),
    data(1, full(SBIN, 3), connection=1),
    data(1, full(INFY, 4)),
    data(2, index(5), full(INFY, 6)),
]
"""Two connections: messages of one token and of several."""


def at_once(**settings: Any) -> Playback:
    """As fast as clients take it."""
    return Playback(speed=inf, **settings)


@dataclass(slots=True)
class Recording:
    """A source; `closed` counts how often an iteration ended, `taken` the records that were read."""

    content: Sequence[Record]
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    closed: int = 0
    taken: int = 0

    @property
    def span(self) -> tuple[int, int]:
        moments = [record.at for record in self.content]
        return min(moments, default=0), max(moments, default=0)

    def records(self, since: int | None = None) -> Iterator[Record]:
        try:
            for record in self.content:
                if since is None or record.at >= since:
                    self.taken += 1
                    yield record
        finally:
            self.closed += 1


@asynccontextmanager
async def replay(
    records: Sequence[Record], playback: Playback, **settings: Any
) -> AsyncIterator[ReplayExchange]:
    """Play these records; too long a run is a failure, not a hang."""
    async with asyncio.timeout(30), ReplayExchange(Recording(records), playback, **settings) as exchange:
        yield exchange


@asynccontextmanager
async def source_of(
    recording: AnyRecording, playback: Playback, *, connections: int = 1, wait_for: int = 1
) -> AsyncIterator[KiteTickerManager]:
    """A manager, not started, whose source this recording is, and which is played to once it has symbols."""
    player = Player(recording, playback, wait_for)
    config = KiteManagerConfig(
        max_connections=connections,
        failover_after=None,
        clock=lambda: playback.at,
        stopwatch=playback.now,
    )
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(player.play())
        yield KiteTickerManager(config=config, source=ReplaySource(player))
        playing.cancel()


@asynccontextmanager
async def listening(
    exchange: ReplayExchange, *tokens: int, mode: Mode = Mode.FULL
) -> AsyncIterator[ClientConnection]:
    """A client that has asked for these tokens."""
    async with connect(exchange.url, compression=None) as client:
        await subscribe(client, *tokens, mode=mode)
        yield client


async def subscribe(client: ClientConnection, *tokens: int, mode: Mode = Mode.FULL) -> None:
    if tokens:
        await ask(client, Subscribe(tokens), SetMode(mode, tokens))


async def received(client: ClientConnection, count: int) -> list[bytes | str]:
    """Receive so many messages, heartbeats left out."""
    messages: list[bytes | str] = []
    while len(messages) < count:
        if (each := await message(client)) != HEARTBEAT:
            messages.append(each)
    return messages


async def received_prices(client: ClientConnection, count: int) -> list[int]:
    """Receive so many messages of market data, and return the last prices in them."""
    return [price for _, price in seen(await received(client, count))]


def seen(messages: Sequence[bytes | str]) -> list[tuple[int, int]]:
    """The token and last price of each tick."""
    words = decode_frames([each for each in messages if isinstance(each, bytes)]).words
    return list(zip(words[:, TOKEN].view("u4").tolist(), words[:, LAST_PRICE].tolist(), strict=True))


async def left(exchange: ReplayExchange) -> None:
    """Wait until the exchange knows that all clients have gone."""
    while exchange.clients:  # noqa: ASYNC110 - the server's side of the close
        await asyncio.sleep(0.001)


async def quiet(client: ClientConnection, heartbeats: int = 2) -> None:
    """See nothing but heartbeats, so many of them."""
    for _ in range(heartbeats):
        assert await message(client) == HEARTBEAT
