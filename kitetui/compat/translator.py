"""What a feed tells, in the official client's terms: which callback is called, and with what."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from kitetui.compat.inbox import ABNORMAL, NO_CODE, Call, ConnectionResponse, Event, Frame
from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    Lagged,
    OrderUpdate,
    RawFrame,
    Receiver,
    ServerError,
    TickerMessage,
)

log = logging.getLogger("kitetui.compat")

_FIRST: Final = 0
"""The number of the connection that says that it is connected, as the one of the official client does."""


class Translator:
    """From the messages of a manager to the events of a client, for as long as it is open.

    tell: is given what happens, on the event loop. peer: what `on_connect` says of who answered. retries:
    whether connections come back.
    was_hung_up: whether any connection was up when it was closed from here.
    """

    def __init__(self, tell: Callable[[Event], None], peer: str, *, retries: bool) -> None:
        self.was_hung_up = False
        self._tell = tell
        self._peer = peer
        self._retries = retries
        self._dials: Counter[int] = Counter()
        self._states: defaultdict[int, ConnectionState] = defaultdict(lambda: ConnectionState.UNUSED)

    @property
    def is_live(self) -> bool:
        """Whether the first connection is up."""
        return self._states.get(_FIRST) is ConnectionState.LIVE

    @property
    def has_ended(self) -> bool:
        """Whether a connection is down for good: attempts ended, or the token was refused."""
        return ConnectionState.DOWN in self._states.values()

    def dialling(self, connection: int) -> None:
        """Tell of a dial that is about to be made, where it is to come back."""
        if self._dials[connection]:
            self._tell(Call("on_reconnect", (self._dials[connection],)))
        self._dials[connection] += 1

    def stop_retry(self) -> None:
        """Take notice that no connection comes back any more."""
        self._retries = False

    async def read(self, messages: Receiver[TickerMessage | RawFrame]) -> None:
        """Tell of all messages, until they end."""
        async for message in messages:
            match message:
                case RawFrame(sent=True):
                    pass
                case RawFrame(data=bytes(data), snapshot=snapshot):
                    self._tell(Frame(data, snapshot))
                case RawFrame(data=str(text)):
                    self._tell(Call("on_message", (text.encode(), False)))
                case OrderUpdate(order=order):
                    self._tell(Call("on_order_update", (order,)))
                case ServerError(text=text):
                    self._tell(Call("on_error", (NO_CODE, text)))
                case ConnectionChanged(connection=number, state=state):
                    before, self._states[number] = self._states[number], state
                    self._changed(before, message)
                case Lagged(messages=count):
                    log.warning("%d messages were lost before they could be handed on", count)

    def _changed(self, before: ConnectionState, change: ConnectionChanged) -> None:
        log.debug("connection %s %s", change.state, change.reason)
        was_live = before is ConnectionState.LIVE
        match change.state:
            case ConnectionState.LIVE:
                self._dials[change.connection] = 1
                if change.connection == _FIRST:
                    self._tell(Call("on_connect", (ConnectionResponse(self._peer),)))
                    self._tell(Call("on_open"))
            case ConnectionState.RETRYING:
                self._lost(change, is_closed=was_live)
            case ConnectionState.DOWN if self._retries:
                self._lost(change, is_closed=True)
                self._tell(Call("on_noreconnect"))
            case ConnectionState.DOWN if before is not ConnectionState.RETRYING:
                self._lost(change, is_closed=True)
            case ConnectionState.UNUSED:
                self.was_hung_up |= was_live

    def _lost(self, change: ConnectionChanged, *, is_closed: bool) -> None:
        has_said_so = change.code is not None
        code, said = (change.code, change.said) if has_said_so else (ABNORMAL, change.reason)
        if change.status is not None:  # programs look for this
            said = f"{said} ({change.status} - {_phrase(change.status)})"
        if not has_said_so:
            log.error("Connection error: %d - %s", code, said)
            self._tell(Call("on_error", (code, said)))
        if is_closed:
            log.error("Connection closed: %d - %s", code, said)
            self._tell(Call("on_close", (code, said)))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else ""


_STATUSES: Final = frozenset(HTTPStatus)
