"""The feed of one run: a manager on an event loop, in a thread of its own.

The callbacks run elsewhere, so that one of them may block for as long as it likes. All that other threads ask
for is done on the loop, one thing after the other.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from kitetui.compat.inbox import NORMAL, Call, Event, Inbox
from kitetui.compat.translator import Translator
from kitetui.feed import Account, Distribution, KiteManagerConfig, KiteTickerManager
from kitetui.feed.socket import KiteSource
from kitetui.wire import Mode

T = TypeVar("T")


class NotConnectedError(RuntimeError):
    """Something was asked of a ticker that does not run."""

    def __init__(self) -> None:
        super().__init__("the ticker is not connected; call connect() first")


class ForkedError(RuntimeError):
    """Something was asked of a ticker that runs in the process that this one was forked from."""

    def __init__(self) -> None:
        super().__init__("the ticker is connected in another process; make one here and call its connect()")


class FeedThread:
    """A feed from `start` to `stop`, between which it may be closed and opened any number of times.

    account: returns the account of the moment; a new token is used the next time that it is dialled, another
    key the next time that it is opened. config: what it is dialled with then. retries: whether a connection
    is dialled again after a loss. wanted: token to mode; what is there is subscribed at once, and it is kept
    as asked for. inbox: is given what happens, and is closed at the end.
    """

    def __init__(
        self,
        account: Callable[[], Account],
        config: KiteManagerConfig,
        wanted: dict[int, str],
        inbox: Inbox,
        *,
        retries: bool,
    ) -> None:
        self.config = config
        self._account = account
        self._process = os.getpid()
        self._retries = retries
        self._wanted = wanted
        self._inbox = inbox
        self._told = Translator(inbox.put, config.endpoint.shown, retries=retries)
        self._manager: KiteTickerManager  # made by `_open`, before anything can be asked
        self._reader: asyncio.Task[None] | None = None
        self._guard = threading.RLock()  # a signal may come while its own thread has it
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._asked: set[Future[Any]] = set()
        self._last: tuple[Event, ...] = ()
        self._started = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kitetui ticker", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not asked to end."""
        return self._thread.is_alive() and not self._stopping.is_set()

    @property
    def is_live(self) -> bool:
        """Whether the first connection is up, as far as it has been told; any thread may ask."""
        return self.is_running and self._told.is_live

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Ask it to end; returns at once. All that is told from now on is `on_close`, if it was up."""
        with self._guard:
            self._stopping.set()
            self._inbox.mute()
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake.set)

    def join(self) -> None:
        """Wait until it has ended, and every connection is closed."""
        self._thread.join()

    def open(self) -> None:
        """Connect again after `close`, or after a connection was given up; else does nothing."""
        self._do(self._open)

    def close(self, code: int | None, reason: str) -> None:
        """Close all connections, and dial no more until `open`; does nothing while it is closed."""
        self._do(lambda: self._close(code, reason))

    def stop_retry(self) -> None:
        """Dial no more, but leave open what is."""
        self._do(self._stop_retry)

    def subscribe(self, tokens: Iterable[int]) -> None:
        """Want these tokens, new ones as quotes; a CapacityError or ValueError leaves all as it was."""
        self._do(lambda: self._subscribe(list(tokens)))

    def unsubscribe(self, tokens: Iterable[int]) -> None:
        """Want these tokens no longer; those not wanted are passed over."""
        self._do(lambda: self._unsubscribe(list(tokens)))

    def set_mode(self, mode: Mode, tokens: Iterable[int]) -> None:
        """Want these tokens in this mode; a CapacityError or ValueError leaves all as it was."""
        self._do(lambda: self._set_mode(mode, list(tokens)))

    def _do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something on the loop, wait for it, and return or raise what came of it."""
        if os.getpid() != self._process:
            raise ForkedError
        with self._guard:
            if self._loop is None or self._stopping.is_set():
                raise NotConnectedError
            future = asyncio.run_coroutine_threadsafe(self._take_turn(work), self._loop)
            self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        return future.result()

    async def _take_turn(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._turn:
            return await work()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._inbox.close(*self._last)
            self._started.set()

    async def _serve(self) -> None:
        try:
            await self._open()
            with self._guard:
                self._loop = asyncio.get_running_loop()
                if self._stopping.is_set():
                    self._wake.set()
            self._started.set()
            await self._wake.wait()
        finally:
            with self._guard:
                self._loop = None
            # Whoever has asked for something waits for the answer.
            await asyncio.gather(*map(asyncio.wrap_future, list(self._asked)), return_exceptions=True)
            if await self._hang_up():
                self._last = (Call("on_close", (NORMAL, "")),)

    async def _open(self) -> None:
        if self._reader is not None and not self._told.has_ended:
            return
        await self._hang_up()
        self._told = Translator(self._inbox.put, self.config.endpoint.shown, retries=self._retries)
        manager = self._manager = KiteTickerManager(
            config=self.config,
            accounts=[replace(self._account(), access_token=self._token)],
            # Programs for the official client expect to use one connection of the key's three, and others of
            # the user's programs may hold the rest: a second is for symbols that the first has no room for.
            distribution=Distribution.FILL_FIRST,
            source=KiteSource(self._told.dialling),
        )
        wanted = dict(self._wanted)
        await manager.subscribe_symbols(wanted)
        for mode in Mode:
            await manager.change_mode([token for token, want in wanted.items() if want == mode], mode)
        self._reader = asyncio.create_task(
            self._told.read(manager.full_stream()), name="kitetui compat reader"
        )
        await manager.start()
        if not self._retries:
            await manager.stop_retrying()

    def _token(self) -> str | Awaitable[str]:
        token = self._account().access_token
        return token() if callable(token) else token or ""

    async def _close(self, code: int | None, reason: str) -> None:
        if await self._hang_up():
            self._inbox.put(Call("on_close", (code or NORMAL, reason)))

    async def _hang_up(self) -> bool:
        """Close all connections, and tell of what was received before; return whether any was up."""
        if self._reader is None:
            return False
        reader, self._reader = self._reader, None
        try:
            await self._manager.stop()
        finally:
            await reader
        return self._told.was_hung_up

    async def _stop_retry(self) -> None:
        self._told.stop_retry()
        await self._manager.stop_retrying()

    async def _subscribe(self, tokens: list[int]) -> None:
        await self._manager.subscribe_symbols(tokens)
        self._wanted.update({token: str(Mode.QUOTE) for token in tokens if token not in self._wanted})

    async def _unsubscribe(self, tokens: list[int]) -> None:
        for token in tokens:
            self._wanted.pop(token, None)
        await self._manager.unsubscribe_symbols(tokens)

    async def _set_mode(self, mode: Mode, tokens: list[int]) -> None:
        # The official client sends the mode of a token that is not subscribed, and from then on keeps it so.
        await self._manager.subscribe_symbols([token for token in tokens if token not in self._wanted], mode)
        self._wanted.update({token: str(mode) for token in tokens})
        await self._manager.change_mode(tokens, mode)
