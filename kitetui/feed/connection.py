"""One connection: dial, follow the wanted subscriptions, read, notice silence, and come back.

While a session lasts, each of these goes on in a task: a reader, a writer that makes the wire follow the
wanted state, watches on silence, on mute symbols and on what is handed on, and pings. Whichever fails ends
the session, and `classify_failure` says what then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isfinite
from typing import Final, NoReturn

from websockets.asyncio.client import ClientConnection

from kitetui.feed.accounts import Account
from kitetui.feed.activity import MUTE_AFTER, Activity
from kitetui.feed.bugs import log, log_bug, place_of_log
from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.dialling import dial, says
from kitetui.feed.down import DIAL_AGAIN, LOG_IN
from kitetui.feed.endpoint import SIMULATED_HEADER, Credentials
from kitetui.feed.intake import Intake
from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.messages import ConnectionChanged, FeedMessage, Gap, RawFrame, SymbolsWanted
from kitetui.feed.replayed import REPLAY_HEADER, Recorded, RecordedGap, RecordedState, Told, parse_told
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
from kitetui.feed.state import FAILED, QUIET_AFTER, ConnectionState
from kitetui.feed.stats import ConnectionStats, Measures, Percentiles, modes_of
from kitetui.feed.subscriptions import apply_request, requests_to_follow
from kitetui.feed.tasks import first_failure
from kitetui.feed.texts import cut
from kitetui.wire import HEARTBEAT, Exchange, Mode, Unsubscribe, encode_request

_NONE: Final = Failure("")

HEALTHY_AFTER: Final = 30.0
"""Seconds after which a session counts as healthy, and the next loss starts the backoff afresh."""

_PING_INTERVAL: Final = 5.0
_PONG_PATIENCE: Final = 30.0
"""Seconds that a server which seems to answer no ping is given in place of each answer."""

_LOOK: Final = 1.0
"""Seconds between two looks at how the symbols tick."""

_GRACE: Final = 0.5
"""Seconds that the watch on silence may be late."""


class Connection:
    """A connection of a manager, with the index `number`; `run` is its whole life.

    wanted: the tokens it is to carry and their modes, owned and changed by the manager; call `follow` after
    each change.
    keep_trying: whether to dial without any, because its own are elsewhere until it is back.
    is_crowded_out: whether other programs hold the key's connections.
    live_since, failing_since: since when it is live, or lost, by the loop's clock; None where it is not.
    ticked: set with each batch of ticks.
    is_simulated: whether the server said in its last handshake that its prices are made up.
    remedy: what the user can do where nothing here will bring it back; else empty.
    """

    def __init__(
        self,
        number: int,
        config: KiteManagerConfig,
        account: Account,
        wanted: Mapping[int, Mode],
        publish: Callable[[Sequence[RawFrame], FeedMessage | None], None],
        wants_raw: Callable[[], bool],
        clock: Callable[[], int],
    ) -> None:
        self.number = number
        self.measures = Measures()
        self.ticked = asyncio.Event()
        self.keep_trying = False
        self.is_crowded_out = False
        self.is_simulated = False
        self.remedy = ""
        self.live_since: float | None = None
        self.failing_since: float | None = None
        self._config = config
        self._clock = clock
        self._account = account
        self._wanted = wanted
        self._told: dict[int, Mode] = {}
        self._hand_on = publish
        self._intake = Intake(
            number,
            self.measures,
            wanted,
            publish=publish,
            wants_raw=wants_raw,
            ticked=self.ticked.set,
            strayed=self._warn_of_stray,
            decodes=config.enable_dedicated_parsers,
            stopwatch=config.stopwatch,
        )
        self._activity = Activity(self.last)
        self._has_stopped = self._is_still = False
        self._on_wire: dict[int, Mode] = {}
        self._changed = asyncio.Event()
        self._broke = asyncio.Event()
        self._is_stray_told = False
        self._state = ConnectionState.UNUSED
        self._failure = _NONE
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
        self._answers_pings = False
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
        """Take notice that the wanted symbols have changed, and tell of it."""
        self._asked_at = self._config.stopwatch()
        self._changed.set()
        told, wanted = self._told, self._wanted
        changes: dict[int, Mode | None] = {
            token: mode for token, mode in wanted.items() if told.get(token) is not mode
        }
        changes |= dict.fromkeys(told.keys() - wanted.keys())
        if changes:
            self._told = dict(wanted)
            self._publish(SymbolsWanted(self.number, changes, self._clock(), self._config.stopwatch()))

    def as_it_stands(self, arriving: Collection[int]) -> Iterator[FeedMessage]:
        """Yield what a reader that begins now has to know: the wanted symbols, and the state.

        arriving: those that come from another connection, which `wants` tells of later.
        """
        if not self._wanted:
            return
        if told := [token for token in self._wanted if token not in arriving]:
            yield self.wants(told)
        if self._state is not ConnectionState.UNUSED:
            yield self._change()

    def wants(self, tokens: Iterable[int]) -> SymbolsWanted:
        """Return what a reader that begins now has to know of some of the wanted symbols."""
        modes = {token: self._wanted[token] for token in tokens}
        is_live = self._state is ConnectionState.LIVE
        answered = self.last.answered(self._on_wire) & modes.keys() if is_live else frozenset[int]()
        return SymbolsWanted(self.number, modes, self._clock(), self._config.stopwatch(), answered)

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
    def is_still(self) -> bool:
        """Whether it is up, no news comes, and nobody knows whether any should."""
        return self._state is ConnectionState.LIVE and self._is_still

    @property
    def last(self) -> LastPackets:
        """The last packets of its tokens."""
        return self._intake.last

    @property
    def outage(self) -> tuple[int, str] | None:
        """Since when and why nothing is received; None where it is, or was not before either."""
        return self._outage

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
    def reason(self) -> str:
        """Why it stands there, where there is more to say than the state."""
        return self._failure.reason

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
            reason=self._failure.reason,
            symbols=len(self._wanted),
            connected_at=self._connected_at if live else None,
            last_frame_at=self._last_frame_at,
            last_tick_at=self._intake.last_tick_at,
            tick_age=self._tick_age(),
            silence=now - self._last_frame if self._last_frame_at is not None else None,
            quiet_for=self.quiet_for if live else None,
            has_ticked=live and self.has_ticked,
            failed_for=now - self._failed_at if self._state in FAILED else None,
            is_mute=self.is_mute,
            is_still=self.is_still,
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
            modes=modes_of(self._wanted),
            last_close=measures.last_close,
            recent_gaps=tuple(measures.recent_gaps),
            round_trips=Percentiles.of(measures.round_trips),
            decode_times=Percentiles.of(measures.decode_times),
            uptime=now - self.live_since if self.live_since is not None else None,
            bugs=measures.bugs,
            strays=measures.strays,
        )

    def _tick_age(self) -> float | None:
        """Return the seconds since anything ticked, None where nothing has."""
        timed_at = self._intake.last_timed_at
        return None if timed_at is None else max(self._config.stopwatch() - timed_at, 0.0)

    def _missing_since(self) -> int | None:
        """Return since when its symbols receive nothing, UTC nanoseconds; None where nothing is missing."""
        if self._outage is not None:
            return self._outage[0]
        return self._needed_at if self._state in FAILED and self._wanted else None

    async def _stay_connected(self) -> None:
        """Dial, and dial again, until no symbols are wanted any more."""
        self._needed_at = self._clock()
        delays, places = self._delays(), self._places()
        self._attempt = 0
        was_up = False
        while self._is_needed:
            started = self._time()
            exception = await self._session()
            failure = self._noted(exception, classify_failure(exception, was_up=was_up))
            was_live = self._state is ConnectionState.LIVE
            self.is_crowded_out = failure.action is Action.RETRY_LATER
            if was_live and self._time() - started >= HEALTHY_AFTER:
                delays = self._delays()
                self._attempt = 0
            self._attempt += 1
            if was_live:
                was_up, places = True, self._places()
                self.measures.last_close = failure.reason
                self._outage = self._outage or (self._intake.handed_on_at, failure.reason)
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
            if failure.action is Action.RETRY_LATER:
                await self._wait_to_retry(next(places) if was_up else CAP, failure)
            else:
                await self._wait_to_retry(next(delays), failure)

    def _delays(self) -> Iterator[float]:
        return backoff(self._config.reconnect_delay, self._config.reconnect_max_delay)

    def _places(self) -> Iterator[float]:
        """Return the waits for a place that the server may still count for a session before."""
        return until_freed(backoff(1.0, CAP), CAP)

    def _noted(self, exception: Exception, failure: Failure) -> Failure:
        """Return a failure; one of the program's own is counted and logged, and says where."""
        if not failure.is_bug:
            return failure
        self.measures.bugs += 1
        lost = f"; {self._intake.lost_frames:,} frames are lost" if exception is self._intake.failure else ""
        secrets = self._dialled_with
        log_bug(
            f"connection {self.number} ended by {failure.reason}{lost}",
            exception,
            (secrets.api_key, secrets.access_token) if secrets else (),
        )
        return replace(failure, reason=f"{failure.reason}: its details are in {place_of_log()}")

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
                if self._account.credentials() != self._dialled_with:
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
        try:
            self._dialled_with = self._account.credentials()
            socket = await dial(self._config, self._dialled_with)
        except Exception as refusal:
            return refusal
        self._socket = socket
        try:
            try:
                failure = await self._use(socket)
                if isinstance(failure, FeedSilent):
                    # A peer that has gone quiet would not answer a polite close either.
                    socket.transport.abort()
            finally:
                self.hand_on_received()
                self._socket = None
                await socket.close()
        except Exception as bug:
            return bug
        return self._intake.failure or failure

    async def _use(self, socket: ClientConnection) -> Exception:
        """Follow the wanted symbols and read, until something fails; return what did."""
        self._note_frame(self._clock())
        self._connected_at = self._last_frame_at
        self._came_up_at = self._asked_at = self._config.stopwatch()
        self._session_ticks = self.measures.ticks
        self._answers_pings = False
        self.is_simulated = says(socket, SIMULATED_HEADER)
        self._broke.clear()
        self._intake.began(self._clock(), replayed=says(socket, REPLAY_HEADER))
        self._become(ConnectionState.LIVE)
        return await first_failure(
            asyncio.create_task(self._read(socket), name=f"kitetui reader {self.number}"),
            asyncio.create_task(self._keep_subscribed(socket), name=f"kitetui writer {self.number}"),
            asyncio.create_task(self._watch_intake(), name=f"kitetui intake {self.number}"),
            asyncio.create_task(self._watch_silence(), name=f"kitetui watch {self.number}"),
            asyncio.create_task(self._watch_activity(), name=f"kitetui activity {self.number}"),
            asyncio.create_task(self._measure_round_trip(socket), name=f"kitetui ping {self.number}"),
        )

    async def _read(self, socket: ClientConnection) -> NoReturn:
        """Gather frames, and let the loop's next turn decode all that have come together."""
        loop = asyncio.get_running_loop()
        intake = self._intake
        replayed, recorded = says(socket, REPLAY_HEADER), None
        while True:
            message = await socket.recv()
            now = self._clock()
            if replayed and isinstance(message, str) and (told := parse_told(message)) is not None:
                recorded = self._follow_replay(told)
                continue
            if recorded is not None:
                now = recorded.at
            self._note_frame(now)
            self.measures.frames += 1
            self.measures.bytes += len(message)
            if isinstance(message, str):
                intake.take_text(message, now)
                continue
            if message != HEARTBEAT:
                self._report_gap(now)
            if intake.is_empty:
                loop.call_soon(self.hand_on_received)
            intake.take(message, now, recorded.snapshot if recorded else ())
            recorded = None
            if intake.is_full:
                intake.flush()

    def hand_on_received(self) -> None:
        """Hand on what was received; a failure ends the session, whoever called."""
        try:
            self._intake.flush()
        except Exception:  # which the intake keeps
            self._broke.set()

    def clock_stepped(self, ahead: int) -> None:
        """Hand on what was received before the clock was set, and have what goes on by the clock of now."""
        self.hand_on_received()
        self._needed_at += ahead
        self._intake.handed_on_at += ahead
        if self._outage is not None:
            since, reason = self._outage
            self._outage = since + ahead, reason

    async def _watch_intake(self) -> NoReturn:
        """End the session when what was received could not be handed on."""
        await self._broke.wait()
        raise self._intake.failure or AssertionError("an intake that broke says why")

    def _warn_of_stray(self, token: int) -> None:
        """Say once that the server sends what nobody asked for."""
        if not self._is_stray_told:
            self._is_stray_told = True
            log.warning(
                "connection %d: the server sends ticks of %d, which nobody subscribed; they are dropped, and "
                "counted",
                self.number,
                token,
            )

    def _publish(self, message: FeedMessage) -> None:
        self._hand_on((), message)

    def _follow_replay(self, told: Told) -> Recorded | None:
        """Take over what was recorded of the connection; return what belongs to the next frame."""
        match told:
            case Recorded():
                return told
            case RecordedState(at, state, reason):
                self._intake.flush()
                reason = cut(reason)
                if state in FAILED:
                    self._intake.lost()
                    self._failed_at = self._time()
                    self._needed_at = at if self._state not in FAILED else self._needed_at
                self._state, self._failure = state, Failure(reason)
                self._publish(ConnectionChanged(self.number, state, reason, at, is_replay=True))
            case RecordedGap(_, start, end, symbols, reason, tokens):
                self._intake.flush()
                self.report(Gap(self.number, start, end, symbols, cut(reason), tokens))
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
            self._intake.sent(request, self._clock())
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
            is_mute = self._activity.is_mute(self._wanted, now, self._came_up_at, self._is_open)
            self._has_stopped = bool(is_mute) or self._is_unanswered(now)
            self._is_still = is_mute is None and self._is_without_news(now)

    def _is_unanswered(self, now: float) -> bool:
        """Whether nothing has come at all, though the server answers for every token that it knows."""
        return (
            bool(self._wanted)
            and self.measures.ticks == self._session_ticks
            and now - self._asked_at >= MUTE_AFTER
            and self._is_open({Exchange.of(token) for token in self._wanted}, MUTE_AFTER)
        )

    def _is_without_news(self, now: float) -> bool:
        """Whether no news has come for long enough, and its market is not known to be shut."""
        if not self._wanted or min(self.quiet_for, now - self._asked_at) <= QUIET_AFTER:
            return False
        is_known = self.is_simulated or self._config.market_is_open is not None
        segments = {Exchange.of(token) for token in self._wanted}
        return not is_known or self._is_open(segments, QUIET_AFTER)

    def _is_open(self, segments: Collection[Exchange], lasting: float) -> bool:
        """Whether any of these segments is known to trade, and to have for so many seconds."""
        is_open = self._config.market_is_open
        return self.is_simulated or (is_open is not None and is_open(segments, lasting))

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
                self._intake.pinged()
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

    def _note_frame(self, now: int) -> None:
        self._last_frame_at = now
        self._last_frame = self._time()

    def _report_gap(self, now: int) -> None:
        """Say, with the first market data after an outage, how long it was."""
        if self._outage is None:
            return
        (start, reason), self._outage = self._outage, None
        self.report(Gap(self.number, start, now, len(self._wanted), reason))

    def _become(self, state: ConnectionState, failure: Failure = _NONE) -> None:
        if state in FAILED:
            self._failed_at = self._time()
        if state is not ConnectionState.DOWN:
            self.remedy = ""
        if state is self._state and failure.reason == self._failure.reason:
            return
        if state is ConnectionState.LIVE and (self._outage is not None or self._is_reported):
            self.measures.reconnects += 1
            self._is_reported = False
        self._state, self._failure = state, failure
        self._has_stopped = self._is_still = False
        self._time_state()
        self._publish(self._change())

    def _change(self) -> ConnectionChanged:
        """Return what is told of the state."""
        at = self._clock()  # first, for what goes on is by the clock of then
        missing_since = self._outage[0] if self._outage is not None and self._state in FAILED else None
        return ConnectionChanged(
            self.number,
            self._state,
            self._failure.reason,
            at,
            missing_since,
            self._intake.is_replayed,
            self._config.stopwatch(),
            self._failure.code,
            self._failure.said,
            self._failure.status,
        )

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
