"""What a recording lacks, found from what its recorder hears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kitetui.feed import ConnectionChanged, ConnectionState, Gap, Lagged, RawFrame, TickerMessage, Ticks
from kitetui.record.gaplog import Lack

_SET_BACK: Final = 1_000_000_000
"""Nanoseconds; what waited in two sockets is read in turns, so that times are never quite in order."""

_LOST: Final = (ConnectionState.RETRYING, ConnectionState.DOWN)


class Lacks:
    """Keeps in mind what is not over yet.

    stopped_at: until when a recording that goes on was written to before, UTC nanoseconds.
    """

    def __init__(self, stopped_at: int | None = None) -> None:
        self._stopped_at = stopped_at
        self._last: int | None = None
        self._last_of: dict[int, int] = {}
        self._lost_ticks = 0
        self._outages: dict[int, Lack] = {}

    def hear(self, message: TickerMessage | RawFrame) -> Iterator[Lack]:
        """Take in the next message; yield what is known to be lacking now."""
        match message:
            case Ticks():
                yield from self._ticks(message)
            case Lagged():
                self._lost_ticks += message.ticks
            case Gap(connection, start, end, symbols, reason):
                self._outages.pop(connection, None)
                yield Lack(start, end, reason, connection, symbols)
            case ConnectionChanged():
                yield from self._changed(message)

    def unfinished(self, at: int) -> Iterator[Lack]:
        """Yield what is lacking up to now, UTC nanoseconds; for the end of a file."""
        for outage in self._outages.values():
            yield Lack(outage.start, at, outage.reason, outage.connection)
        if self._lost_ticks:
            yield self._loss(at)

    def _ticks(self, ticks: Ticks) -> Iterator[Lack]:
        if len(ticks.batch):
            first, last = int(ticks.received_at[0]), int(ticks.received_at[-1])
            if self._stopped_at is not None:
                yield Lack(self._stopped_at, first, "not recorded")
                self._stopped_at = None
            if self._lost_ticks:
                yield self._loss(first)
            if self._last is not None and first < self._last - _SET_BACK:
                yield Lack(self._last, first, "the clock was set back")
            self._last = self._last_of[ticks.connection] = last
        if errors := ticks.batch.errors:
            at = self._last_of.get(ticks.connection, self._last or 0)
            many = f"{len(errors):,} packets" if len(errors) > 1 else "a packet"
            yield Lack(at, at, f"{many} could not be read: {errors[0].reason}", ticks.connection)

    def _loss(self, end: int) -> Lack:
        lost, self._lost_ticks = self._lost_ticks, 0
        start = self._last if self._last is not None else end
        return Lack(start, end, f"{lost:,} ticks lost: the output was slower than the market")

    def _changed(self, change: ConnectionChanged) -> Iterator[Lack]:
        connection, at = change.connection, change.at
        if change.state in _LOST:
            start = self._last_of.get(connection)
            if start is not None and connection not in self._outages:
                self._outages[connection] = Lack(start, at, change.reason, connection)
        elif change.state is ConnectionState.UNUSED and connection in self._outages:
            outage = self._outages.pop(connection)
            yield Lack(outage.start, at, outage.reason, connection)
