"""What a feed tells its readers: typed messages, every one with the connection that it came on.

Times are UTC, in nanoseconds since the epoch, of this machine's clock. Texts of the server are cut where they
are longer than 4,096 characters, with a mark that says so; the raw frame has them whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from kitetui.feed.state import ConnectionState
from kitetui.wire import Mode, TickBatch


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """Market data; its arrays cannot be written, for all readers of the feed have the same ones.

    received_at: for each tick when its frame was read, shape (n,), int64.
    sequence: the number of the first tick among all ticks of this connection, counted from 1; a reader
    that sees a jump has missed what lies between.
    snapshot: for each tick whether it may be the server's answer to a request, which can be days old, and not
    news; shape (n,), bool. See `kitetui.feed.freshness`.
    timed_at: when the last of them was received, in seconds of `KiteManagerConfig.stopwatch`; ages count
    from it.
    errors_at: for each packet in `batch.errors` when its frame was read.
    """

    connection: int
    batch: TickBatch
    received_at: NDArray[np.int64]
    sequence: int
    snapshot: NDArray[np.bool_]
    timed_at: float
    errors_at: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.received_at.setflags(write=False)
        self.snapshot.setflags(write=False)


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


class Order(TypedDict, total=False):
    """The fields of Kite's order object; a later one that is not named here is there too."""

    order_id: str
    exchange_order_id: str | None
    parent_order_id: str | None
    placed_by: str
    user_id: str
    app_id: int
    status: str
    status_message: str | None
    status_message_raw: str | None
    order_timestamp: str
    exchange_timestamp: str | None
    exchange_update_timestamp: str | None
    variety: str
    exchange: str
    tradingsymbol: str
    instrument_token: int
    order_type: str
    transaction_type: str
    validity: str
    product: str
    quantity: int
    disclosed_quantity: int
    price: float
    trigger_price: float
    average_price: float
    filled_quantity: int
    pending_quantity: int
    cancelled_quantity: int
    unfilled_quantity: int
    market_protection: float
    meta: dict[str, Any]
    tag: str | None
    guid: str
    checksum: str


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """An order of the account changed; `order` is Kite's order object, every field of it."""

    connection: int
    order: Order
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
class Heartbeat:
    """A connection is up, and had nothing else to say.

    received_at: when it said so last. timed_at: see `Ticks`.
    """

    connection: int
    received_at: int
    timed_at: float


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A connection entered a state; `reason` says why, where there is more to say than the state.

    missing_since: since when nothing was received for symbols that were before, where the state is one of
    those that bring nothing; None where nothing was, or others carry them. is_replay: whether its messages
    are those of a recording, with the times of the recording. timed_at: see `Ticks`. code, said: the close
    code (RFC 6455, section 7.4) and the words with which the server closed it, None where it did not. status:
    the HTTP status with which the server refused the handshake, None where it did not.
    """

    connection: int
    state: ConnectionState
    reason: str
    at: int
    missing_since: int | None = None
    is_replay: bool = False
    timed_at: float = 0.0
    code: int | None = None
    said: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A connection is back: from its last frame before to its first market data, nothing was received.

    tokens: whose, where a recording that is replayed says so; empty for all of the connection.
    """

    connection: int
    start: int
    end: int
    symbols: int
    reason: str
    tokens: tuple[int, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start) / 1e9


@dataclass(frozen=True, slots=True)
class SymbolsWanted:
    """A connection is to carry other symbols than before, or in other modes.

    modes: of the tokens that are new or changed; None for one that it is to carry no longer. timed_at: see
    `Ticks`.
    answered: the tokens of which packets have come already. Only a reader that begins is told of such, with
    its first messages.
    """

    connection: int
    modes: Mapping[int, Mode | None]
    at: int
    timed_at: float
    answered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class SymbolsMoved:
    """A connection was asked for symbols that others carried."""

    connection: int
    tokens: tuple[int, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Lagged:
    """This reader was too slow: so much of the channel was dropped before the next message.

    start, end: when the first and the last of the ticks were received, None where none was dropped. What
    tells of connections and symbols is never dropped.
    """

    messages: int
    ticks: int
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The clock of this machine was set: times before this message are of the clock as it was.

    at: when that was noticed, by the clock as it is now; it was no earlier than `since`. seconds: by how much
    it is ahead of where it was; negative where it was set back.
    """

    at: int
    since: int
    seconds: float


FeedMessage = (
    Ticks
    | Heartbeat
    | OrderUpdate
    | BrokerMessage
    | ServerError
    | UnknownMessage
    | ConnectionChanged
    | Gap
    | SymbolsWanted
    | SymbolsMoved
)
"""What connections say."""

TickerMessage = FeedMessage | ClockStepped | Lagged
"""What a reader is told: all that connections say, that the clock was set, and what it missed."""
