"""What the simulated exchange can be told to do otherwise or wrong, so that a client can be tested on it."""

from __future__ import annotations

from enum import Enum, auto
from http import HTTPStatus


class Sending(Enum):
    """What a client is sent; pings are answered all the same."""

    EVERYTHING = auto()
    """Market data, and heartbeats when there is none."""
    HEARTBEATS = auto()
    """Heartbeats, whatever the market does."""
    NOTHING = auto()
    """Nothing at all: the socket is open, and silent."""


class Answering(Enum):
    """How a client's requests are answered: with the rows that they name, as they are now."""

    JOINED = auto()
    """Subscriptions and modes are; what there is to answer goes out with the news, each row once."""
    SUBSCRIBE_ALONE = auto()
    """Subscriptions are, likewise; a mode is set without an answer."""
    EACH = auto()
    """Each request is, at once, by a message of its own, which takes with it what is new of its rows."""


class HandshakeFaults:
    """What is wrong with handshakes; nothing, at first.

    delay: seconds before each is answered.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self._status: HTTPStatus | None = None
        self._left: int | None = None

    def refuse(self, status: HTTPStatus, times: int | None = None) -> None:
        """Answer so many handshakes with this status, all of them if no number is given."""
        self._status, self._left = status, times

    def lift(self) -> None:
        """Answer as if nothing had ever been wrong."""
        self.delay, self._status, self._left = 0.0, None, None

    def take(self) -> HTTPStatus | None:
        """Return the status to refuse one handshake with, None to let it through."""
        if self._left is not None:
            if not self._left:
                return None
            self._left -= 1
        return self._status
