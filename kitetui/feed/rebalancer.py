"""Moves symbols between connections: failover, failback and rebalancing.

A token that moves is subscribed on its new connection before it leaves the old one, so that no tick is lost
on the way; where the old one is lost there is nothing to wait for. Kite acknowledges nothing, but it sends
the packet it kept of each token that is subscribed: that is the sign that a token has arrived.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.connection import Connection
from kitetui.feed.messages import FeedMessage, Gap, SymbolsMoved
from kitetui.feed.subscriptions import Subscriptions

_ARRIVAL_TIMEOUT: Final = 5.0
"""Seconds after which a token counts as arrived all the same: one unknown to the server never ticks."""


class Rebalancer:
    """Moves tokens between connections; `groups` are those that may take each other's.

    look: to be set when a connection has changed its state.
    """

    def __init__(
        self,
        connections: Sequence[Connection],
        subscriptions: Subscriptions,
        config: KiteManagerConfig,
        groups: Sequence[range],
        publish: Callable[[FeedMessage], None],
        clock: Callable[[], int],
    ) -> None:
        self.look = asyncio.Event()
        self._connections = connections
        self._subscriptions = subscriptions
        self._config = config
        self._groups = groups
        self._publish = publish
        self._clock = clock
        self._home_of: dict[int, int] = {}
        self._moving = asyncio.Lock()

    async def watch(self) -> None:
        """Move symbols away from connections that stay lost, and back when they are well again."""
        while True:
            async with self._moving:
                for connection in self._connections:
                    if self._is_lost(connection):
                        await self._move_away(connection)
                    elif self._is_well(connection):
                        await self._bring_back(connection)
            self.look.clear()
            try:
                async with asyncio.timeout(self._config.health_check_interval):
                    await self.look.wait()
            except TimeoutError:
                continue

    async def rebalance(self) -> None:
        """Even out the connections of each group that are not lost."""
        async with self._moving:
            for group in self._groups:
                sound = [number for number in group if self._connections[number].failing_since is None]
                await self._move(self._evening(sound))

    def reset(self) -> None:
        """Forget what was moved away from lost connections: the next start is a new one."""
        self._home_of.clear()
        for connection in self._connections:
            connection.keep_trying = False

    def forget(self, tokens: Iterable[int]) -> None:
        """Take notice that these are not wanted any more."""
        for token in tokens:
            self._home_of.pop(token, None)

    def _is_lost(self, connection: Connection) -> bool:
        limit, since = self._config.failover_after, connection.failing_since
        if limit is None or since is None:
            return False
        return connection.is_rate_limited or asyncio.get_running_loop().time() - since >= limit

    def _is_well(self, connection: Connection) -> bool:
        since = connection.live_since
        return (
            connection.keep_trying
            and since is not None
            and asyncio.get_running_loop().time() - since >= self._config.failback_after
        )

    async def _move_away(self, lost: Connection) -> None:
        tokens = self._subscriptions.carried_by(lost.number)
        moves = self._fitting(tokens, lost.number)
        moved = [token for group in moves.values() for token in group]
        if not moved:
            return
        for token in moved:
            self._home_of.setdefault(token, lost.number)
        lost.keep_trying = True
        # Those that find no room are still missing, and their gap goes on.
        outage = lost.take_outage() if len(moved) == len(tokens) else lost.outage
        await self._move(moves, leave_first=True)
        if outage is not None:
            start, reason = outage
            lost.report(Gap(lost.number, start, self._clock(), len(moved), reason))

    async def _bring_back(self, connection: Connection) -> None:
        number = connection.number
        tokens = [token for token, home in self._home_of.items() if home == number]
        coming = tokens[: self._subscriptions.room(number)]
        for token in tokens:
            del self._home_of[token]
        await self._move({number: coming})
        stayed = [token for token in coming if self._subscriptions.connection_of(token) not in (number, None)]
        self._home_of.update(dict.fromkeys(stayed, number))
        connection.keep_trying = bool(stayed)

    def _fitting(self, tokens: Sequence[int], lost: int) -> Mapping[int, list[int]]:
        """Return which live connections of the group take which tokens, evenly, as far as they fit."""
        group = next(group for group in self._groups if lost in group)
        room = {
            number: self._subscriptions.room(number)
            for number in group
            if self._connections[number].live_since is not None
        }
        moves: dict[int, list[int]] = defaultdict(list)
        for token in tokens:
            roomiest = max(room, key=lambda number: room[number], default=None)
            if roomiest is None or not room[roomiest]:
                break
            moves[roomiest].append(token)
            room[roomiest] -= 1
        return moves

    def _evening(self, numbers: Sequence[int]) -> Mapping[int, list[int]]:
        """Return the fewest moves that leave these connections with as many tokens each, give or take one."""
        carried = {number: self._subscriptions.carried_by(number) for number in numbers}
        moves: dict[int, list[int]] = defaultdict(list)
        while carried:
            fullest = max(carried, key=lambda number: len(carried[number]))
            emptiest = min(carried, key=lambda number: len(carried[number]))
            if len(carried[fullest]) - len(carried[emptiest]) <= 1:
                break
            token = carried[fullest].pop()
            carried[emptiest].append(token)
            moves[emptiest].append(token)
        return moves

    async def _move(self, moves: Mapping[int, Sequence[int]], *, leave_first: bool = False) -> None:
        tokens = [token for group in moves.values() for token in group]
        for number, group in moves.items():
            self._connections[number].last.forget_ticks(group)
            self._subscriptions.move(group, number)
            if group:
                self._publish(SymbolsMoved(number, tuple(group), self._clock()))
        # First where they come to: whoever follows the wanted symbols is never told that nobody wants them.
        for number in moves:
            self._connections[number].follow()
        if leave_first:
            self._leave(tokens)
        try:
            await self._arrived(moves)
        finally:
            for number, group in moves.items():
                self._settle(number, group)

    def _settle(self, number: int, tokens: Sequence[int]) -> None:
        """Take tokens off their old connection if the new one is live, or else leave them where they were."""
        if self._connections[number].live_since is not None:
            self._leave(tokens)
        else:
            for concerned in self._subscriptions.stay(tokens):
                self._connections[concerned].follow()

    async def _arrived(self, moves: Mapping[int, Sequence[int]]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_ARRIVAL_TIMEOUT):
                for number, tokens in moves.items():
                    connection = self._connections[number]
                    while not connection.last.have_ticked(tokens):
                        connection.ticked.clear()
                        await connection.ticked.wait()

    def _leave(self, tokens: Iterable[int]) -> None:
        for number in self._subscriptions.leave(tokens):
            self._connections[number].follow()
