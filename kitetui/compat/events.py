"""What happens on a connection, as the official client's callbacks tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

CallbackName = Literal[
    "on_ticks",
    "on_connect",
    "on_open",
    "on_close",
    "on_error",
    "on_message",
    "on_reconnect",
    "on_noreconnect",
    "on_order_update",
]

NO_CODE: Final = 0
"""The code of an error that did not close a connection."""

NORMAL: Final = 1000
ABNORMAL: Final = 1006
"""WebSocket close codes: as agreed, and without a word (RFC 6455, section 7.4.1)."""


@dataclass(frozen=True, slots=True)
class ConnectionResponse:
    """What `on_connect` is given: `peer` is the address that answered, without any secret."""

    peer: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A binary message as it came: market data, or a heartbeat of one byte.

    snapshot: the places among its ticks of those that may be an answer of the server, and no news.
    """

    data: bytes
    snapshot: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A callback to be called with these arguments, after the client itself."""

    name: CallbackName
    arguments: tuple[object, ...] = ()


Event = Frame | Call
