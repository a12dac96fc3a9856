"""One connection: dial, follow the wanted subscriptions, read, notice silence, and come back.

While a session lasts, each of these goes on in a task: a reader, a writer that makes the wire follow the
wanted state, a watch on silence, one on mute symbols, and pings. Whichever fails ends the session, and
`verdict` says what then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from operator import countOf
from typing import Final, NoReturn

from websockets.asyncio.client import ClientConnection, connect

from kitetui.feed.accounts import Account
from kitetui.feed.activity import MUTE_AFTER, Activity
from kitetui.feed.backoff import CAP, backoff
from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.endpoint import SIMULATED_HEADER, Credentials
from kitetui.feed.intake import Intake
from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.messages import ConnectionChanged, FeedMessage, Gap, RawFrame
from kitetui.feed.replayed import REPLAY_HEADER, Recorded, RecordedGap, RecordedState, Told, parse_told
from kitetui.feed.state import ConnectionState
from kitetui.feed.stats import ConnectionStats, Measures, Percentiles
from kitetui.feed.subscriptions import apply_request, requests_to_follow
from kitetui.feed.verdict import Action, FeedSilent, TokenUnreadable, verdict
from kitetui.wire import Exchange, Mode, Unsubscribe, encode_request

HEALTHY_AFTER: Final = 30.0
"""Seconds after which a session counts as healthy, and the next loss starts the backoff afresh."""

_MAX_MESSAGE: Final = 4 * 2**20
"""Bytes; Kite's largest legal message, 3,000 full packets, has 558,002."""

_PING_INTERVAL: Final = 5.0
_LOOK: Final = 1.0
"""Seconds between two looks at how the symbols tick."""

_CLOSE_TIMEOUT: Final = 1.0
_GRACE: Final = 0.5
"""Seconds that the watch on silence may be late."""

_USER_AGENT: Final = "kitetui"
_FAILED: Final = (ConnectionState.RETRYING, ConnectionState.DOWN)
_HEADERS: Final = {"X-Kite-Version": "3"}

# The library below would log the URL of the handshake, and with it the token, to whoever turns on debug
# logging. A logger outside the hierarchy cannot be turned on from elsewhere.
_SILENT: Final = logging.Logger("kitetui.feed.websockets", level=logging.CRITICAL + 1)


class Connection:
    """A connection of a manager, with the index `number`; `run` is its whole life.

    wanted: the tokens it is to carry and their modes, owned and changed by the manager; call `follow` after
    each change.
    keep_trying: whether to dial without any, because its own are elsewhere until it is back.
    is_crowded_out: whether other programs hold the key's connections.
    live_since, failing_since: since when it is live, or lost, by the loop's clock; None where it is not.
    ticked: set with each batch of ticks.
    is_simulated: whether the server said in its last handshake that its prices are made up.
    """

    def __init__(
        self,
        number: int,
        config: KiteManagerConfig,
        account: Account,
        wanted: Mapping[int, Mode],
        publish: Callable[[FeedMessage], None],
        publish_raw: Callable[[RawFrame], None],
        wants_raw: Callable[[], bool],
    ) -> None:
        self.number = number
        self.measures = Measures()
        self.ticked = asyncio.Event()
        self.keep_trying = False
        self.is_crowded_out = False
        self.is_simulated = False
        self.live_since: float | None = None
        self.failing_since: float | None = None
        self._config = config
        self._account = account
        self._wanted = wanted
        self._publish = publish
        self._intake = Intake(
            number,
            self.measures,
            publish=publish,
            publish_raw=publish_raw,
            wants_raw=wants_raw,
            ticked=self.ticked.set,
            decodes=config.enable_dedicated_parsers,
            stopwatch=config.stopwatch,
        )
        self._activity = Activity(self.last)
        self._has_stopped = False
        self._on_wire: dict[int, Mode] = {}
        self._changed = asyncio.Event()
        self._state = ConnectionState.UNUSED
        self._reason = ""
        self._attempt = 0
        self._retry_at: float | None = None
        self._connected_at: int | None = None
        self._last_frame_at: int | None = None
        self._last_frame = 0.0
        self._needed_at = 0
        self._came_up_at = 0.0
        self._asked_at = 0.0
        self._failed_at = 0.0
        self._session_ticks = 0
        self._outage: tuple[int, str] | None = None
        self._is_reported = False
        self._dialled_with: Credentials | None = None
        self._socket: ClientConnection | None = None
        self._time: Callable[[], float] = time.monotonic

    async def run(self) -> None:
        """Keep the connection up for as long as symbols are wanted; ends only by cancellation."""
        self._time = asyncio.get_running_loop().time
        try:
            while True:
                self._become(ConnectionState.UNUSED)
                while not self._is_needed:
                    # Nothing is missed while nothing is wanted.
                    self._outage = None
                    self._changed.clear()
                    await self._changed.wait()
                await self._stay_connected()
        finally:
            self._become(ConnectionState.UNUSED)

    def follow(self) -> None:
        """Take notice that the wanted symbols have changed."""
        self._asked_at = self._config.stopwatch()
        self._changed.set()

    def delivers(self, token: int, sequence: int) -> bool:
        """Return whether it is up and brings this token, and the tick of this number came since it asked."""
        is_up = self._state is ConnectionState.LIVE and not self.is_mute
        return is_up and token in self._on_wire and self.last.is_since_subscribed(token, sequence)

    @property
    def is_mute(self) -> bool:
        """Whether it is up and brings nothing: its symbols have stopped, or no frame comes."""
        # After the machine was held up, whoever looks may come before the watch on silence.
        silent = self._time() - self._last_frame
        is_silent = silent > self._config.heartbeat_liveness_threshold + _GRACE
        return self._state is ConnectionState.LIVE and (self._has_stopped or is_silent)

    @property
    def last(self) -> LastPackets:
        """The last packets of its tokens."""
        return self._intake.last

    def take_outage(self) -> tuple[int, str] | None:
        """Return since when and why nothing is received, and leave it to the caller to report its end."""
        outage, self._outage = self._outage, None
        self._is_reported = outage is not None
        return outage

    def report(self, gap: Gap) -> None:
        """Publish the end of an outage."""
        self.measures.gaps += 1
        self.measures.recent_gaps.append(gap)
        self._publish(gap)

    @property
    def _is_needed(self) -> bool:
        return bool(self._wanted) or self.keep_trying or self._config.connect_when_idle

    @property
    def state(self) -> ConnectionState:
        """Where the connection stands."""
        return self._state

    @property
    def quiet_for(self) -> float:
        """Seconds since news came, or since it came up where it has not `has_ticked` since."""
        news = self.last.last_news if self.has_ticked else None
        return max(self._config.stopwatch() - (self._came_up_at if news is None else news), 0.0)

    @property
    def has_ticked(self) -> bool:
        """Whether news came since the connection came up the last time."""
        news = self.last.last_news
        return news is not None and news >= self._came_up_at

    def stats(self) -> ConnectionStats:
        """Return the connection as it stands."""
        now = self._time()
        live = self._state is ConnectionState.LIVE
        measures = self.measures
        return ConnectionStats(
            connection=self.number,
            state=self._state,
            reason=self._reason,
            symbols=len(self._wanted),
            connected_at=self._connected_at if live else None,
            last_frame_at=self._last_frame_at,
            last_tick_at=self._intake.last_tick_at,
            tick_age=self._tick_age(),
            silence=now - self._last_frame if self._last_frame_at is not None else None,
            quiet_for=self.quiet_for if live else None,
            has_ticked=live and self.has_ticked,
            failed_for=now - self._failed_at if self._state in _FAILED else None,
            is_mute=self.is_mute,
            is_simulated=self.is_simulated,
            missing_since=self._missing_since(),
            attempt=self._attempt,
            retry_in=max(0.0, self._retry_at - now) if self._retry_at is not None else None,
            round_trip=measures.round_trips[-1] if live and measures.round_trips else None,
            frames=measures.frames,
            bytes=measures.bytes,
            heartbeats=measures.heartbeats,
            ticks=measures.ticks,
            rejected=measures.rejected,
            texts=measures.texts,
            reconnects=measures.reconnects,
            gaps=measures.gaps,
            account=self._account.name,
            modes=_modes_of(self._wanted),
            last_close=measures.last_close,
            recent_gaps=tuple(measures.recent_gaps),
            round_trips=Percentiles.of(measures.round_trips),
            decode_times=Percentiles.of(measures.decode_times),
            uptime=now - self.live_since if self.live_since is not None else None,
        )

    def _tick_age(self) -> float | None:
        """Return the seconds since anything ticked, None where nothing has."""
        timed_at = self._intake.last_timed_at
        return None if timed_at is None else max(self._config.stopwatch() - timed_at, 0.0)

    def _missing_since(self) -> int | None:
        """Return since when its symbols receive nothing, UTC nanoseconds; None where nothing is missing."""
        if self._outage is not None:
            return self._outage[0]
        return self._needed_at if self._state in _FAILED and self._wanted else None

    async def _stay_connected(self) -> None:
        """Dial, and dial again, until no symbols are wanted any more."""
        self._needed_at = self._config.clock()
        delays = backoff(self._config.reconnect_delay, self._config.reconnect_max_delay)
        self._attempt = 0
        while self._is_needed:
            started = self._time()
            decision = verdict(await self._session())
            was_live = self._state is ConnectionState.LIVE
            self.is_crowded_out = decision.action is Action.RETRY_LATER
            if was_live and self._time() - started >= HEALTHY_AFTER:
                delays = backoff(self._config.reconnect_delay, self._config.reconnect_max_delay)
                self._attempt = 0
            self._attempt += 1
            if was_live and self._outage is None and self._last_frame_at is not None:
                self._outage = (self._last_frame_at, decision.reason)
            if was_live:
                self.measures.last_close = decision.reason
            if decision.action is Action.WAIT_FOR_TOKEN:
                await self._wait_for_another_token(decision.reason)
                delays = backoff(self._config.reconnect_delay, self._config.reconnect_max_delay)
                self._attempt = 0
                continue
            limit = self._config.max_reconnect_attempts
            if limit is not None and self._attempt > limit:
                await self._stay_down(f"gave up after {limit} attempts: {decision.reason}")
            delay = CAP if decision.action is Action.RETRY_LATER else next(delays)
            await self._wait_to_retry(delay, decision.reason)

    async def _wait_for_another_token(self, reason: str) -> None:
        """Wait until the source gives a token other than the one refused, or nothing is wanted any more."""
        self._become(ConnectionState.DOWN, reason)
        while self._is_needed:
            await asyncio.sleep(self._config.health_check_interval)
            with suppress(TokenUnreadable):
                if self._account.credentials() != self._dialled_with:
                    return

    async def _stay_down(self, reason: str) -> None:
        """Wait for the end: only stopping and starting the manager makes it dial again."""
        self._become(ConnectionState.DOWN, reason)
        await asyncio.get_running_loop().create_future()

    async def _wait_to_retry(self, delay: float, reason: str) -> None:
        self._retry_at = self._time() + delay
        self._become(ConnectionState.RETRYING, reason)
        try:
            await asyncio.sleep(delay)
        finally:
            self._retry_at = None

    async def _session(self) -> Exception:
        """Make the connection, use it until it fails, and return why it did."""
        if self._attempt == 0:
            self._become(ConnectionState.CONNECTING)
        try:
            socket = await self._dial()
        except Exception as refusal:
            return refusal
        self._socket = socket
        try:
            self._note_frame(self._config.clock())
            self._connected_at = self._last_frame_at
            self._came_up_at = self._asked_at = self._config.stopwatch()
            self._session_ticks = self.measures.ticks
            self.is_simulated = _says(socket, SIMULATED_HEADER)
            self._intake.began(replayed=_says(socket, REPLAY_HEADER))
            self._become(ConnectionState.LIVE)
            failure = await _first_failure(
                asyncio.create_task(self._read(socket), name=f"kitetui reader {self.number}"),
                asyncio.create_task(self._keep_subscribed(socket), name=f"kitetui writer {self.number}"),
                asyncio.create_task(self._watch_silence(), name=f"kitetui watch {self.number}"),
                asyncio.create_task(self._watch_activity(), name=f"kitetui activity {self.number}"),
                asyncio.create_task(self._measure_round_trip(socket), name=f"kitetui ping {self.number}"),
            )
            if isinstance(failure, FeedSilent):
                # A peer that has gone quiet would not answer a polite close either.
                socket.transport.abort()
            return failure
        finally:
            self._intake.flush()
            self._socket = None
            await socket.close()

    async def _dial(self) -> ClientConnection:
        endpoint = self._config.endpoint
        self._dialled_with = self._account.credentials()
        return await connect(
            endpoint.url(self._dialled_with),
            additional_headers=_HEADERS | ({REPLAY_HEADER: "1"} if endpoint.is_loopback else {}),
            user_agent_header=_USER_AGENT,
            compression=None,
            proxy=self._config.proxy or (None if endpoint.is_loopback else True),
            open_timeout=self._config.connection_timeout,
            ping_interval=None,  # it pings by itself, to measure alone: a pong proves nothing of the feed
            close_timeout=_CLOSE_TIMEOUT,
            max_size=_MAX_MESSAGE,
            logger=_SILENT,
        )

    async def _read(self, socket: ClientConnection) -> NoReturn:
        """Gather frames, and let the loop's next turn decode all that have come together."""
        loop = asyncio.get_running_loop()
        intake = self._intake
        replayed, recorded = _says(socket, REPLAY_HEADER), None
        while True:
            message = await socket.recv()
            now = self._config.clock()
            if replayed and isinstance(message, str) and (told := parse_told(message)) is not None:
                recorded = self._follow_replay(told)
                continue
            if recorded is not None:
                now = recorded.at
            self._note_frame(now)
            self._report_gap(now)
            self.measures.frames += 1
            self.measures.bytes += len(message)
            if isinstance(message, str):
                intake.take_text(message, now)
                continue
            if intake.is_empty:
                loop.call_soon(intake.flush)
            intake.take(message, now, recorded.snapshot if recorded else ())
            recorded = None
            if intake.is_full:
                intake.flush()

    def _follow_replay(self, told: Told) -> Recorded | None:
        """Take over what was recorded of the connection; return what belongs to the next frame."""
        match told:
            case Recorded():
                return told
            case RecordedState(at, state, reason):
                self._intake.flush()
                if state in _FAILED:
                    self._failed_at = self._time()
                    self._needed_at = at if self._state not in _FAILED else self._needed_at
                self._state, self._reason = state, reason
                self._publish(ConnectionChanged(self.number, state, reason, at))
            case RecordedGap(_, start, end, symbols, reason):
                self._intake.flush()
                self.report(Gap(self.number, start, end, symbols, reason))
        return None

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
            self._intake.sent(request, self._config.clock())
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

    async def _watch_activity(self) -> NoReturn:
        """Look every second whether the symbols tick as they use to."""
        while True:
            await asyncio.sleep(_LOOK)
            self._activity.look()
            now = self._config.stopwatch()
            self._has_stopped = self._is_unanswered(now) or self._activity.is_mute(
                self._wanted, now, self._is_open
            )

    def _is_unanswered(self, now: float) -> bool:
        """Whether nothing has come at all, though the server answers for every token that it knows."""
        return (
            bool(self._wanted)
            and self.measures.ticks == self._session_ticks
            and now - self._asked_at >= MUTE_AFTER
            and self._is_open({Exchange.of(token) for token in self._wanted}, MUTE_AFTER)
        )

    def _is_open(self, segments: Collection[Exchange], lasting: float) -> bool:
        """Whether any of these segments is known to trade, and to have for so many seconds."""
        is_open = self._config.market_is_open
        return self.is_simulated or (is_open is not None and is_open(segments, lasting))

    async def _measure_round_trip(self, socket: ClientConnection) -> NoReturn:
        """Ping at once and then every few seconds; an answer that stays out is the watch's affair."""
        while True:
            pong = await socket.ping()
            self.measures.round_trips.append(await pong)
            await asyncio.sleep(_PING_INTERVAL)
            # Only now: the answer to a ping overtakes the few messages that wait to be read.
            self._intake.pinged()

    def _note_frame(self, now: int) -> None:
        self._last_frame_at = now
        self._last_frame = self._time()

    def _report_gap(self, now: int) -> None:
        """Say, with the first frame after an outage, how long it was."""
        if self._outage is None:
            return
        (start, reason), self._outage = self._outage, None
        self.report(Gap(self.number, start, now, len(self._wanted), reason))

    def _become(self, state: ConnectionState, reason: str = "") -> None:
        if state in _FAILED:
            self._failed_at = self._time()
        if state is self._state and reason == self._reason:
            return
        if state is ConnectionState.LIVE and (self._outage is not None or self._is_reported):
            self.measures.reconnects += 1
            self._is_reported = False
        self._state, self._reason = state, reason
        self._has_stopped = False
        self._time_state()
        self._publish(ConnectionChanged(self.number, state, reason, self._config.clock()))

    def _time_state(self) -> None:
        now = self._time()
        match self._state:
            case ConnectionState.LIVE:
                self.live_since, self.failing_since = now, None
                self.is_crowded_out = False
            case ConnectionState.RETRYING | ConnectionState.DOWN:
                self.live_since, self.failing_since = None, self.failing_since or now
            case ConnectionState.UNUSED:
                self.live_since = self.failing_since = None


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


def _modes_of(wanted: Mapping[int, Mode]) -> dict[Mode, int]:
    counts, left = {}, len(wanted)
    for mode in reversed(Mode):  # thousands of symbols are mostly all full, and counted in one go
        if left and (count := countOf(wanted.values(), mode)):
            counts[mode] = count
            left -= count
    return counts


def _says(socket: ClientConnection, header: str) -> bool:
    return socket.response is not None and socket.response.headers.get(header) == "1"
