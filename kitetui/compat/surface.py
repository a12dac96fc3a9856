"""What programs use of the official client beside its public methods: they read it, set it and override it.

Each callback of a program is called by a method of its name behind an underline, which a subclass may
override, as there. What has no use without Twisted is not here.
"""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from threading import Thread
from typing import Any, Final, Protocol

from kitetui.compat.inbox import NO_CODE
from kitetui.feed import Account, Endpoint
from kitetui.feed.endpoint import DEFAULT_ACCOUNT, TokenSource
from kitetui.wire import decode_frame

log = logging.getLogger("kitetui.compat")

_LONGEST_HEARTBEAT: Final = 4
"""Bytes; the official client looks for ticks in longer messages alone."""

_TIMES: Final = ("last_trade_time", "exchange_timestamp")


class Surface:
    """The client's state and its calls back; `KiteTicker` adds the public methods."""

    _message_code = 11
    _message_subscribe = "subscribe"
    _message_unsubscribe = "unsubscribe"
    _message_setmode = "mode"
    _minimum_reconnect_max_delay = 5
    _maximum_reconnect_max_tries = 300

    aware_times = False
    """Whether times carry their zone (UTC) and are None where Kite sent none. The official client's do not:
    they are the machine's local ones, and 1970 where there is none."""

    def __init__(self, endpoint: Endpoint, api_key: str, access_token: str | TokenSource) -> None:
        self.on_ticks: Callable[..., Any] | None = None
        self.on_connect: Callable[..., Any] | None = None
        self.on_open: Callable[..., Any] | None = None
        self.on_close: Callable[..., Any] | None = None
        self.on_error: Callable[..., Any] | None = None
        self.on_message: Callable[..., Any] | None = None
        self.on_reconnect: Callable[..., Any] | None = None
        self.on_noreconnect: Callable[..., Any] | None = None
        self.on_order_update: Callable[..., Any] | None = None

        self.ws: Socket | None = None
        """What messages are sent on, None before the first connection is up."""
        self.factory: Factory | None = None
        """What decides on reconnecting, None before `connect`."""
        self.websocket_thread: Thread | None = None
        """The thread of the callbacks, where `connect` was called with `threaded`."""

        self._endpoint = endpoint
        self._account = Account(DEFAULT_ACCOUNT, api_key, access_token)
        self._frame: bytes | None = None
        self._snapshot: tuple[int, ...] = ()

    @property
    def socket_url(self) -> str:
        """The URL that is dialled, with key and token: a secret.

        It may be set: a new token is dialled with from the next reconnect on, another key or address from the
        next `connect`. Raises ValueError for a text that is no such URL with both `api_key` and
        `access_token`, and when it is read where the token comes from an asynchronous function.
        """
        token = self._account.access_token
        current = token() if callable(token) else token
        if not isinstance(current, str | None):
            raise ValueError("the access token comes from an asynchronous function; call that")
        account = Account(DEFAULT_ACCOUNT, self._account.api_key, current)
        return self._endpoint.url(account)

    @socket_url.setter
    def socket_url(self, url: str) -> None:
        endpoint, account = Endpoint.parse(url)
        if account is None:
            raise ValueError("the URL carries neither api_key nor access_token; it takes both")
        self._endpoint, self._account = endpoint, account

    def _user_agent(self) -> str:
        return f"kitetui/{version('kitetui')}"

    def _unpack_int(self, bin: bytes, start: int, end: int, byte_format: str = "I") -> int:  # noqa: A002 - as there
        """Return a big-endian number of a message."""
        number: int = struct.unpack(">" + byte_format, bin[start:end])[0]
        return number

    def _split_packets(self, bin: bytes) -> list[bytes]:  # noqa: A002 - as there
        """Return the packets of a message."""
        packets, place = [], 2
        for _ in range(self._unpack_int(bin, 0, 2, "H") if len(bin) >= place else 0):
            length = self._unpack_int(bin, place, place + 2, "H")
            packets.append(bin[place + 2 : place + 2 + length])
            place += 2 + length
        return packets

    def _parse_binary(self, bin: bytes) -> list[dict[str, Any]]:  # noqa: A002 - as there
        """Return the ticks of a message; those of the one that has just come have the mark `snapshot`."""
        batch = decode_frame(bin)
        for error in batch.errors:
            log.warning("a packet was passed over: %s", error.reason)
        ticks = batch.to_dicts()
        if not self.aware_times:
            for tick in ticks:
                for name in _TIMES:
                    if name in tick:
                        tick[name] = _local(tick[name])
        if bin is self._frame:
            for place, tick in enumerate(ticks):
                tick["snapshot"] = place in self._snapshot
        return ticks

    def _on_connect(self, ws: Socket | None, response: object) -> None:
        self.ws = ws
        self._call("on_connect", response)

    def _on_open(self, ws: Socket | None) -> None:
        self._call("on_open")

    def _on_close(self, ws: Socket | None, code: int, reason: str) -> None:
        self._call("on_close", code, reason)

    def _on_error(self, ws: Socket | None, code: int, reason: str) -> None:
        self._call("on_error", code, reason)

    def _on_message(self, ws: Socket | None, payload: bytes, is_binary: bool) -> None:
        self._call("on_message", payload, is_binary)
        # Made only for those who listen: dictionaries are most of the work.
        if is_binary and len(payload) > _LONGEST_HEARTBEAT and self.on_ticks is not None:
            self._call("on_ticks", self._parse_binary(payload))

    def _on_reconnect(self, attempts_count: int) -> None:
        self._call("on_reconnect", attempts_count)

    def _on_noreconnect(self) -> None:
        self._call("on_noreconnect")

    def _call(self, name: str, *arguments: object) -> None:
        """Call back; what a callback raises goes to the log and to `on_error`."""
        callback = getattr(self, name)
        if callback is None:
            return
        try:
            callback(self, *arguments)
        except Exception as error:
            self._failed(name, error)

    def _failed(self, name: str, error: Exception) -> None:
        log.exception("%s failed", name)
        if name not in ("on_error", "_on_error"):
            self._on_error(self.ws, NO_CODE, f"{name} failed: {type(error).__name__}: {error}")


@lru_cache(maxsize=1024)  # ticks of the same second follow one another
def _local(moment: datetime | None) -> datetime:
    # Naive and local, as the official client's are: the one place where a time has no zone.
    return datetime.fromtimestamp(moment.timestamp() if moment else 0)  # noqa: DTZ006


class Client(Protocol):
    """What is asked of a client through the objects that stand for Twisted's."""

    ws: Socket | None

    def is_connected(self) -> bool: ...
    def subscribe(self, instrument_tokens: Iterable[int | str]) -> bool: ...
    def unsubscribe(self, instrument_tokens: Iterable[int | str]) -> bool: ...
    def set_mode(self, mode: str, instrument_tokens: Iterable[int | str]) -> bool: ...
    def stop_retry(self) -> None: ...
    def close(self, code: int | None = None, reason: str | None = None) -> None: ...


class Socket:
    """What stands for the WebSocket of the first connection: it takes requests, and can be closed."""

    STATE_CLOSED, STATE_OPEN = 0, 3

    def __init__(self, client: Client, peer: str) -> None:
        self.peer = peer
        self._client = client

    @property
    def state(self) -> int:
        """`STATE_OPEN` while the first connection is up, else `STATE_CLOSED`."""
        return self.STATE_OPEN if self._client.is_connected() else self.STATE_CLOSED

    def sendMessage(self, payload: bytes | str, isBinary: bool = False) -> None:  # noqa: N802, N803 - as there
        """Do what a request of Kite's says. Raises ValueError for any other message."""
        try:
            request = json.loads(payload)
            action, value = request["a"], request["v"]
            mode, tokens = value if action == "mode" else ("", value)
        except (ValueError, KeyError, TypeError):
            raise ValueError('a request is a JSON object such as {"a": "subscribe", "v": [408065]}') from None
        match action:
            case "subscribe":
                self._client.subscribe(tokens)
            case "unsubscribe":
                self._client.unsubscribe(tokens)
            case "mode":
                self._client.set_mode(mode, tokens)
            case _:
                raise ValueError(f"Kite has no request {action!r}; there are subscribe, unsubscribe and mode")

    def sendClose(self, code: int | None = None, reason: str | None = None) -> None:  # noqa: N802 - as there
        """Hang up."""
        self._client.close(code, reason)


class Factory:
    """What stands for Twisted's factory of connections."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def ws(self) -> Socket | None:
        """The socket of the client."""
        return self._client.ws

    def stopTrying(self) -> None:  # noqa: N802 - as there
        """Dial no more."""
        self._client.stop_retry()
