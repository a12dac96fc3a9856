"""A recording played to whoever listens: each record in its time, to the clients that it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from math import inf
from typing import Final, Protocol

from kitetui.errors import UserError
from kitetui.record.capture.layout import Record, RecordKind
from kitetui.record.capture.rows import Positions
from kitetui.replay.market import MessagePackets, Noted, RecordedMarket, split
from kitetui.replay.playback import Playback
from kitetui.replay.recording import Recording, read_ahead
from kitetui.wire import HEARTBEAT, Mode

_IDLE: Final = frozenset({HEARTBEAT, b"", b"\x00\x00"})
"""Messages without a packet; a replay has heartbeats of its own."""


class Listener(Protocol):
    """Who is played to: a connection of the manager's in this process, or a client of the server's.

    Moments are UTC nanoseconds of the recording; places are those of a message's ticks that carry the mark.
    """

    @property
    def modes(self) -> Mapping[int, Mode]:
        """Its tokens, with their modes."""

    async def show(self, message: bytes, packets: MessagePackets, at: int, places: Positions) -> None:
        """Take what of a message it wants."""

    async def pass_on(self, message: bytes | str, at: int, places: Positions = ()) -> None:
        """Take a message as it was recorded."""

    async def tell(self, noted: Noted, at: int) -> None:
        """Hear what became of a recorded connection."""

    async def has_spoken(self) -> None:
        """Return when all that it has asked for by now is known."""


class Player:
    """Plays a recording once there are listeners, one record after the other.

    One that takes it slowly holds all up: nothing is dropped for it. wait_for: how many tokens are to be
    subscribed before it begins; settle: seconds without a request before it does. market: what was played so
    far; problem: why the recording could not be read to its end, one sentence.
    """

    def __init__(
        self, recording: Recording, playback: Playback, wait_for: int = 1, settle: float = 0.0
    ) -> None:
        self.listeners: dict[Listener, None] = {}
        self.market = RecordedMarket()
        self.problem: str | None = None
        self._recording = recording
        self._playback = playback
        self._wait_for = wait_for
        self._settle = settle
        self._requests = 0
        self._asked = asyncio.Event()

    @contextmanager
    def heard_by(self, listener: Listener) -> Iterator[None]:
        """Play to a listener, too."""
        self.listeners[listener] = None
        try:
            yield
        finally:
            del self.listeners[listener]

    def asked(self) -> None:
        """Note that a listener has asked for something."""
        self._requests += 1
        self._asked.set()

    async def play(self) -> None:
        """Wait for listeners, and play to the end, again and again if the playback loops."""
        self._playback.begin(self._recording.span)
        await self._listeners(max(1, self._wait_for))
        await self._quiet()
        self._playback.play()
        try:
            while await self._play_once() and self._playback.loops:
                self.market.clear()
                self._playback.begin(self._recording.span)
        except (OSError, UserError) as error:
            self.problem = str(error)
        self._playback.end()

    async def _play_once(self) -> bool:
        """Play all records; return whether any had a tick: without one a loop would never rest."""
        records = await asyncio.to_thread(self._recording.records, self._playback.start)
        async with aclosing(read_ahead(records)) as ahead:
            async for record in ahead:
                await self._play(record)
        return bool(self.market.last)

    async def _play(self, record: Record) -> None:
        match record.kind:
            case RecordKind.DATA:
                places = self.market.marked(record)
                if record.data not in _IDLE:
                    await self._play_data(record, places)
            case RecordKind.TEXT:
                await self._playback.reach(record.at, is_data=False)
                text = record.data.decode(errors="replace")
                for each in self._listening(record.connection):
                    await each.pass_on(text, record.at)
            case RecordKind.NOTE if noted := self.market.noted(record):
                await self._playback.reach(record.at, is_data=False)
                for each in self._listening(record.connection):
                    await each.tell(noted, record.at)
            case RecordKind.SENT:
                self.market.asked(record)

    async def _play_data(self, record: Record, places: Positions) -> None:
        await self._playback.reach(record.at, is_data=True)
        if self._playback.speed == inf and not any(each.modes for each in self.listeners):
            await self._listeners(1)
        packets = split(record.data)
        if packets is None:
            for each in self._listening(record.connection):
                await each.pass_on(record.data, record.at, places)
            return
        for each in list(self.listeners):
            await each.show(record.data, packets, record.at, places)
        self.market.came(record.connection, packets)

    def _listening(self, connection: int) -> list[Listener]:
        """Return those that a message of a recorded connection without tokens concerns."""
        return [each for each in self.listeners if self.market.concerns(connection, each.modes)]

    async def _listeners(self, tokens: int) -> None:
        """Wait until so many tokens are listened to, and all that was to be said at once has been.

        The mode of a token is asked for after the token: what is played between the two would be cut short.
        """
        while True:
            while len(self._tokens) < tokens:
                self._asked.clear()
                await self._asked.wait()
            before = self._requests
            await asyncio.gather(*(each.has_spoken() for each in self.listeners))
            if self._requests == before and len(self._tokens) >= tokens:
                return

    async def _quiet(self) -> None:
        """Wait until nobody has asked for anything for a while: a program may have several connections."""
        with suppress(TimeoutError):
            while self._settle:
                self._asked.clear()
                async with asyncio.timeout(self._settle):
                    await self._asked.wait()

    @property
    def _tokens(self) -> set[int]:
        return set().union(*(each.modes for each in self.listeners))
