"""The manager's settings, checked against Kite's limits when they are made."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, Self

from kitetui.feed.channel import DEFAULT_BYTES
from kitetui.feed.endpoint import Endpoint
from kitetui.feed.retry import CAP
from kitetui.times import stopwatch
from kitetui.wire import Exchange, Mode

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

    parser_buffer_size: int = 10_000
    """The same for a reader that asked for lossless delivery, such as a recorder."""

    reader_buffer_bytes: int = DEFAULT_BYTES
    """Bytes that wait for any reader at most, however few messages they are: a message may have 558,002."""

    enable_dedicated_parsers: bool = True
    """Whether market data is decoded; without it only the raw frame channels carry any."""

    connection_timeout: float = 30.0
    """Seconds that a handshake may take."""

    heartbeat_liveness_threshold: float = 5.0
    """Seconds without any frame after which a connection is dead; heartbeats come every 1 to 2."""

    health_check_interval: float = 10.0
    """Seconds between two looks at what needs no hurry: a new access token after a refused one, failover."""

    failover_after: float | None = 30.0
    """Seconds that a connection is lost before its symbols move to others with room; None never moves any."""

    failback_after: float = 60.0
    """Seconds that a connection is live again before its symbols come back to it."""

    reconnect_delay: float = 2.0
    """Seconds that the backoff between attempts starts from, after a first quick one."""

    reconnect_max_delay: float = CAP
    """Seconds that the ceiling of the backoff doubles up to."""

    max_reconnect_attempts: int | None = None
    """Attempts in a row before a connection gives up; None never does while the token is good."""

    connect_when_idle: bool = False
    """Whether to dial without any symbol too: order updates need none."""

    proxy: str | None = field(default=None, repr=False)
    """The URL of a proxy, `http://host:port`, a secret with a password; None uses the environment's."""

    default_mode: Mode = Mode.QUOTE
    """The mode of symbols subscribed without one; `quote` is also the server's."""

    market_is_open: Callable[[Collection[Exchange], float], bool] | None = None
    """Says whether any of some segments trades now, and has for so many seconds, so that a feed without ticks
    is known for what it is; None if nobody can say."""

    clock: Callable[[], int] = time.time_ns
    """The time of day, UTC nanoseconds, which may step; a replay has its own."""

    stopwatch: Callable[[], float] = stopwatch
    """The clock of ages and silences, seconds, which never steps; a replay's is the time of the recording."""

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
        for name in (
            "connection_buffer_size",
            "reader_buffer_bytes",
            "connection_timeout",
            "heartbeat_liveness_threshold",
            "health_check_interval",
            "reconnect_delay",
            "reconnect_max_delay",
        ):
            _positive(name, getattr(self, name))
        _positive("failback_after", self.failback_after)
        if self.failover_after is not None:
            _positive("failover_after", self.failover_after)
        if self.max_reconnect_attempts is not None:
            _positive("max_reconnect_attempts", self.max_reconnect_attempts)

    @classmethod
    def development(cls, **changes: Any) -> Self:
        """One connection and few symbols, in full: to write and try a program with."""
        return cls._preset(changes, max_connections=1, max_symbols_per_connection=100, default_mode=Mode.FULL)

    @classmethod
    def production(cls, **changes: Any) -> Self:
        """All that the key has, with room for readers that fall behind for a while."""
        return cls._preset(changes, connection_buffer_size=20_000, default_mode=Mode.LTP)

    @classmethod
    def portfolio(cls, **changes: Any) -> Self:
        """A portfolio's few dozen symbols: one connection, which leaves two to other programs."""
        return cls._preset(changes, max_connections=1)

    @classmethod
    def algo_trading(cls, **changes: Any) -> Self:
        """Hundreds of symbols with quotes, spread so that one lost connection is a third of them."""
        return cls._preset(changes, health_check_interval=5.0)

    @classmethod
    def market_scanner(cls, **changes: Any) -> Self:
        """As many symbols as fit, last prices alone, for readers that look at all of them at leisure."""
        return cls._preset(changes, connection_buffer_size=50_000, default_mode=Mode.LTP)

    @classmethod
    def high_frequency(cls, **changes: Any) -> Self:
        """Order books: full packets, and a dead connection noticed as early as heartbeats allow."""
        return cls._preset(
            changes,
            connection_buffer_size=20_000,
            default_mode=Mode.FULL,
            heartbeat_liveness_threshold=3.0,
            health_check_interval=5.0,
        )

    @classmethod
    def _preset(cls, changes: dict[str, Any], **values: Any) -> Self:
        return cls(**(values | changes))

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
