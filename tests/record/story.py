"""A ledger that is told a story, in seconds.

Seconds are of the stopwatch where something happens, and of the clock where a row says so; both begin at 0,
and differ once the clock was set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kitetui.feed import (
    ClockStepped,
    ConnectionChanged,
    ConnectionState,
    Heartbeat,
    SymbolsWanted,
    Ticks,
)
from kitetui.record.gaplog import GapEntry
from kitetui.record.ledger import SymbolLedger
from kitetui.record.ledgerfile import Moment, Outage, PastOutage, SymbolHistory
from kitetui.wire import Mode
from tests.record.helpers import SECOND, beats, comes, live, lost, stepped, wants
from tests.wire.packets import FULL

T = 1_625_461_887 * SECOND
A, B, C = 408065, 738561, 779521
DAY = 86_400.0


class Story:
    """A ledger, and what it is told, in seconds."""

    def __init__(self, before: Callable[[int], SymbolHistory] = lambda token: SymbolHistory()) -> None:
        self._ahead = 0.0
        self.ledger = SymbolLedger(before)

    def at(self, second: float) -> int:
        """The clock when the stopwatch says this, UTC nanoseconds."""
        return clock(second + self._ahead)

    def wants(
        self,
        second: float,
        *tokens: int,
        connection: int = 0,
        mode: Mode | None = Mode.FULL,
        answered: tuple[int, ...] = (),
    ) -> None:
        self.hears(
            wants(
                self.at(second),
                *tokens,
                connection=connection,
                mode=mode,
                answered=answered,
                timed_at=second,
            )
        )

    def leaves(self, second: float, *tokens: int, connection: int = 0) -> None:
        self.wants(second, *tokens, connection=connection, mode=None)

    def live(self, second: float, connection: int = 0) -> None:
        self.hears(live(self.at(second), connection, timed_at=second))

    def lost(
        self, second: float, since: float | None = None, reason: str = "closed", connection: int = 0
    ) -> None:
        """Lose a connection; `since`: when the last frame came, which is told by the clock of now."""
        last = None if since is None else self.at(since)
        self.hears(lost(self.at(second), last, reason, connection, timed_at=second))

    def ends(self, second: float, connection: int = 0) -> None:
        state = ConnectionState.UNUSED
        self.hears(ConnectionChanged(connection, state, "", self.at(second), timed_at=second))

    def comes(self, second: float, *tokens: int, connection: int = 0, length: int = FULL) -> None:
        at = self.at(second)
        self.hears(comes(at, *tokens, connection=connection, length=length, timed_at=second))

    def beats(self, second: float, connection: int = 0) -> None:
        self.hears(beats(self.at(second), connection, timed_at=second))

    def steps(self, second: float, seconds: float, since: float | None = None) -> None:
        """Set the clock, forward or back; `since`: when it was read before."""
        self._ahead += seconds
        before = None if since is None else self.at(since)
        self.hears(stepped(self.at(second), seconds, before))

    def replays(self, second: float, connection: int = 0) -> None:
        """Say of a connection that is up that it plays a recording."""
        state = ConnectionState.LIVE
        at = self.at(second)
        self.hears(ConnectionChanged(connection, state, "", at, is_replay=True, timed_at=second))

    def rows(self, second: float) -> list[GapEntry]:
        """What was found to be lacking since it was asked last, with all heard until this second."""
        self.ledger.pass_time(Moment(self.at(second), second))
        return list(self.ledger.take())

    def cut(self, second: float) -> list[GapEntry]:
        """What is lacking up to the end of a file."""
        return list(self.ledger.unfinished(self.at(second)))

    def hears(self, message: SymbolsWanted | ConnectionChanged | ClockStepped | Heartbeat | Ticks) -> None:
        """Tell it a message, whenever the message says that it was."""
        self.ledger.hear(message)
        self.ledger.pass_time()


def clock(second: float) -> int:
    return T + round(second * SECOND)


def recorded(known: Mapping[int, PastOutage]) -> Callable[[int], SymbolHistory]:
    """What was missing before, of each token, told once."""
    left = dict(known)
    return lambda token: SymbolHistory((left.pop(token),)) if token in left else SymbolHistory()


def row(
    start: float, end: float, reason: str, *tokens: int, symbols: int | None = None, connection: int = 0
) -> GapEntry:
    """A row of the log; `symbols` where it is of all of the connection."""
    return GapEntry(clock(start), clock(end), reason, connection, symbols or len(tokens), tokens)


def absence(since: float, reason: str, *tokens: int, connection: int = 0) -> Outage:
    """What is missing; no tokens: all of the connection."""
    return Outage(connection, clock(since), reason, tokens)


def undisturbed(*tokens: int, mode: Mode = Mode.FULL) -> Story:
    """A connection that brings these symbols, with last packets at second 1."""
    story = Story()
    story.wants(0, *tokens, mode=mode)
    story.live(0.1)
    story.comes(1, *tokens)
    assert story.rows(1.5) == []
    return story
