"""What is known of a connection at a moment: counters that add up, and the facts around them."""

from __future__ import annotations

from dataclasses import dataclass

from kitetui.feed.accounts import DEFAULT_ACCOUNT
from kitetui.feed.state import ConnectionState


@dataclass(slots=True)
class Counters:
    """Running totals of one connection since the manager was made; only the connection writes them."""

    frames: int = 0
    bytes: int = 0
    heartbeats: int = 0
    ticks: int = 0
    rejected: int = 0
    texts: int = 0
    reconnects: int = 0
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionStats:
    """One connection as it stands.

    frames and bytes count every message received; `ticks` and `rejected` are the packets in them. Times
    are UTC nanoseconds, None where there is none yet; `silence` and `retry_in` are seconds; `round_trip`
    is the last ping's, in seconds, None before the first.
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


@dataclass(frozen=True, slots=True)
class ManagerStats:
    """Connections, and their sums."""

    connections: tuple[ConnectionStats, ...]

    def of(self, account: str) -> ManagerStats:
        """Return the statistics of one account's connections."""
        return ManagerStats(tuple(each for each in self.connections if each.account == account))

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
