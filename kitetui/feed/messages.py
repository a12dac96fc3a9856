"""What a feed tells its readers: typed messages, every one with the connection that it came on.

Times are UTC, in nanoseconds since the epoch, of this machine's clock. Texts of the server are cut where they
are longer than 4,096 characters, with a mark that says so; the raw frame has them whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.state import ConnectionState
from kitetui.wire import TickBatch


@dataclass(frozen=True, slots=True)
class Ticks:
    """Market data.

    received_at: for each tick when its frame was read, shape (n,), int64.
    sequence: the number of the first tick among all ticks of this connection, counted from 1; a reader
    that sees a jump has missed what lies between.
    snapshot: for each tick whether it may be the server's answer to a request, which can be days old, and not
    news; shape (n,), bool. See `kitetui.feed.freshness`.
    timed_at: when the last of them was received, in seconds of `KiteManagerConfig.stopwatch`; ages count
    from it.
    """

    connection: int
    batch: TickBatch
    received_at: NDArray[np.int64]
    sequence: int
    snapshot: NDArray[np.bool_]
    timed_at: float


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A WebSocket message as it was on the wire: bytes for market data, text for everything else.

    received_at: when it was read, or sent. sequence: the number that its first tick has, or would have, among
    the ticks of this connection; see `Ticks`. sent: whether this client sent it. snapshot: the places, from
    0, among its ticks of those that may be an answer of the server; nothing is known of them where market
    data is not decoded.
    """

    connection: int
    data: bytes | str
    received_at: int
    sequence: int
    sent: bool = False
    snapshot: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """An order of the account changed; `order` is Kite's order object, every field of it."""

    connection: int
    order: Mapping[str, Any]
    received_at: int


@dataclass(frozen=True, slots=True)
class BrokerMessage:
    """A notice from the broker."""

    connection: int
    text: str
    received_at: int


@dataclass(frozen=True, slots=True)
class ServerError:
    """The server refused something, in its own words."""

    connection: int
    text: str
    received_at: int


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A text message that Kite's documents do not know."""

    connection: int
    text: str
    received_at: int


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A connection entered a state; `reason` says why, where there is more to say than the state."""

    connection: int
    state: ConnectionState
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A connection is back: between these two frames nothing was received for its symbols."""

    connection: int
    start: int
    end: int
    symbols: int
    reason: str

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start) / 1e9


@dataclass(frozen=True, slots=True)
class SymbolsMoved:
    """A connection was asked for symbols that others carried."""

    connection: int
    tokens: tuple[int, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Lagged:
    """This reader was too slow: so much of the channel was dropped before the next message."""

    messages: int
    ticks: int


FeedMessage = (
    Ticks
    | OrderUpdate
    | BrokerMessage
    | ServerError
    | UnknownMessage
    | ConnectionChanged
    | Gap
    | SymbolsMoved
)
"""What connections say."""

TickerMessage = FeedMessage | Lagged
"""What a reader is told: all that connections say, and what it missed of it."""
