"""Derives gap-log entries from the message stream: gaps of symbols, and those that concern no symbol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kitetui.feed import (
    ClockStepped,
    ConnectionChanged,
    ConnectionState,
    Gap,
    Heartbeat,
    Lagged,
    RawFrame,
    SymbolsWanted,
    TickerMessage,
    Ticks,
)
from kitetui.feed.state import FAILED
from kitetui.formatting import noun
from kitetui.record.gaplog import GapEntry
from kitetui.record.history import RecordingHistory
from kitetui.record.ledger import SymbolLedger
from kitetui.record.ledgerfile import NOT_RECORDED, TOLERANCE, Moment

_SET_BACK: Final = 1_000_000_000
"""Nanoseconds; what waited in two sockets is read in turns, so that times are never quite in order."""


class GapLedger:
    """Keeps in mind what is not over yet.

    before: what was recorded before in the same place. ledger: of the wanted symbols. has_begun: whether it
    is known what is to be recorded.
    """

    def __init__(self, history: RecordingHistory) -> None:
        self.ledger = SymbolLedger(history.take)
        self.has_begun = False
        self._stopped_at = history.until
        self._last: int | None = None
        self._lost: Lagged | None = None
        self._outages: dict[int, GapEntry] = {}

    def hear(self, message: TickerMessage | RawFrame) -> Iterator[GapEntry]:
        """Take in the next message; yield the gaps that are known now."""
        match message:
            case Ticks():
                yield from self._ticks(message)
            case Lagged(ticks=ticks) if ticks:
                yield from self._lagged(message)
            case Gap(connection, start, end, symbols, reason, tokens) if self.ledger.is_replayed(connection):
                self._outages.pop(connection, None)
                yield GapEntry(start, end, reason, connection, symbols, tokens)
            case ClockStepped(at=at, seconds=seconds):
                self._last = None
                self.ledger.hear(message)
                way = "back" if seconds < 0 else "forward"
                yield GapEntry(at, at, f"the clock was set {way} by {abs(seconds):,.1f} s")
            case Heartbeat():
                self.ledger.hear(message)
            case SymbolsWanted():
                self.has_begun, self._stopped_at = True, None
                self.ledger.hear(message)
            case ConnectionChanged():
                self.ledger.hear(message)
                yield from self._replayed(message)
        yield from self.ledger.take()

    def pass_time(self, now: Moment | None = None) -> Iterator[GapEntry]:
        """Yield the gaps that are known at the time of what was heard last, or now that all was heard."""
        self.ledger.pass_time(now)
        yield from self.ledger.take()
        if self._lost is not None and now is not None and not 0 <= now.at - _end_of(self._lost) <= TOLERANCE:
            yield self._loss(self._lost)

    def unfinished(self, at: int) -> Iterator[GapEntry]:
        """Yield the gaps up to now, UTC nanoseconds; for the end of a file."""
        yield from self.ledger.unfinished(at)
        for outage in self._outages.values():
            yield GapEntry(outage.start, at, outage.reason, outage.connection)
        if self._lost is not None:
            yield self._loss(self._lost)

    def _ticks(self, ticks: Ticks) -> Iterator[GapEntry]:
        if len(ticks.batch):
            first, last = int(ticks.received_at[0]), int(ticks.received_at[-1])
            if self._stopped_at is not None and self._stopped_at < first:
                yield GapEntry(self._stopped_at, first, NOT_RECORDED)
            self.has_begun, self._stopped_at = True, None
            if self._last is not None and first < self._last - _SET_BACK:
                yield GapEntry(first, first, "the clock was set back")
            self._last = last
            self.ledger.hear(ticks)
        if errors := ticks.batch.errors:
            many = f"{len(errors):,} packets" if len(errors) > 1 else "a packet"
            reason = f"{many} could not be read: {errors[0].reason}"
            yield GapEntry(min(ticks.errors_at), max(ticks.errors_at), reason, ticks.connection)

    def _lagged(self, lagged: Lagged) -> Iterator[GapEntry]:
        """Join losses that follow on each other: a disk that is too slow for long has one after each tick."""
        lost = self._lost
        if lost is not None and 0 <= (lagged.start or 0) - _end_of(lost) <= TOLERANCE:
            lagged = Lagged(
                lost.messages + lagged.messages, lost.ticks + lagged.ticks, lost.start, lagged.end
            )
        elif lost is not None:
            yield self._loss(lost)
        self._lost = lagged

    def _loss(self, lost: Lagged) -> GapEntry:
        self._lost = None
        reason = f"{lost.ticks:,} {noun(lost.ticks, 'tick')} lost: the output was slower than the market"
        return GapEntry(lost.start or 0, _end_of(lost), reason)

    def _replayed(self, change: ConnectionChanged) -> Iterator[GapEntry]:
        """Follow an outage of a recording, which says itself when it is over, if it is."""
        connection, at = change.connection, change.at
        if not change.is_replay:
            return
        if change.state in FAILED and connection not in self._outages and self._last is not None:
            self._outages[connection] = GapEntry(self._last, at, change.reason, connection)
        elif change.state is ConnectionState.UNUSED and connection in self._outages:
            outage = self._outages.pop(connection)
            yield GapEntry(outage.start, at, outage.reason, connection)


def _end_of(lost: Lagged) -> int:
    return lost.end or 0
