"""A recording as an exchange: played on the loopback, to which Kite's clients can connect."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.server import ServerConnection

from kitetui.replay.client import ReplayClient
from kitetui.replay.playback import Playback
from kitetui.replay.player import Player
from kitetui.replay.recording import Recording
from kitetui.simulator.listening import LoopbackExchange


class ReplayExchange(LoopbackExchange):
    """The server that plays a recording; an asynchronous context manager.

    It listens on the loopback alone, asks for no credentials, looks at none, and leaves nothing behind.
    """

    # A browser says which page connects: none is to read a recording behind its user's back.
    any_page = False

    def __init__(
        self,
        recording: Recording,
        playback: Playback,
        *,
        port: int = 0,
        wait_for: int = 1,
        settle: float = 0.0,
        heartbeat: float = 1.0,
        patience: float = 10.0,
    ) -> None:
        """Prepare to play; nothing is read or served before the exchange is entered.

        port: where to listen on the loopback, 0 for any that is free.
        wait_for: how many tokens clients must have subscribed before the first message is played.
        settle: seconds in which nobody asked for more, before it begins.
        heartbeat: seconds without anything to send after which a client gets a heartbeat.
        patience: seconds that a client may hold up all others by not reading, before it is dropped.
        """
        self._player = Player(recording, playback, wait_for, settle)
        super().__init__(port)
        self._heartbeat = heartbeat
        self._patience = patience

    @property
    def clients(self) -> list[ReplayClient]:
        """The open connections, the one that was opened first before the others."""
        return [each for each in self._player.listeners if isinstance(each, ReplayClient)]

    @property
    def problem(self) -> str | None:
        """Why the recording could not be read to its end, in one sentence; None if it could."""
        return self._player.problem

    def _work(self) -> Coroutine[Any, Any, None]:
        return self._player.play()

    async def _serve_client(self, connection: ServerConnection) -> None:
        client = ReplayClient(
            connection,
            self._player.market,
            asked=self._player.asked,
            heartbeat=self._heartbeat,
            patience=self._patience,
        )
        with self._player.heard_by(client):
            await client.serve()
