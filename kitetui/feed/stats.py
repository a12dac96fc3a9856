"""What is known of connections at a moment: counters that add up, the facts around them, and their health."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import countOf
from typing import Final

from kitetui.feed.channel import ReaderStats
from kitetui.feed.endpoint import DEFAULT_ACCOUNT
from kitetui.feed.messages import Gap
from kitetui.feed.state import FAILED, ConnectionState
from kitetui.wire import Mode

_SAMPLES: Final = 512
_KEPT_GAPS: Final = 100


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The middle and the far end of some samples."""

    p50: float
    p99: float

    @classmethod
    def of(cls, samples: Collection[float]) -> Percentiles | None:
        """Return the percentiles of samples, None of none."""
        if not samples:
            return None
        ordered = sorted(samples)
        return cls(ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)])


def modes_of(wanted: Mapping[int, Mode]) -> dict[Mode, int]:
    """Return how many tokens are wanted in each mode."""
    counts, left = {}, len(wanted)
    for mode in reversed(Mode):  # thousands of symbols are mostly all full, and counted in one go
        if left and (count := countOf(wanted.values(), mode)):
            counts[mode] = count
            left -= count
    return counts


@dataclass(slots=True)
class Measures:
    """Running totals and recent samples of one connection since the manager was made.

    Only the connection writes them. `round_trips` are seconds, `decode_times` seconds a tick.
    """

    frames: int = 0
    bytes: int = 0
    heartbeats: int = 0
    ticks: int = 0
    rejected: int = 0
    texts: int = 0
    reconnects: int = 0
    gaps: int = 0
    bugs: int = 0
    strays: int = 0
    last_close: str = ""
    recent_gaps: deque[Gap] = field(default_factory=lambda: deque(maxlen=_KEPT_GAPS))
    round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    decode_times: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))


@dataclass(frozen=True, slots=True)
class ConnectionStats:
    """One connection as it stands.

    frames and bytes count every message received; `ticks`, `rejected` and `strays` are the packets in them:
    strays are of tokens that nobody subscribed, and handed to no reader. bugs: how often it was lost by an
    error of the program's own, of which the log has the details. Times
    are UTC nanoseconds, None where there is none yet; `silence` and `retry_in` are seconds. `round_trip` is
    the last ping's, `round_trips` the percentiles of the recent ones, in seconds; `decode_times` those of
    decoding, in seconds a tick. `recent_gaps` are the last hundred, `last_close` why the connection was lost
    the last time, `uptime` the seconds since it came up, None where it is not live. `readers` are those of
    its own channel. quiet_for: seconds since news came, or since it came up where it has not `has_ticked`
    since, None where it is not live. failed_for: seconds since it was lost or could not be made, None where
    it is well. tick_age: seconds since its last tick, whatever that was. is_mute: whether it is live, and
    its symbols have all stopped ticking though their market is open. is_still: whether it is live and brings
    no news, while nobody knows whether it should. missing_since: since when its symbols
    receive nothing, None while they do. is_simulated: whether the server said that its prices are made up.
    """

    connection: int
    state: ConnectionState
    reason: str
    symbols: int
    connected_at: int | None
    last_frame_at: int | None
    last_tick_at: int | None
    silence: float | None
    attempt: int
    retry_in: float | None
    round_trip: float | None
    frames: int
    bytes: int
    heartbeats: int
    ticks: int
    rejected: int
    texts: int
    reconnects: int
    gaps: int
    account: str = DEFAULT_ACCOUNT
    modes: Mapping[Mode, int] = field(default_factory=dict)
    last_close: str = ""
    recent_gaps: tuple[Gap, ...] = ()
    round_trips: Percentiles | None = None
    decode_times: Percentiles | None = None
    uptime: float | None = None
    readers: tuple[ReaderStats, ...] = ()
    quiet_for: float | None = None
    has_ticked: bool = False
    tick_age: float | None = None
    failed_for: float | None = None
    is_mute: bool = False
    is_still: bool = False
    missing_since: int | None = None
    is_simulated: bool = False
    bugs: int = 0
    strays: int = 0

    @property
    def packets(self) -> int:
        """Packets received: each was a tick, rejected, or of a token that nobody subscribed."""
        return self.ticks + self.rejected + self.strays


@dataclass(frozen=True, slots=True)
class ManagerStats:
    """Connections, and their sums; `readers` are those of the merged stream."""

    connections: tuple[ConnectionStats, ...]
    readers: tuple[ReaderStats, ...] = ()

    def of(self, account: str) -> ManagerStats:
        """Return the statistics of one account's connections."""
        return ManagerStats(tuple(each for each in self.connections if each.account == account))

    @property
    def quiet_for(self) -> float:
        """Seconds since news came on any connection, or since one came up; 0 where none is live."""
        return min((each.quiet_for for each in self.connections if each.quiet_for is not None), default=0.0)

    @property
    def has_ticked(self) -> bool:
        """Whether news came on any connection since it came up."""
        return any(each.has_ticked for each in self.connections)

    @property
    def worst(self) -> ConnectionStats | None:
        """The connection that says most of what is wrong, None where all is well.

        One with symbols comes before one without, one that needs help before one that is tried again, both
        before one that is mute, and that before one that is still; of two alike the one
        that failed last.
        """
        ailing = [
            each for each in self.connections if each.failed_for is not None or each.is_mute or each.is_still
        ]
        return min(ailing, key=_rank, default=None)

    @property
    def missing(self) -> ConnectionStats | None:
        """The connection whose symbols have received nothing for longest, None where nothing is missing."""
        lacking = [each for each in self.connections if each.missing_since is not None]
        return min(lacking, key=lambda each: each.missing_since or 0, default=None)

    @property
    def is_simulated(self) -> bool:
        """Whether any connection was told that its prices are made up."""
        return any(each.is_simulated for each in self.connections)

    @property
    def symbols(self) -> int:
        """Symbols wanted on all connections."""
        return sum(connection.symbols for connection in self.connections)

    @property
    def ticks(self) -> int:
        """Ticks received on all connections."""
        return sum(connection.ticks for connection in self.connections)

    @property
    def rejected(self) -> int:
        """Packets that could not be read, on all connections."""
        return sum(connection.rejected for connection in self.connections)


def _rank(stats: ConnectionStats) -> tuple[bool, bool, bool, bool, float]:
    return (
        not stats.symbols,
        stats.failed_for is None,
        not stats.is_mute and stats.failed_for is None,
        stats.state is not ConnectionState.DOWN,
        stats.failed_for or 0.0,
    )


_CRITICAL_BELOW: Final = 50.0


class Health(StrEnum):
    """How well a feed is."""

    HEALTHY = "healthy"
    """Every symbol is on a live connection, and no connection is failing."""
    DEGRADED = "degraded"
    """At least half of the symbols are on live connections, or all are while a connection is failing."""
    CRITICAL = "critical"
    """Fewer than half of the symbols are on live connections."""


@dataclass(frozen=True, slots=True)
class HealthSummary:
    """The health of a feed.

    percentage: of the symbols, how many are on live connections. failing: the numbers of the connections
    that are lost or refused. never_ticked: how many symbols have not had one tick.
    """

    health: Health
    percentage: float
    live: int
    failing: tuple[int, ...]
    symbols: int
    never_ticked: int


def health_of(stats: ManagerStats, never_ticked: int) -> HealthSummary:
    """Judge a feed by its statistics; one without symbols lacks nothing."""
    live = [each for each in stats.connections if each.state is ConnectionState.LIVE]
    failing = tuple(each.connection for each in stats.connections if each.state in FAILED)
    percentage = 100 * sum(each.symbols for each in live) / stats.symbols if stats.symbols else 100.0
    return HealthSummary(
        health=_health(percentage, is_failing=bool(failing)),
        percentage=percentage,
        live=len(live),
        failing=failing,
        symbols=stats.symbols,
        never_ticked=never_ticked,
    )


def _health(percentage: float, *, is_failing: bool) -> Health:
    if percentage < _CRITICAL_BELOW:
        return Health.CRITICAL
    return Health.DEGRADED if is_failing or percentage < 100 else Health.HEALTHY
