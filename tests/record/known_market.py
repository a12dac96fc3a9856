"""A server on the loopback that sends ticks which a test knows, to the last word, and loses connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kitetui.record.rows import TickRows
from kitetui.wire import Exchange, Subscribe, parse_request
from kitetui.wire.encode import encode_frame
from kitetui.wire.layout import (
    CLOSE,
    DEPTH,
    DEPTH_ENTRY_WORDS,
    ENTRY_ORDERS,
    EXCHANGE_TIME,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    INDEX_WORDS,
    LAST_PRICE,
    LTP,
    PRICE_CHANGE,
    QUOTE,
    TOKEN,
    VOLUME,
    WORDS,
)

PATIENCE = 120.0

_OPENED = 1_795_000_000
_ORDINALS = 0xFFFFF
"""The bits of a price that number the ticks."""

_TRADED = np.array([LTP, QUOTE, FULL, FULL], dtype=np.uint8)
_INDEX = np.array([LTP, INDEX_QUOTE, INDEX_FULL], dtype=np.uint8)


@dataclass(slots=True)
class Sent:
    """What one client connection was sent, over all its sessions.

    words and lengths: of each message. first_of_session: which message began each session.
    """

    tokens: frozenset[int]
    words: list[NDArray[np.int32]] = field(default_factory=list)
    lengths: list[NDArray[np.uint8]] = field(default_factory=list)
    first_of_session: list[int] = field(default_factory=list)

    @property
    def ticks(self) -> int:
        """How many ticks were sent."""
        return sum(map(len, self.lengths))

    def marks(self) -> NDArray[np.bool_]:
        """For each tick whether it is the first of its token in its session; all later ones are news."""
        flags: list[bool] = []
        seen: set[int] = set()
        for number, words in enumerate(self.words):
            if number in self.first_of_session:
                seen = set()
            for token in words[:, TOKEN].view(np.uint32).tolist():
                flags.append(token not in seen)
                seen.add(token)
        return np.array(flags, dtype=np.bool_)


class KnownMarket:
    """Sends `messages` to each of `connections` clients, and drops some of them on the way.

    Each tick has another price than the one before it, a later time and a larger volume, as news has.
    ticks: how many in a message. outages: for each, the client's place in the order of its first subscription
    and the number of the message before which it is lost; the market goes on without it for `missed` ones.
    """

    def __init__(
        self,
        *,
        connections: int,
        messages: int,
        ticks: int,
        outages: Sequence[tuple[int, int]] = (),
        missed: int = 10,
        seed: int = 1,
    ) -> None:
        self.sent: dict[frozenset[int], Sent] = {}
        self.is_done = asyncio.Event()
        self._connections = connections
        self._messages = messages
        self._ticks = ticks
        self._outages = set(outages)
        self._missed = missed
        self._seed = seed
        self._next: dict[frozenset[int], int] = {}
        self._place: dict[frozenset[int], int] = {}
        self._done = 0
        self._all_subscribed = asyncio.Event()
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._client, "127.0.0.1", 0, ping_interval=None, compression=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where to connect, with the credentials that any client needs."""
        assert self._server is not None
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}/?api_key=key&access_token=token"

    @property
    def ticks(self) -> int:
        """How many ticks were sent to all."""
        return sum(each.ticks for each in self.sent.values())

    async def _client(self, connection: ServerConnection) -> None:
        tokens: set[int] = set()
        try:
            async for text in connection:
                match parse_request(text):
                    case Subscribe(more):
                        tokens.update(more)
                    case _:
                        break
            await self._serve(connection, frozenset(tokens))
            async for _ in connection:
                pass
        except ConnectionClosed:
            pass

    async def _serve(self, connection: ServerConnection, tokens: frozenset[int]) -> None:
        sent = self.sent.setdefault(tokens, Sent(tokens))
        place = self._place.setdefault(tokens, len(self._place))
        if len(self.sent) == self._connections:
            self._all_subscribed.set()
        await self._all_subscribed.wait()
        sent.first_of_session.append(len(sent.words))
        for number in range(self._next.get(tokens, 0), self._messages):
            if (place, number) in self._outages:
                self._outages.discard((place, number))
                self._next[tokens] = number + self._missed
                await (await connection.ping())  # the client has all that was sent before
                connection.transport.abort()
                return
            words, lengths = self._message(sorted(tokens), place, number)
            await connection.send(encode_frame(words, lengths.tolist()))
            await asyncio.sleep(0)  # for a client that reads at once, `send` alone would never let others in
            sent.words.append(words)
            sent.lengths.append(lengths)
        await (await connection.ping())
        self._done += 1
        if self._done == self._connections:
            self.is_done.set()

    def _message(
        self, tokens: list[int], place: int, number: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Make one message; the same arguments give the same one."""
        random = np.random.default_rng((self._seed, place, number))
        chosen = np.array(tokens, dtype=np.uint32)[random.integers(0, len(tokens), self._ticks)]
        is_index = (chosen & 0xFF) == int(Exchange.INDICES)
        lengths = np.where(
            is_index,
            _INDEX[random.integers(0, len(_INDEX), self._ticks)],
            _TRADED[random.integers(0, len(_TRADED), self._ticks)],
        ).astype(np.uint8)
        words = random.integers(-(2**31), 2**31, (self._ticks, WORDS), dtype=np.int32)
        words[:, TOKEN] = chosen.view(np.int32)
        words[:, LAST_PRICE : CLOSE + 1] >>= 8  # a change of prices has to fit a word as well
        ordinal = number * self._ticks + np.arange(self._ticks, dtype=np.int32)
        words[:, LAST_PRICE] = words[:, LAST_PRICE] & ~_ORDINALS | ordinal
        words[:, VOLUME] = ordinal
        words[:, EXCHANGE_TIME] = _OPENED + ordinal
        words[:, DEPTH + ENTRY_ORDERS :: DEPTH_ENTRY_WORDS] &= 0xFFFF
        words[:, PRICE_CHANGE] = np.where(
            is_index, words[:, LAST_PRICE] - words[:, CLOSE], words[:, PRICE_CHANGE]
        )
        for length, carried in _CARRIED.items():
            words[np.ix_(lengths == length, ~carried)] = 0
        return words, lengths


def _words(*numbers: int) -> NDArray[np.bool_]:
    carried = np.zeros(WORDS, dtype=np.bool_)
    carried[list(numbers)] = True
    return carried


_CARRIED = {
    LTP: _words(*range(LTP // 4)),
    QUOTE: _words(*range(QUOTE // 4)),
    FULL: _words(*range(FULL // 4)),
    INDEX_QUOTE: _words(*INDEX_WORDS[: INDEX_QUOTE // 4]),
    INDEX_FULL: _words(*INDEX_WORDS[: INDEX_FULL // 4]),
}


def check(batches: Iterator[TickRows], market: KnownMarket) -> int:
    """Check that a recording has exactly what was sent, in order for each connection; return its rows."""
    parts: dict[int, list[TickRows]] = {}
    for rows in batches:
        for connection in np.unique(rows.connection).tolist():
            parts.setdefault(connection, []).append(rows[rows.connection == connection])
    recorded = {connection: _joined(found) for connection, found in parts.items()}
    by_tokens = {
        tokens: rows
        for rows in recorded.values()
        for tokens in market.sent
        if int(rows.words[0, TOKEN].view(np.uint32)) in tokens
    }
    assert by_tokens.keys() == market.sent.keys()
    for tokens, sent in market.sent.items():
        rows = by_tokens[tokens]
        assert len(rows) == sent.ticks
        np.testing.assert_array_equal(rows.sequence, np.arange(1, sent.ticks + 1))
        np.testing.assert_array_equal(rows.lengths, np.concatenate(sent.lengths))
        np.testing.assert_array_equal(rows.words, np.concatenate(sent.words))
        np.testing.assert_array_equal(rows.snapshot, sent.marks())
        assert (np.diff(rows.received_at) >= 0).all()
    return sum(map(len, recorded.values()))


def _joined(parts: list[TickRows]) -> TickRows:
    return TickRows(
        words=np.concatenate([each.words for each in parts]),
        lengths=np.concatenate([each.lengths for each in parts]),
        received_at=np.concatenate([each.received_at for each in parts]),
        connection=np.concatenate([each.connection for each in parts]),
        sequence=np.concatenate([each.sequence for each in parts]),
        snapshot=np.concatenate([each.snapshot for each in parts]),
    )
