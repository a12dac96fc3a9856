"""A connection over a socket: its whole life, from the handshake to the retry after it was lost.

A session is a handshake and what goes on until something fails. Six tasks share it: one reads, one makes the
server's state follow the wanted one, and the others watch over it. Whatever fails first ends the session, and
`classify_failure` says what then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from typing import Final, NoReturn

from websockets.asyncio.client import ClientConnection, connect

from kitetui.feed.bugs import log
from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.connection import Connection, ConnectionSetup
from kitetui.feed.endpoint import SIMULATED_HEADER, Account
from kitetui.feed.retry import (
    CAP,
    Action,
    Failure,
    FeedSilent,
    TokenUnreadable,
    backoff,
    classify_failure,
    until_freed,
)
from kitetui.feed.state import DIAL_AGAIN, LOG_IN, ConnectionState
from kitetui.feed.subscriptions import apply_request, requests_to_follow
from kitetui.proxies import proxy_of
from kitetui.wire import HEARTBEAT, Unsubscribe, encode_request

HEALTHY_AFTER: Final = 30.0
"""Seconds after which a session counts as healthy, and the next loss starts the backoff afresh."""

_PING_INTERVAL: Final = 5.0
_PONG_PATIENCE: Final = 30.0
"""Seconds that a server which seems to answer no ping is given in place of each answer."""

_MAX_MESSAGE: Final = 4 * 2**20
"""Bytes; Kite's largest legal message, 3,000 full packets, has 558,002."""

_CLOSE_TIMEOUT: Final = 1.0
_USER_AGENT: Final = "kitetui"
_HEADERS: Final = {"X-Kite-Version": "3"}

# The library below would log the URL of the handshake, and with it the token, to whoever turns on debug
# logging. A logger outside the hierarchy cannot be turned on from elsewhere.
_SILENT: Final = logging.Logger("kitetui.feed.websockets", level=logging.CRITICAL + 1)


class KiteSource:
    """Kite, or whoever speaks its protocol, over sockets.

    dialling: is given the number of a connection before each of its dials.
    """

    def __init__(self, dialling: Callable[[int], None] | None = None) -> None:
        self._dialling = dialling

    def connection(self, setup: ConnectionSetup) -> SocketConnection:
        """Return a connection that dials where the configuration says."""
        return SocketConnection(setup, self._dialling)


class SocketConnection(Connection):
    """A connection that is dialled, and dialled again, for as long as symbols are wanted."""

    def __init__(self, setup: ConnectionSetup, dialling: Callable[[int], None] | None = None) -> None:
        super().__init__(setup)
        self._dialling = dialling
        self._answers_pings = False
        self._attempts: asyncio.Timeout | None = None

    def stop_retrying(self) -> None:
        """Dial no more after a loss; an attempt to come back that is under way is broken off."""
        super().stop_retrying()
        if self._state is ConnectionState.RETRYING and self._attempts is not None:
            self._attempts.reschedule(self._time())

    async def _bring(self) -> None:
        """Dial, and dial again, until no symbols are wanted any more."""
        try:
            async with asyncio.timeout(None) as self._attempts:
                await self._keep_dialling()
        except TimeoutError:
            await self._stay_down(self._failure)

    async def _keep_dialling(self) -> None:
        delays, places = self._delays(), self._places()
        self._attempt = 0
        was_up = False
        while self._is_needed:
            started = self._time()
            exception = await self._session()
            failure = self._noted(exception, classify_failure(exception, was_up=was_up))
            was_live = self._state is ConnectionState.LIVE
            self.is_rate_limited = failure.action is Action.RETRY_LATER
            if was_live and self._time() - started >= HEALTHY_AFTER:
                delays = self._delays()
                self._attempt = 0
            self._attempt += 1
            if was_live:
                was_up, places = True, self._places()
                self.measures.last_close = failure.reason
                self._outage = self._outage or (self._batcher.handed_on_at, failure.reason)
            if failure.action is Action.WAIT_FOR_TOKEN:
                await self._wait_for_another_token(failure)
                delays = self._delays()
                self._attempt = 0
                continue
            limit = self._config.max_reconnect_attempts
            if limit is not None and self._attempt > limit:
                await self._stay_down(
                    replace(failure, reason=f"gave up after {limit} attempts: {failure.reason}")
                )
            if not self.may_retry:
                await self._stay_down(failure)
            if failure.action is Action.RETRY_LATER:
                await self._wait_to_retry(next(places) if was_up else CAP, failure)
            else:
                await self._wait_to_retry(next(delays), failure)

    def _delays(self) -> Iterator[float]:
        return backoff(self._config.reconnect_delay, self._config.reconnect_max_delay)

    def _places(self) -> Iterator[float]:
        """Return the waits for a place that the server may still count for a session before."""
        return until_freed(backoff(1.0, CAP), CAP)

    async def _wait_for_another_token(self, failure: Failure) -> None:
        """Wait until the source gives a token other than the one refused, or nothing is wanted any more."""
        interval = self._config.health_check_interval
        if callable(self._account.access_token) and isfinite(interval):
            log.warning("connection %d: %s; it waits for another token", self.number, failure.reason)
        else:
            self.remedy = LOG_IN
        self._become(ConnectionState.DOWN, failure)
        while self._is_needed:
            await asyncio.sleep(interval)
            with suppress(TokenUnreadable):
                if await self._account.at_this_moment() != self._dialled_with:
                    return

    async def _stay_down(self, failure: Failure) -> None:
        """Wait for the end: only stopping and starting the manager makes it dial again."""
        self.remedy = DIAL_AGAIN
        self._become(ConnectionState.DOWN, failure)
        await asyncio.get_running_loop().create_future()

    async def _wait_to_retry(self, delay: float, failure: Failure) -> None:
        self._retry_at = self._time() + delay
        self._become(ConnectionState.RETRYING, failure)
        try:
            await asyncio.sleep(delay)
        finally:
            self._retry_at = None

    async def _session(self) -> Exception:
        """Make the connection, use it until it fails, and return why it did."""
        if self._attempt == 0:
            self._become(ConnectionState.CONNECTING)
        if self._dialling is not None:
            self._dialling(self.number)
        try:
            self._dialled_with = await self._account.at_this_moment()
            socket = await _dial(self._config, self._dialled_with)
        except Exception as refusal:
            return refusal
        try:
            try:
                failure = await self._use(socket)
                if isinstance(failure, FeedSilent):
                    # A peer that has gone quiet would not answer a polite close either.
                    socket.transport.abort()
            finally:
                self.hand_on_received()
                await socket.close()
        except Exception as bug:
            return bug
        return self._batcher.failure or failure

    async def _use(self, socket: ClientConnection) -> Exception:
        """Follow the wanted symbols and read, until something fails; return what did."""
        self._answers_pings = False
        self.is_simulated = _says(socket, SIMULATED_HEADER)
        self._came_up()
        return await _first_failure(
            asyncio.create_task(self._read(socket), name=f"kitetui reader {self.number}"),
            asyncio.create_task(self._keep_subscribed(socket), name=f"kitetui writer {self.number}"),
            asyncio.create_task(self._watch_batcher(), name=f"kitetui batcher {self.number}"),
            asyncio.create_task(self._watch_silence(), name=f"kitetui watch {self.number}"),
            asyncio.create_task(self._watch_activity(), name=f"kitetui activity {self.number}"),
            asyncio.create_task(self._measure_round_trip(socket), name=f"kitetui ping {self.number}"),
        )

    async def _read(self, socket: ClientConnection) -> NoReturn:
        """Gather frames, and let the loop's next turn decode all that have come together."""
        loop = asyncio.get_running_loop()
        batcher = self._batcher
        while True:
            message = await socket.recv()
            now = self._clock()
            self._count(message, now)
            if isinstance(message, str):
                batcher.take_text(message, now)
                continue
            if message != HEARTBEAT:
                self._report_gap(now)
            if batcher.is_empty:
                loop.call_soon(self.hand_on_received)
            batcher.take(message, now)
            if batcher.is_full:
                batcher.flush()

    async def _watch_batcher(self) -> NoReturn:
        """End the session when what was received could not be handed on."""
        await self._broke.wait()
        raise self._batcher.failure or AssertionError("a batcher that broke says why")

    async def _keep_subscribed(self, socket: ClientConnection) -> NoReturn:
        """Make the server's state follow the wanted one, from nothing, for as long as the session lasts."""
        self._on_wire = {}
        on_wire = self._on_wire
        while True:
            self._changed.clear()
            request = next(requests_to_follow(on_wire, self._wanted), None)
            if request is None:
                await self._changed.wait()
                continue
            # Noted first: the answer may be there before `send` returns.
            self._batcher.sent(request, self._clock())
            await socket.send(encode_request(request))
            apply_request(on_wire, request)
            if isinstance(request, Unsubscribe):
                self.last.forget_ticks(request.tokens)

    async def _watch_silence(self) -> NoReturn:
        """End the session when no frame of any kind comes: the heartbeat alone should, every 1 to 2 s."""
        limit = self._config.heartbeat_liveness_threshold
        while True:
            silent = self._time() - self._last_frame
            if silent >= limit:
                # If this program itself was held up, frames may wait unread: let the reader have its turn.
                await asyncio.sleep(0.05)
                if self._time() - self._last_frame >= limit:
                    raise FeedSilent(f"silent for {limit:g} s")
            await asyncio.sleep(max(0.05, limit - silent))

    async def _measure_round_trip(self, socket: ClientConnection) -> NoReturn:
        """Ping at once and then every few seconds; an answer that stays out is the watch's affair."""
        was_answered = False
        while True:
            round_trip = await self._answer_to(asyncio.ensure_future(await socket.ping()))
            if round_trip is not None:
                self.measures.round_trips.append(round_trip)
                self._answers_pings = True
            # The answer to a ping overtakes the few messages that wait to be read. By the next, they are.
            if was_answered:
                self._batcher.pinged()
            was_answered = True
            await asyncio.sleep(_PING_INTERVAL)

    async def _answer_to(self, ping: asyncio.Future[float]) -> float | None:
        """Wait for a pong and return its round trip; None where the server answers no ping.

        A slow line looks the same as such a server at first, and both keep to their order. So a server that
        has answered one ping is waited for, however late; and of one that has answered none nothing is known
        before its first tick, which would have come behind the pong.
        """
        while True:
            has_ticked = self.measures.ticks > self._session_ticks
            await asyncio.wait([ping], timeout=None if self._answers_pings else _PONG_PATIENCE)
            if ping.done():
                return ping.result()
            if has_ticked:
                return None


async def _dial(config: KiteManagerConfig, account: Account) -> ClientConnection:
    """Make a connection. Raises whatever it fails of; the texts of these exceptions may hold the URL."""
    endpoint = config.endpoint
    return await connect(
        endpoint.url(account),
        additional_headers=_HEADERS,
        user_agent_header=_USER_AGENT,
        compression=None,
        proxy=config.proxy or proxy_of(endpoint.root),
        open_timeout=config.connection_timeout,
        ping_interval=None,  # it pings by itself, to measure alone: a pong proves nothing of the feed
        close_timeout=_CLOSE_TIMEOUT,
        max_size=_MAX_MESSAGE,
        logger=_SILENT,
    )


def _says(socket: ClientConnection, header: str) -> bool:
    """Return whether the server agreed to this header."""
    return socket.response is not None and socket.response.headers.get(header) == "1"


async def _first_failure(*tasks: asyncio.Task[NoReturn]) -> Exception:
    """Wait until one of these endless tasks fails, end the others, and return why.

    Not a task group: that one forgets a cancellation which arrives while it ends the other tasks, and then
    whoever stops the manager would wait for ever.
    """
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    failure = next(task for task in tasks if task in done).exception()
    if not isinstance(failure, Exception):
        raise AssertionError("such a task ends by a failure alone")
    return failure
