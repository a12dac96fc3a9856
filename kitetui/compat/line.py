"""One connection to Kite, and what happens on it in the official client's terms.

A manager of a single connection each, and not one of three: programs for the official client expect to use
one connection of the key's three, and others of the user's programs may hold the rest. So a second connection
is opened only for symbols that the first has no room for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from kitetui.compat.events import ABNORMAL, NO_CODE, Call, ConnectionResponse, Event, Frame
from kitetui.feed import (
    MAX_SYMBOLS_PER_CONNECTION,
    ConnectionChanged,
    ConnectionState,
    Endpoint,
    KiteManagerConfig,
    KiteTickerManager,
    Lagged,
    OrderUpdate,
    RawFrame,
    Receiver,
    ServerError,
    TickerMessage,
)
from kitetui.wire import Mode

log = logging.getLogger("kitetui.compat")

_NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """What the official client's constructor says of connecting. Times are in seconds."""

    endpoint: Endpoint
    reconnect: bool
    max_tries: int
    max_delay: float
    connect_timeout: float
    proxy: str | None = None


class Line:
    """One connection, up from `open` to `close`; `tell` is given what happens, on the event loop.

    is_first: whether it is dialled without symbols too, for order updates, and says that it is connected.
    """

    def __init__(
        self,
        api_key: str,
        access_token: str,
        settings: LineSettings,
        tell: Callable[[Event], None],
        *,
        is_first: bool,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._is_first = is_first
        self._retries = settings.reconnect
        self._dials = 0
        self._state = ConnectionState.UNUSED
        self._was_hung_up = False

        def token() -> str:
            # The manager asks for the token before every dial, and at no other time with these settings.
            self._dialling()
            return access_token

        self._manager = KiteTickerManager(api_key, token, _config(settings, connect_when_idle=is_first))
        self._reader: asyncio.Task[None] | None = None
        self._stopper: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        """Whether the connection is up, as far as it has been told; any thread may ask."""
        return self._state is ConnectionState.LIVE

    @property
    def has_ended(self) -> bool:
        """Whether it was lost for good: attempts ran out or were stopped, or the token was refused."""
        return self._stopper is not None or self._state is ConnectionState.DOWN

    @property
    def room(self) -> int:
        """How many more symbols it can carry."""
        return MAX_SYMBOLS_PER_CONNECTION - self._manager.get_symbol_distribution()[0]

    async def open(self) -> None:
        """Begin to connect, and to tell what happens."""
        self._reader = asyncio.create_task(
            self._read(self._manager.full_stream()), name="kitetui compat reader"
        )
        await self._manager.start()

    async def close(self) -> bool:
        """Hang up, and return whether the connection was up; tells of all that was received before."""
        try:
            await self._manager.stop()
        finally:
            for task in (self._stopper, self._reader):
                if task is not None:
                    await task
        return self._was_hung_up

    async def subscribe(self, tokens: Iterable[int], mode: Mode) -> None:
        """Want these tokens on this connection; those wanted already keep their mode."""
        await self._manager.subscribe_symbols(tokens, mode)

    async def unsubscribe(self, tokens: Iterable[int]) -> None:
        """Want these tokens no longer."""
        await self._manager.unsubscribe_symbols(tokens)

    async def set_mode(self, mode: Mode, tokens: Iterable[int]) -> None:
        """Want these tokens in this mode; those not wanted here are passed over."""
        await self._manager.change_mode(tokens, mode)

    def stop_retry(self) -> None:
        """Dial no more: what is up stays up until it is lost."""
        self._retries = False
        if self._state is ConnectionState.RETRYING:
            self._give_up()

    def _dialling(self) -> None:
        if self._dials:
            self._tell(Call("on_reconnect", (self._dials,)))
        self._dials += 1

    async def _read(self, messages: Receiver[TickerMessage | RawFrame]) -> None:
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
                case ConnectionChanged(state=state):
                    before, self._state = self._state, state
                    self._changed(before, message)
                case Lagged(messages=count):
                    log.warning("%d messages were lost before they could be handed on", count)

    def _changed(self, before: ConnectionState, change: ConnectionChanged) -> None:
        log.debug("connection %s %s", change.state, change.reason)
        match change.state:
            case ConnectionState.LIVE:
                self._dials = 1
                if self._is_first:
                    self._tell(Call("on_connect", (ConnectionResponse(self._settings.endpoint.shown),)))
                    self._tell(Call("on_open"))
            case ConnectionState.RETRYING:
                self._lost(change, is_closed=before is ConnectionState.LIVE)
                if not self._retries:
                    self._give_up()
            case ConnectionState.DOWN:
                self._lost(change, is_closed=True)
                self._tell(Call("on_noreconnect"))
            case ConnectionState.UNUSED:
                self._was_hung_up = before is ConnectionState.LIVE

    def _lost(self, change: ConnectionChanged, *, is_closed: bool) -> None:
        has_said_so = change.code is not None
        code, said = (change.code, change.said) if has_said_so else (ABNORMAL, change.reason)
        if not has_said_so:
            log.error("Connection error: %d - %s", code, said)
            self._tell(Call("on_error", (code, said)))
        if is_closed:
            log.error("Connection closed: %d - %s", code, said)
            self._tell(Call("on_close", (code, said)))

    def _give_up(self) -> None:
        if self._stopper is None:
            self._stopper = asyncio.create_task(self._manager.stop(), name="kitetui compat stop")


def _config(settings: LineSettings, *, connect_when_idle: bool) -> KiteManagerConfig:
    return KiteManagerConfig(
        max_connections=1,
        # On the first connection programs subscribe in `on_connect`, when it is up.
        connect_when_idle=connect_when_idle,
        proxy=settings.proxy,
        reconnect_max_delay=settings.max_delay,
        connection_timeout=settings.connect_timeout,
        max_reconnect_attempts=max(1, settings.max_tries),
        # The token never changes, and there is no other connection that could take symbols over.
        health_check_interval=_NEVER,
        failover_after=None,
        failback_after=_NEVER,
        endpoint=settings.endpoint,
    )
