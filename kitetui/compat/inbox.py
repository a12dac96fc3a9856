"""What happens, as the official client's callbacks tell it, and the bounded queue in which it waits for them.

The feed never waits for a callback.

When it is full, the oldest market data goes, because a newer tick says more than an older one; what else
happened (connected, closed, an order) stays for as long as there is market data to drop instead.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

_BYTES: Final = 256 * 2**20
"""Bytes of market data that wait at most: one message may have half a million."""

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
    """What `on_connect` is given: `peer` is the address that answered, without any secret.

    The others are as the official client gives them, for a handshake of which nothing is kept.
    """

    peer: str
    headers: Mapping[str, str] = field(default_factory=dict)
    version: int = 13
    protocol: str | None = None
    extensions: Sequence[str] = ()


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


class Inbox:
    """Events in order of arrival, put in by the feed's thread and taken out by that of the callbacks.

    lost: how many events were dropped because the callbacks are too slow.
    """

    def __init__(self, capacity: int, capacity_bytes: int = _BYTES) -> None:
        self.lost = 0
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._bytes = 0
        self._events: deque[Event] = deque()
        self._changed = threading.Condition()
        self._is_muted = False
        self._is_closed = False

    def put(self, event: Event) -> None:
        """Add an event; never waits. After `mute` or `close` it is passed over."""
        with self._changed:
            if self._is_muted:
                return
            size = _size_of(event)
            if len(self._events) == self._capacity:
                self._drop_one()
            while size and self._bytes and self._bytes + size > self._capacity_bytes:
                self._drop_one()
            self._events.append(event)
            self._bytes += size
            self._changed.notify()

    def take(self) -> Event | None:
        """Return the next event, waiting for it; None when the inbox is closed and empty."""
        with self._changed:
            while not self._events and not self._is_closed:
                # In portions: without an end, the wait would not see Ctrl-C on Windows.
                self._changed.wait(1.0)
            if not self._events:
                return None
            event = self._events.popleft()
            self._bytes -= _size_of(event)
            return event

    def mute(self) -> None:
        """Hand out nothing of what waits, or comes, before `close`."""
        with self._changed:
            self._is_muted = True
            self._events.clear()
            self._bytes = 0

    def close(self, *last: Event) -> None:
        """End it with these events as the last ones."""
        with self._changed:
            self._is_muted = self._is_closed = True
            self._events.extend(last)
            self._changed.notify_all()

    def _drop_one(self) -> None:
        oldest = next((place for place, event in enumerate(self._events) if isinstance(event, Frame)), 0)
        self._bytes -= _size_of(self._events[oldest])
        del self._events[oldest]
        self.lost += 1


def _size_of(event: Event) -> int:
    return len(event.data) if isinstance(event, Frame) else 0
