"""A recording as a source of the feed: connections that bring again what was received, with its times."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitetui.feed import ConnectionChanged, ConnectionState, Gap
from kitetui.feed.batcher import Batcher, cut
from kitetui.feed.connection import Connection, ConnectionSetup
from kitetui.feed.freshness import flags_at
from kitetui.feed.retry import Failure, classify_failure
from kitetui.feed.state import FAILED
from kitetui.feed.subscriptions import requests_to_follow
from kitetui.record.capture.layout import GapNote, StateNote
from kitetui.record.capture.rows import Positions
from kitetui.replay.market import MessagePackets, Noted, Subscribed, join, ticks_in
from kitetui.replay.player import Player
from kitetui.wire import Mode, Unsubscribe


class ReplaySource:
    """A recording, for a manager whose clocks are those of its playback. player: plays it."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def connection(self, setup: ConnectionSetup) -> ReplayedConnection:
        """Return a connection that listens to the player."""
        return ReplayedConnection(setup, self._player)


class RecordedBatcher(Batcher):
    """Takes in what was recorded, which says itself when it was received and which ticks carry the mark."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._places: dict[int, Positions] = {}

    def take_recorded(self, frame: bytes, at: int, places: Positions) -> None:
        """Take in market data that was received at a moment, UTC nanoseconds."""
        if places:
            self._places[len(self._frames)] = places
        self.take(frame, at)

    def lost(self) -> None:
        """Note that a recorded connection was lost: what came before it stands no longer."""
        self.last.subscribed_from.fill(self._next_sequence)

    def _timed_at(self, received_at: int) -> float:
        return received_at / 1e9  # the clock of the replay may be ahead by now

    def _marks(self, rows: NDArray[np.intp], batch: Any, at: float) -> NDArray[np.bool_] | None:
        places, self._places = self._places, {}
        return flags_at(places, batch) if places else None


class ReplayedConnection(Connection):
    """Listens to a player while any symbol is wanted; it is as well as the recorded connection was."""

    is_replay = True
    batcher_type = RecordedBatcher
    _batcher: RecordedBatcher

    def __init__(self, setup: ConnectionSetup, player: Player) -> None:
        super().__init__(setup)
        self._player = player
        self._subscribed = Subscribed()

    @property
    def modes(self) -> Mapping[int, Mode]:
        """Its tokens, with their modes."""
        return self._subscribed.modes

    @property
    def is_mute(self) -> bool:
        """Whether its symbols have stopped; there is no socket to fall silent."""
        return self._state is ConnectionState.LIVE and self._has_stopped

    async def _bring(self) -> None:
        """Listen to the player; after a bug nothing more comes."""
        self._become(ConnectionState.CONNECTING)
        self._subscribed = Subscribed()
        self._on_wire = self._subscribed.modes
        self._came_up()
        watching = asyncio.create_task(self._watch_activity(), name=f"kitetui activity {self.number}")
        try:
            with self._player.heard_by(self):
                while self._is_needed and not self._broke.is_set():
                    self._changed.clear()
                    self._ask()
                    await self._changed.wait()
        finally:
            watching.cancel()
        if (bug := self._batcher.failure) is not None:
            self._become(ConnectionState.DOWN, self._noted(bug, classify_failure(bug)))
            await asyncio.get_running_loop().create_future()

    def _ask(self) -> None:
        """Subscribe what is wanted; of what was played already the last packets come, with the mark."""
        changed: dict[int, None] = {}
        while (request := next(requests_to_follow(self.modes, self._wanted), None)) is not None:
            self._batcher.sent(request, self._clock())
            changed.update(dict.fromkeys(self._subscribed.apply(request)))
            if isinstance(request, Unsubscribe):
                self.last.forget_ticks(request.tokens)
            self._player.asked()
        if packets := self._subscribed.last_of(changed, self._player.market.last):
            self._receive(join(packets), self._clock(), tuple(range(ticks_in(packets))))

    async def show(self, message: bytes, packets: MessagePackets, at: int, places: Positions) -> None:
        """Receive what of a message is subscribed."""
        if (part := self._subscribed.part_of(message, packets, places)) is not None:
            self._receive(part[0], at, part[1])

    async def pass_on(self, message: bytes | str, at: int, places: Positions = ()) -> None:
        """Receive a message as it was recorded."""
        if isinstance(message, bytes):
            self._receive(message, at, places)
            return
        self._count(message, at)
        try:
            self._batcher.take_text(message, at)
        except Exception:  # which the batcher keeps
            self._broke.set()
            self._changed.set()

    async def tell(self, noted: Noted, at: int) -> None:
        """Be as the recorded connection was."""
        self.hand_on_received()
        match noted:
            case StateNote(state, reason):
                if state in FAILED:
                    self._batcher.lost()
                    self._failed_at = self._time()
                    self._needed_at = at if self._state not in FAILED else self._needed_at
                self._state, self._failure = state, Failure(cut(reason))
                self._publish(ConnectionChanged(self.number, state, cut(reason), at, is_replay=True))
            case GapNote(start, end, symbols, reason, tokens):
                self.report(Gap(self.number, start, end, symbols, cut(reason), tokens))

    async def has_spoken(self) -> None:
        """Return at once: it asks for all that it wants in one go."""

    def hand_on_received(self) -> None:
        """Hand on what was received; a failure ends it."""
        super().hand_on_received()
        if self._broke.is_set():
            self._changed.set()

    def _receive(self, frame: bytes, at: int, places: Positions) -> None:
        self._count(frame, at)
        if self._batcher.is_empty:
            asyncio.get_running_loop().call_soon(self.hand_on_received)
        self._batcher.take_recorded(frame, at, places)
        if self._batcher.is_full:
            self.hand_on_received()
