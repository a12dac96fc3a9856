"""What a recording should lack, and when: the truth that gap logs are held against.

Moments are seconds of the world. A moment is in a row if the machine's clock of that moment is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import Any, Final

from kitetui.feed import ClockStepped, ConnectionChanged, ConnectionState, SymbolsWanted, Ticks
from kitetui.wire import Mode
from kitetui.wire.layout import RANK, TOKEN
from tests.record.helpers import Hole
from tests.world.account import Key
from tests.world.network import Network, Wire

_CLEAR: Final = 8.0
"""Seconds after which a symbol that was wanted has had its answer, or a row that it has none."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A tick that no file has: when it came, or would have come, on which connection."""

    token: int
    connection: int
    at: float
    why: str


class Holes:
    """Follows what is wanted and what the market does, as the exchange and the feed know it.

    received_at: by the machine's clock, of each tick that was received, UTC nanoseconds.
    is_wanted_mode: whether it had all that was wanted. ended_at: when the program gave up a wire. unsure:
    between which times of it the machine's clock was set, at a moment that nobody knows; unread: between
    which moments.
    """

    def __init__(self, network: Network, tokens: Sequence[int]) -> None:
        self.received_at: dict[Key, int] = {}
        self.is_wanted_mode: dict[Key, bool] = {}
        self.ended_at: dict[Wire, float] = {}
        self.unsure: list[tuple[int, int]] = []
        self.unread: list[tuple[float, float]] = []
        self._uncarried: list[tuple[int, float]] = []
        self._network = network
        self._tokens = tokens
        self._wanted: dict[tuple[int, int], list[tuple[float, Mode | None]]] = defaultdict(list)
        self._live: dict[int, Wire] = {}

    def hear(self, message: Any) -> None:
        """Follow the full stream of the manager."""
        now = self._network.loop.time()
        match message:
            case SymbolsWanted(connection, modes):
                for token, mode in modes.items():
                    self._wanted[token, connection].append((now, mode))
            case ClockStepped(at, since, seconds):
                before = at - round(seconds * 1e9)
                self.unsure += [(since, at), (before - (at - since), before)]
                self.unread.append((now - (at - since) / 1e9, now))
            case ConnectionChanged(connection, state):
                wire = self._live.pop(connection, None)
                if wire is not None and state is not ConnectionState.UNUSED:
                    self.ended_at[wire] = now
                if state is ConnectionState.LIVE:
                    self._live[connection] = [
                        each for each in self._network.wires if each.number == connection
                    ][-1]
            case Ticks():
                tokens = message.batch.words[:, TOKEN].view("u4").tolist()
                modes = message.batch["mode"].tolist()
                for place, at in enumerate(message.received_at.tolist()):
                    key = message.connection, message.sequence + place
                    self.received_at[key] = at
                    changes = self._wanted.get((tokens[place], message.connection))
                    mode = changes[-1][1] if changes else None
                    self.is_wanted_mode[key] = mode is not None and RANK[Mode(modes[place])] >= RANK[mode]

    def moved(self, rows: Any) -> None:
        """Note which symbols that somebody wants moved while no wire that is up carried them."""
        now = self._network.loop.time()
        for row in rows.tolist():
            token = self._tokens[row]
            is_carried = any(self.is_wanted_on(token, number, now) for number in self._live)
            if not is_carried and now - self.wanted_since(token, now) >= _CLEAR:
                self._uncarried.append((token, now))

    def missed(
        self, sent: dict[tuple[str, int], list[Any]], taken: dict[int, int], begin: float
    ) -> Iterator[Missed]:
        """Yield what was sent to this program, or should have been, and never reached it.

        sent: by address, what the exchange sent. taken: by port, how many of these messages were received.
        """
        for wire, ended_at in self.ended_at.items():
            for message in sent.get(wire.address, [])[taken.get(wire.address[1], 0) :]:
                at = max(message.at - begin, min(wire.brought_at, ended_at))
                if at > ended_at:
                    continue
                for token, is_answer in zip(message.tokens, message.answers, strict=True):
                    if self._is_moving(token, at):
                        continue  # the other connection has it too
                    if not is_answer and all(
                        self.is_wanted_on(token, wire.number, when) for when in (at, ended_at - 0.001)
                    ):
                        yield Missed(token, wire.number, at, "sent, and lost on its way")
        for token, at in self._uncarried:
            yield Missed(token, -1, at, "never sent, for no connection was up")

    def is_wanted_on(self, token: int, connection: int, at: float) -> bool:
        """Whether a connection was to carry a token at a moment."""
        changes = self._wanted.get((token, connection), [])
        place = bisect_right(changes, at, key=lambda change: change[0])
        return place > 0 and changes[place - 1][1] is not None

    def _is_moving(self, token: int, at: float) -> bool:
        """Whether two connections were to carry a token at a moment."""
        return sum(self.is_wanted_on(token, number, at) for each, number in self._wanted if each == token) > 1

    def wanted_since(self, token: int, at: float) -> float:
        """Return since when a token was wanted at a moment, without a break; infinity where it was not."""
        listed = [
            (when, connection, mode)
            for (each, connection), changes in self._wanted.items()
            if each == token
            for when, mode in changes
        ]
        wanted_on: set[int] = set()
        since = inf
        for when, connection, mode in sorted(listed, key=itemgetter(0)):
            if when > at:
                break
            (wanted_on.discard if mode is None else wanted_on.add)(connection)
            since = min(since, when) if wanted_on else inf
        return since


class Clockwork:
    """Translates between moments and the machine's clock, which was set now and then.

    was: since when the clock was how far ahead. begin: the exchange's clock when the world began.
    """

    def __init__(self, was: Sequence[tuple[float, float]], begin: float) -> None:
        self._was = was
        self._begin = begin

    def shown_at(self, moment: float) -> int:
        """Return what the clock showed at a moment, UTC nanoseconds."""
        place = bisect_right(self._was, moment, key=lambda each: each[0])
        return round((self._begin + moment + self._was[max(place - 1, 0)][1]) * 1e9)

    def moments_of(self, shown: int, slack: float = 0.001) -> list[float]:
        """Return all moments at which the clock showed this, or would have, so much sooner or later."""
        ends = [*(since for since, _ in self._was[1:]), inf]
        moments = []
        for (since, ahead), end in zip(self._was, ends, strict=True):
            moment = shown / 1e9 - self._begin - ahead
            if since - slack <= moment <= end + slack:
                moments.append(moment)
        return moments


def covering(
    holes: Sequence[Hole],
    token: int,
    name: str,
    connection: int,
    is_wanted_on: Callable[[int, int, int], bool],
) -> list[Hole]:
    """Return the rows that are about a symbol.

    is_wanted_on: is given the token, a connection, and the clock of a moment.
    """
    return [
        hole
        for hole in holes
        if name in hole.which
        or (
            not hole.which
            and (
                hole.connection is None
                or hole.connection == connection
                or is_wanted_on(token, hole.connection, hole.start)
                or is_wanted_on(token, hole.connection, hole.end)
            )
        )
    ]
