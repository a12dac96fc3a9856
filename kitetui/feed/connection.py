"""A connection as its manager knows it: what it carries, how it stands, and what its readers are told.

Where its messages come from is for those that are made of it to say: a socket (`socket`), or a recording.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, NoReturn, Protocol

from kitetui.feed.activity import MUTE_AFTER, Activity
from kitetui.feed.batcher import Batcher
from kitetui.feed.bugs import log, log_bug, place_of_log
from kitetui.feed.config import KiteManagerConfig
from kitetui.feed.endpoint import Account
from kitetui.feed.lastpackets import LastPackets
from kitetui.feed.messages import ConnectionChanged, FeedMessage, Gap, RawFrame, SymbolsWanted
from kitetui.feed.retry import Failure
from kitetui.feed.state import FAILED, QUIET_AFTER, ConnectionState
from kitetui.feed.stats import ConnectionStats, Measures, Percentiles, modes_of
from kitetui.wire import Exchange, Mode

_NONE: Final = Failure("")

_LOOK: Final = 1.0
"""Seconds between two looks at how the symbols tick."""

_GRACE: Final = 0.5
"""Seconds that the watch on silence may be late."""


@dataclass(frozen=True, slots=True)
class ConnectionSetup:
    """What a manager gives to each of its connections.

    number: its index. wanted: the tokens it is to carry and their modes, owned and changed by the manager.
    publish: is given frames, and the message that they became; see `Batcher`. wants_raw: whether anybody
    reads frames. clock: UTC nanoseconds.
    """

    number: int
    config: KiteManagerConfig
    account: Account
    wanted: Mapping[int, Mode]
    publish: Callable[[Sequence[RawFrame], FeedMessage | None], None]
    wants_raw: Callable[[], bool]
    clock: Callable[[], int]


class FeedSource(Protocol):
    """Where ticks come from: Kite over sockets, or a recording."""

    def connection(self, setup: ConnectionSetup) -> Connection:
        """Return a connection of a manager, which runs it."""


class Connection(ABC):
    """A connection of a manager; `run` is its whole life. Call `follow` after each change of what is wanted.

    keep_trying: whether to dial without any, because its own are elsewhere until it is back.
    may_retry: whether to dial again after a loss; see `stop_retrying`.
    is_rate_limited: whether the server has no place for it (429), as other programs hold the key's.
    live_since, failing_since: since when it is live, or lost, by the loop's clock; None where it is not.
    ticked: set with each batch of ticks.
    is_simulated: whether the server said in its last handshake that its prices are made up.
    remedy: what the user can do where nothing here will bring it back; else empty.
    is_replay: whether what it brings was recorded, with the times of the recording.
    """

    is_replay: ClassVar[bool] = False
    batcher_type: ClassVar[type[Batcher]] = Batcher

    def __init__(self, setup: ConnectionSetup) -> None:
        config = setup.config
        self.number = setup.number
        self.measures = Measures()
        self.ticked = asyncio.Event()
        self.keep_trying = False
        self.may_retry = True
        self.is_rate_limited = False
        self.is_simulated = False
        self.remedy = ""
        self.live_since: float | None = None
        self.failing_since: float | None = None
        self._config = config
        self._clock = setup.clock
        self._account = setup.account
        self._wanted = setup.wanted
        self._told: dict[int, Mode] = {}
        self._hand_on = setup.publish
        self._batcher = self.batcher_type(
            setup.number,
            self.measures,
            setup.wanted,
            publish=setup.publish,
            wants_raw=setup.wants_raw,
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
        self._outage: tuple[int, str] | None = None
        self._is_reported = False
        self._dialled_with: Account | None = None
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
                self._needed_at = self._clock()
                await self._bring()
        finally:
            self._become(ConnectionState.UNUSED)

    @abstractmethod
    async def _bring(self) -> None:
        """Bring what is wanted until nothing is any more."""

    @property
    def _is_needed(self) -> bool:
        return bool(self._wanted) or self.keep_trying or self._config.connect_when_idle

    def stop_retrying(self) -> None:
        """Dial no more after a loss; if it is lost already, at once."""
        self.may_retry = False

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
        return self._batcher.last

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
            last_tick_at=self._batcher.last_tick_at,
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
        timed_at = self._batcher.last_timed_at
        return None if timed_at is None else max(self._config.stopwatch() - timed_at, 0.0)

    def _missing_since(self) -> int | None:
        """Return since when its symbols receive nothing, UTC nanoseconds; None where nothing is missing."""
        if self._outage is not None:
            return self._outage[0]
        return self._needed_at if self._state in FAILED and self._wanted else None

    def hand_on_received(self) -> None:
        """Hand on what was received; a failure ends the session, whoever called."""
        try:
            self._batcher.flush()
        except Exception:  # which the batcher keeps
            self._broke.set()

    def clock_stepped(self, ahead: int) -> None:
        """Hand on what was received before the clock was set, and have what goes on by the clock of now."""
        self.hand_on_received()
        self._needed_at += ahead
        self._batcher.handed_on_at += ahead
        if self._outage is not None:
            since, reason = self._outage
            self._outage = since + ahead, reason

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

    def _noted(self, exception: Exception, failure: Failure) -> Failure:
        """Return a failure; one of the program's own is counted and logged, and says where."""
        if not failure.is_bug:
            return failure
        self.measures.bugs += 1
        lost = (
            f"; {self._batcher.lost_frames:,} frames are lost" if exception is self._batcher.failure else ""
        )
        log_bug(
            f"connection {self.number} ended by {failure.reason}{lost}",
            exception,
            self._dialled_with.secrets if self._dialled_with else (),
        )
        return replace(failure, reason=f"{failure.reason}: its details are in {place_of_log()}")

    def _came_up(self) -> None:
        """Begin a session: from now on frames come."""
        now = self._clock()
        self._note_frame(now)
        self._connected_at = now
        self._came_up_at = self._asked_at = self._config.stopwatch()
        self._session_ticks = self.measures.ticks
        self._broke.clear()
        self._batcher.began(now)
        self._become(ConnectionState.LIVE)

    def _count(self, message: bytes | str, now: int) -> None:
        """Count a message that was received."""
        self._note_frame(now)
        self.measures.frames += 1
        self.measures.bytes += len(message)

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
            self.is_replay,
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
                self.is_rate_limited = False
            case ConnectionState.RETRYING | ConnectionState.DOWN:
                self.live_since, self.failing_since = None, self.failing_since or now
            case ConnectionState.UNUSED:
                self.live_since = self.failing_since = None
