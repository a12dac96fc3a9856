"""The feed of one run: up to three connections on an event loop, in a thread of its own.

The callbacks run elsewhere, so that one of them may block for as long as it likes. All that other threads ask
for is done on the loop, one thing after the other.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from kitetui.compat.events import NORMAL, Call, Event
from kitetui.compat.inbox import Inbox
from kitetui.compat.line import Line
from kitetui.feed import MAX_CONNECTIONS, MAX_SYMBOLS_PER_CONNECTION, CapacityError
from kitetui.feed.subscriptions import Subscriptions
from kitetui.wire import Mode

T = TypeVar("T")

LineMaker = Callable[[bool, Callable[[Event], None]], Line]

_CAPACITY = MAX_CONNECTIONS * MAX_SYMBOLS_PER_CONNECTION


class NotConnectedError(RuntimeError):
    """Something was asked of a ticker that does not run."""

    def __init__(self) -> None:
        super().__init__("the ticker is not connected; call connect() first")


class Session:
    """Connections from `start` to `stop`, between which they may be closed and opened any number of times.

    make_line: makes a connection, the first one or another, that tells what happens on it. wanted: token to
    mode; what is there is subscribed at once, and it is kept as asked for. inbox: is given what happens, and
    is closed at the end.
    """

    def __init__(self, make_line: LineMaker, wanted: dict[int, str], inbox: Inbox) -> None:
        self._make_line = make_line
        self._wanted = wanted
        self._inbox = inbox
        self._lines: list[Line] = []
        self._guard = threading.Lock()
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
        """Whether the first connection is up."""
        lines = self._lines
        return self.is_running and bool(lines) and lines[0].is_live

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
        """Want these tokens in this mode; those not wanted are passed over."""
        self._do(lambda: self._set_mode(mode, list(tokens)))

    def _do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something on the loop, wait for it, and return or raise what came of it."""
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
        if self._lines and not any(line.has_ended for line in self._lines):
            return
        await self._hang_up()
        self._lines = [self._make_line(number == 0, self._inbox.put) for number in range(MAX_CONNECTIONS)]
        wanted = dict(self._wanted)
        await self._carry(list(wanted))
        for mode in Mode:
            await self._set_mode(mode, [token for token, want in wanted.items() if want == mode])
        for line in self._lines:
            await line.open()

    async def _close(self, code: int | None, reason: str) -> None:
        if await self._hang_up():
            self._inbox.put(Call("on_close", (code or NORMAL, reason)))

    async def _hang_up(self) -> bool:
        """Close all connections; return whether any was up."""
        lines, self._lines = self._lines, []
        return any([await line.close() for line in lines])

    async def _stop_retry(self) -> None:
        for line in self._lines:
            line.stop_retry()

    async def _subscribe(self, tokens: list[int]) -> None:
        # In one that is thrown away, so that all of them are looked at before anything changes.
        Subscriptions(1, _CAPACITY).add(tokens, Mode.QUOTE)
        new = [token for token in dict.fromkeys(tokens) if token not in self._wanted]
        if len(self._wanted) + len(new) > _CAPACITY:
            raise CapacityError(len(new), len(self._wanted), _CAPACITY)
        self._wanted.update(dict.fromkeys(new, str(Mode.QUOTE)))
        await self._carry(new)

    async def _carry(self, tokens: list[int]) -> None:
        """Give tokens that nobody carries to the first connections that have room."""
        for line in self._lines:
            share, tokens = tokens[: line.room], tokens[line.room :]
            await line.subscribe(share, Mode.QUOTE)

    async def _unsubscribe(self, tokens: list[int]) -> None:
        for token in tokens:
            self._wanted.pop(token, None)
        for line in self._lines:
            await line.unsubscribe(tokens)

    async def _set_mode(self, mode: Mode, tokens: list[int]) -> None:
        self._wanted.update({token: str(mode) for token in tokens if token in self._wanted})
        for line in self._lines:
            await line.set_mode(mode, tokens)
