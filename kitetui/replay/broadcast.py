"""A recording played to whoever listens: each record in its time, to the clients that it concerns."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from math import inf
from typing import Final

from kitetui.errors import UserError
from kitetui.record.capture.marks import Places
from kitetui.record.capture.records import Kind, Record
from kitetui.replay.ahead import read_ahead
from kitetui.replay.client import ReplayClient
from kitetui.replay.market import RecordedMarket
from kitetui.replay.packets import split
from kitetui.replay.playback import Playback
from kitetui.replay.source import Source
from kitetui.wire import HEARTBEAT

_IDLE: Final = frozenset({HEARTBEAT, b"", b"\x00\x00"})
"""Messages without a packet; a replay has heartbeats of its own."""


class Broadcast:
    """Plays a source once there are listeners, one record after the other.

    A client that reads slowly holds all up: nothing is dropped for it. clients: those connected; market: what
    was played so far; problem: why the recording could not be read to its end, one sentence.
    """

    def __init__(self, source: Source, playback: Playback, wait_for: int, settle: float) -> None:
        self.clients: dict[ReplayClient, None] = {}
        self.market = RecordedMarket()
        self.problem: str | None = None
        self._source = source
        self._playback = playback
        self._wait_for = wait_for
        self._settle = settle
        self._requests = 0
        self._asked = asyncio.Event()

    def asked(self) -> None:
        """Note that a client has asked for something."""
        self._requests += 1
        self._asked.set()

    async def play(self) -> None:
        """Wait for listeners, and play to the end, again and again if the playback loops."""
        self._playback.begin(self._source.span)
        await self._listeners(max(1, self._wait_for))
        await self._quiet()
        self._playback.play()
        try:
            while await self._play_once() and self._playback.loops:
                self.market.clear()
                self._playback.begin(self._source.span)
        except (OSError, UserError) as error:
            self.problem = str(error)
        self._playback.end()

    async def _play_once(self) -> bool:
        """Play all records; return whether any had a tick: without one a loop would never rest."""
        records = await asyncio.to_thread(self._source.records, self._playback.start)
        async with aclosing(read_ahead(records)) as ahead:
            async for record in ahead:
                await self._play(record)
        return bool(self.market.last)

    async def _play(self, record: Record) -> None:
        match record.kind:
            case Kind.DATA:
                places = self.market.marked(record)
                if record.data not in _IDLE:
                    await self._play_data(record, places)
            case Kind.TEXT:
                await self._playback.reach(record.at, is_data=False)
                text = record.data.decode(errors="replace")
                for client in self._listening(record.connection):
                    await client.pass_on(text, record.at)
            case Kind.NOTE if noted := self.market.noted(record):
                await self._playback.reach(record.at, is_data=False)
                for client in self._listening(record.connection):
                    await client.tell(noted)
            case Kind.SENT:
                self.market.asked(record)

    async def _play_data(self, record: Record, places: Places) -> None:
        await self._playback.reach(record.at, is_data=True)
        if self._playback.speed == inf and not any(client.modes for client in self.clients):
            await self._listeners(1)
        packets = split(record.data)
        if packets is None:
            for client in self._listening(record.connection):
                await client.pass_on(record.data, record.at, places)
            return
        for client in list(self.clients):
            await client.show(record.data, packets, record.at, places)
        self.market.came(record.connection, packets)

    def _listening(self, connection: int) -> list[ReplayClient]:
        """Return the clients that a message of a recorded connection without tokens concerns."""
        return [client for client in self.clients if self.market.concerns(connection, client.modes)]

    async def _listeners(self, tokens: int) -> None:
        """Wait until clients listen to so many tokens, and have said all that they had to say at once.

        The mode of a token is asked for after the token: what is played between the two would be cut short.
        """
        while True:
            while len(self._tokens) < tokens:
                self._asked.clear()
                await self._asked.wait()
            before = self._requests
            await asyncio.gather(*(client.has_spoken() for client in self.clients))
            if self._requests == before and len(self._tokens) >= tokens:
                return

    async def _quiet(self) -> None:
        """Wait until nobody has asked for anything for a while: a client may have several connections."""
        with suppress(TimeoutError):
            while self._settle:
                self._asked.clear()
                async with asyncio.timeout(self._settle):
                    await self._asked.wait()

    @property
    def _tokens(self) -> set[int]:
        return set().union(*(client.modes for client in self.clients))
