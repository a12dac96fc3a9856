"""The official client's class, on top of this package's feed."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from kitetui.compat.callbacks import Callbacks
from kitetui.compat.feedthread import FeedThread, NotConnectedError
from kitetui.compat.inbox import Inbox
from kitetui.compat.surface import Factory, Surface
from kitetui.feed import KITE_URL, Endpoint, KiteManagerConfig
from kitetui.feed.endpoint import TokenSource
from kitetui.wire import Exchange, Mode

log = logging.getLogger("kitetui.compat")

_WAITING_AT_MOST: Final = 5_000
"""Messages that wait for slow callbacks; the manager's channels hold as many for a reader."""


class KiteTicker(Surface):
    """Streams ticks to callbacks, as the class of this name in the official client does.

    Assign functions to the attributes `on_ticks(ws, ticks)`, `on_connect(ws, response)`, `on_close(ws, code,
    reason)`, `on_error(ws, code, reason)`, `on_message(ws, payload, is_binary)`, `on_reconnect(ws,
    attempts_count)`, `on_noreconnect(ws)`, `on_order_update(ws, data)` or `on_open(ws)`; `ws` is this object.
    They are called one at a time: on the thread that `connect` blocks, or on one of their own with
    `threaded=True`. One that blocks holds up the others and nothing else: up to 5,000 messages wait for it,
    then the oldest market data is dropped, counted in `lost_messages`, and told once to `on_error`. What one
    raises goes to the log and to `on_error`, with the code 0; the feed goes on.

    A tick is the official client's dictionary, times in the machine's zone without saying so; set
    `aware_times` for times that carry their zone and are None where Kite sent none. It has one key more:
    `snapshot` is True where the packet may be the server's answer to a request, which can be days old, and no
    news. Up to 9,000
    symbols may be subscribed, from any thread, once `connect` was called; a second and a third connection of
    the API key are opened when the 3,000 of the one before are used up. They call `on_close`, `on_error` and
    `on_reconnect` as the first does, which alone calls `on_connect`.

    api_key, access_token: the login of the day; the token may be a function that returns the current one.
    root: another service's WebSocket URL. debug: logs every
    change of a connection, under `kitetui.compat`. reconnect: whether to dial again after a loss;
    reconnect_max_tries: how often in a row; reconnect_max_delay: seconds that the ceiling of delays, drawn at
    random, doubles up to; connect_timeout: seconds for a handshake. An access token that is refused (403) is
    not dialled with again.

    Raises ValueError for a root that is no WebSocket URL, or a time that is not above 0.
    """

    MODE_LTP = "ltp"
    MODE_QUOTE = "quote"
    MODE_FULL = "full"

    EXCHANGE_MAP: Final[Mapping[str, int]] = {
        **{each.name.lower(): int(each) for each in Exchange if each is not Exchange.UNKNOWN},
        "bsecds": int(Exchange.BCD),
    }

    CONNECT_TIMEOUT = 30
    RECONNECT_MAX_DELAY = 60
    RECONNECT_MAX_TRIES = 50
    ROOT_URI = KITE_URL

    def __init__(
        self,
        api_key: str,
        access_token: str | TokenSource,
        debug: bool = False,
        root: str | None = None,
        reconnect: bool = True,
        reconnect_max_tries: int = RECONNECT_MAX_TRIES,
        reconnect_max_delay: int = RECONNECT_MAX_DELAY,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        self.root = root or self.ROOT_URI
        endpoint, _ = Endpoint.parse(self.root)
        super().__init__(endpoint, api_key, access_token)
        self.debug = debug
        if debug:
            log.setLevel(logging.DEBUG)
        if reconnect_max_tries > self._maximum_reconnect_max_tries:
            reconnect_max_tries = self._maximum_reconnect_max_tries
            log.warning("`reconnect_max_tries` can not be more than %d, and is that", reconnect_max_tries)
        if reconnect_max_delay < self._minimum_reconnect_max_delay:
            reconnect_max_delay = self._minimum_reconnect_max_delay
            log.warning("`reconnect_max_delay` can not be less than %d, and is that", reconnect_max_delay)
        self.reconnect_max_tries = reconnect_max_tries
        self.reconnect_max_delay = reconnect_max_delay
        self.connect_timeout = connect_timeout

        self.subscribed_tokens: dict[int, str] = {}
        """What is subscribed, token to mode; kept over `close`, `stop` and the next `connect`."""

        self._reconnect = reconnect
        self._config = KiteManagerConfig(
            # Programs subscribe in `on_connect`, when the first connection is up.
            connect_when_idle=True,
            max_reconnect_attempts=max(1, reconnect_max_tries),
            reconnect_max_delay=reconnect_max_delay,
            connection_timeout=connect_timeout,
            failover_after=None,
        )
        self._inbox = Inbox(_WAITING_AT_MOST)
        self._feed: FeedThread | None = None

    @property
    def lost_messages(self) -> int:
        """How many messages slow callbacks have cost since `connect`."""
        return self._inbox.lost

    def connect(
        self,
        threaded: bool = False,
        disable_ssl_verification: bool = False,
        proxy: Mapping[str, Any] | None = None,
    ) -> None:
        """Connect, and block until `stop` or Ctrl-C; with `threaded` return at once.

        After `close`, or after a connection was given up, it connects again and returns at once where the
        ticker still runs; after `stop` it starts anew. What was subscribed is subscribed again. TLS
        certificates are verified in either case.

        proxy: a dictionary with `host` and `port`; without one the environment's is used.
        Raises ValueError for a proxy without the two.
        """
        route = _proxy_url(proxy) if proxy else None
        if callable(self._account.access_token):  # it is asked when it is needed
            self.factory = Factory(self)
        else:
            self._create_connection(self.socket_url, useragent=self._user_agent(), proxy=proxy)
        config = replace(self._config, endpoint=self._endpoint, proxy=route)
        if disable_ssl_verification:
            log.warning("TLS certificates are verified all the same; add your own authority to the system's")
        before = self._feed
        if before is not None and before.is_running:
            before.config = config
            before.open()
            return
        if before is not None:
            before.join()
        inbox = self._inbox = Inbox(_WAITING_AT_MOST)
        feed = self._feed = FeedThread(
            lambda: self._account, config, self.subscribed_tokens, inbox, retries=self._reconnect
        )
        feed.start()
        if threaded:
            self.websocket_thread = threading.Thread(
                target=self._call_back, args=(feed, inbox), name="kitetui callbacks", daemon=True
            )
            self.websocket_thread.start()
            return
        try:
            with _ended_by_sigterm():
                self._call_back(feed, inbox)
        except KeyboardInterrupt:
            self._call_back(feed, inbox)  # which is on_close alone
        finally:
            feed.join()

    def is_connected(self) -> bool:
        """Return whether the first connection is up, and `ws` is there."""
        return self.ws is not None and self._feed is not None and self._feed.is_live

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Hang up and dial no more; `on_close` is called, and a blocking `connect` still waits for `stop`.

        code, reason: what `on_close` is given, 1000 and an empty text at first.
        """
        with suppress(NotConnectedError):
            self._running().close(code, reason or "")

    def stop(self) -> None:
        """End it, from any thread: `on_close` is called where the connection is up, and no other callback.

        Then a blocking `connect` returns.
        """
        if self._feed is not None:
            self._feed.stop()

    def stop_retry(self) -> None:
        """Dial no more; a connection that is up stays until it is lost."""
        with suppress(NotConnectedError):
            self._running().stop_retry()

    def subscribe(self, instrument_tokens: Iterable[int | str]) -> bool:
        """Subscribe these tokens, as quotes; those subscribed already keep their mode. Returns True.

        Raises CapacityError (a ValueError) when not all fit, ValueError for a number that is no token, then
        nothing changes; NotConnectedError (a RuntimeError) before `connect` and after `stop`.
        """
        self._running().subscribe(_numbers(instrument_tokens))
        return True

    def unsubscribe(self, instrument_tokens: Iterable[int | str]) -> bool:
        """Unsubscribe these tokens; those not subscribed are passed over. Returns True.

        Raises NotConnectedError (a RuntimeError) before `connect` and after `stop`.
        """
        self._running().unsubscribe(_numbers(instrument_tokens))
        return True

    def set_mode(self, mode: str, instrument_tokens: Iterable[int | str]) -> bool:
        """Stream these tokens as `ltp`, `quote` or `full`; those not subscribed are from now on.

        Returns True.

        Raises ValueError for another mode, and otherwise what `subscribe` does.
        """
        self._running().set_mode(Mode(mode), _numbers(instrument_tokens))
        return True

    def resubscribe(self) -> None:
        """Does nothing: every new connection is subscribed by itself, each token once."""

    def _create_connection(self, url: str, **options: Any) -> None:
        """Take what is about to be dialled; `connect` calls this with `socket_url`.

        options: what the official client gives to Twisted; passed over.
        """
        if url != self.socket_url:
            self.socket_url = url
        self.factory = Factory(self)

    def __repr__(self) -> str:
        state = "connected" if self.is_connected() else "not connected"
        return f"KiteTicker({state}, {len(self.subscribed_tokens):,} symbols)"

    def _running(self) -> FeedThread:
        if self._feed is None:
            raise NotConnectedError
        return self._feed

    def _call_back(self, feed: FeedThread, inbox: Inbox) -> None:
        try:
            Callbacks(self, inbox).run()
        finally:
            # Also when a callback ends its thread: nobody would take what comes in.
            feed.stop()


def _numbers(tokens: Iterable[int | str]) -> list[int]:
    """Return tokens as numbers; programs keep them as texts too. Raises ValueError for what is none."""
    return [int(token) for token in tokens]


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM end what is done as Ctrl-C does, where the program has no handler of its own."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _proxy_url(proxy: Mapping[str, Any]) -> str:
    host, port = proxy.get("host"), proxy.get("port")
    if not host or not port:
        raise ValueError('a proxy needs its host and port: {"host": "localhost", "port": 8080}')
    return f"http://{host}:{port}"
