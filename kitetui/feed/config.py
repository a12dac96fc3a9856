"""The manager's settings, checked against Kite's limits when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kitetui.feed.endpoint import Endpoint
from kitetui.wire import Mode

MAX_SYMBOLS_PER_CONNECTION: Final = 3000
"""Kite's limit of instruments on one connection."""

MAX_CONNECTIONS: Final = 3
"""Kite's limit of connections of one API key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KiteManagerConfig:
    """Settings of a `KiteTickerManager`.

    Raises ValueError when a value is outside Kite's limits or makes no sense.
    """

    max_connections: int = MAX_CONNECTIONS
    """Connections to spread the symbols over; fewer leave room for other programs on the same key."""

    max_symbols_per_connection: int = MAX_SYMBOLS_PER_CONNECTION
    """Symbols that one connection may carry."""

    connection_buffer_size: int = 5000
    """Messages that wait for a slow reader of a channel before its oldest are dropped, and counted."""

    connection_timeout: float = 30.0
    """Seconds that a handshake may take."""

    heartbeat_liveness_threshold: float = 5.0
    """Seconds without any frame after which a connection is dead; heartbeats come every 1 to 2."""

    reconnect_delay: float = 2.0
    """Seconds that the backoff between attempts starts from, after a first quick one."""

    max_reconnect_attempts: int | None = None
    """Attempts in a row before a connection gives up; None never does while the token is good."""

    default_mode: Mode = Mode.QUOTE
    """The mode of symbols subscribed without one; `quote` is also the server's."""

    endpoint: Endpoint = field(default_factory=Endpoint)
    """The service to dial."""

    def __post_init__(self) -> None:
        _within("max_connections", self.max_connections, 1, MAX_CONNECTIONS, "connections an API key")
        _within(
            "max_symbols_per_connection",
            self.max_symbols_per_connection,
            1,
            MAX_SYMBOLS_PER_CONNECTION,
            "symbols a connection",
        )
        for name in ("connection_buffer_size", "connection_timeout", "heartbeat_liveness_threshold"):
            _positive(name, getattr(self, name))
        _positive("reconnect_delay", self.reconnect_delay)
        if self.max_reconnect_attempts is not None:
            _positive("max_reconnect_attempts", self.max_reconnect_attempts)

    @property
    def capacity(self) -> int:
        """Symbols that all connections carry together."""
        return self.max_connections * self.max_symbols_per_connection


def _within(name: str, value: int, low: int, high: int, what: str) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value:,}; Kite allows {low:,} to {high:,} {what}")


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} is {value}; it must be above 0")
