"""What is known of a connection at a moment: counters that add up, and the facts around them."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from kitetui.feed.accounts import DEFAULT_ACCOUNT
from kitetui.feed.channel import ReaderStats
from kitetui.feed.messages import Gap
from kitetui.feed.state import ConnectionState
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


@dataclass(slots=True)
class Measures:
    """Running totals and recent samples of one connection since the manager was made.

    Only the connection writes them. `round_trips` are seconds, `decode_times` seconds a tick, `last_tick_of`
    UTC nanoseconds by token.
    """

    frames: int = 0
    bytes: int = 0
    heartbeats: int = 0
    ticks: int = 0
    rejected: int = 0
    texts: int = 0
    reconnects: int = 0
    gaps: int = 0
    last_close: str = ""
    recent_gaps: deque[Gap] = field(default_factory=lambda: deque(maxlen=_KEPT_GAPS))
    round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    decode_times: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    last_tick_of: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionStats:
    """One connection as it stands.

    frames and bytes count every message received; `ticks` and `rejected` are the packets in them. Times
    are UTC nanoseconds, None where there is none yet; `silence` and `retry_in` are seconds. `round_trip` is
    the last ping's, `round_trips` the percentiles of the recent ones, in seconds; `decode_times` those of
    decoding, in seconds a tick. `recent_gaps` are the last hundred, `last_close` why the connection was lost
    the last time, `uptime` the seconds since it came up, None where it is not live. `readers` are those of
    its own channel.
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

    @property
    def packets(self) -> int:
        """Packets received: each was a tick, or rejected."""
        return self.ticks + self.rejected


@dataclass(frozen=True, slots=True)
class ManagerStats:
    """Connections, and their sums; `readers` are those of the merged stream."""

    connections: tuple[ConnectionStats, ...]
    readers: tuple[ReaderStats, ...] = ()

    def of(self, account: str) -> ManagerStats:
        """Return the statistics of one account's connections."""
        return ManagerStats(tuple(each for each in self.connections if each.account == account))

    def quiet_for(self, now: int) -> float:
        """Return the seconds since anything ticked, or since the connections came up; 0 if none is live.

        now: UTC nanoseconds.
        """
        moments = [
            moment
            for each in self.connections
            if each.state is ConnectionState.LIVE
            for moment in (each.last_tick_at, each.connected_at)
            if moment is not None
        ]
        return max(now - max(moments), 0) / 1e9 if moments else 0.0

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
