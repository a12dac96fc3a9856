"""Rows as data, made of the last values anew only when something of them has changed; also while held still.

What the figures of a row are worth is known with them: how fresh they are, and who still delivers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from kitetui.feed import ConnectionState, KiteTickerManager
from kitetui.formatting import age, moment
from kitetui.instruments import Instrument
from kitetui.market import LastValueCache
from kitetui.tui.figures import UNKNOWN, Figures
from kitetui.wire import Mode, Tick

OLD_AFTER: Final = 10.0
"""Seconds without a tick after which a row says so; nothing is wrong with it, few trade it."""


class RowState(Enum):
    """How far a row can be trusted."""

    WAITING = auto()
    """No tick has come yet."""
    SNAPSHOT = auto()
    """The figures may be a snapshot of the server's, from whenever that was."""
    LIVE = auto()
    """Ticks arrive."""
    OLD = auto()
    """The connection is live, and this instrument has not changed for a while."""
    FROZEN = auto()
    """The connection is lost or mute: the figures stand still, whatever the market does."""
    HELD = auto()
    """The user holds the display still, while ticks go on arriving behind it."""


STANDING_STILL: Final = frozenset((RowState.SNAPSHOT, RowState.FROZEN, RowState.HELD))
"""The states in which figures are not those of this moment, and must not look as if they were."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """A row's state, and its age in words, for the column AGE."""

    state: RowState
    age: str


WAITING: Final = Freshness(RowState.WAITING, "")
"""The freshness of a row without a tick."""


def freshness(
    *,
    now: float,
    elapsed: float,
    exchange_time: int | None,
    is_snapshot: bool,
    is_delivered: bool,
    is_held: bool = False,
) -> Freshness:
    """Decide on a row with a tick.

    now, exchange_time: UTC seconds, None where the exchange sent no time. elapsed: seconds since the tick was
    received. is_delivered: whether it stands until another comes; see `KiteTickerManager.delivers`.
    """
    elapsed = max(elapsed, 0.0)
    if not is_delivered:
        return Freshness(RowState.FROZEN, f"!{age(elapsed)}")
    if is_snapshot:
        return Freshness(RowState.SNAPSHOT, moment(exchange_time, now) if exchange_time else UNKNOWN)
    if is_held:
        return Freshness(RowState.HELD, f"‖{age(elapsed)}")
    return Freshness(RowState.OLD if elapsed >= OLD_AFTER else RowState.LIVE, age(elapsed))


@dataclass(frozen=True, slots=True)
class Flash:
    """A price that has just changed: from which character of its text on, and up or down."""

    start: int
    direction: int


@dataclass(frozen=True, slots=True)
class Row:
    """Everything that a row of the watchlist shows.

    figures: None before the first tick. trouble: why there will be none, or no more, "" while all is well.
    hour: the closes of the last hour's minutes, None for one without a tick; empty where they are not shown.
    """

    instrument: Instrument
    figures: Figures | None
    freshness: Freshness
    flash: Flash | None = None
    trouble: str = ""
    hour: tuple[float | None, ...] = ()

    @property
    def is_dim(self) -> bool:
        """Whether the figures are not those of this moment, and must not look as if they were."""
        return self.freshness.state in STANDING_STILL


SILENT_AFTER: Final = 10.0
"""Seconds after which an instrument that was asked for and never ticked is in doubt.

Kite answers every subscription with the packet that it kept, and one for a token that it does not know
with nothing at all: no tick, and no error either.
"""

NEVER_TICKED: Final = "no tick came: Kite may not know this token any more"


class Rows:
    """What can be shown of each instrument, from the last values and the state of its connection.

    now: returns UTC seconds. never_ticked: what to say of an instrument that was asked for in vain. Ages are
    read from the manager's stopwatch, whatever happens to the time of day.
    """

    def __init__(
        self,
        manager: KiteTickerManager,
        cache: LastValueCache,
        now: Callable[[], float],
        never_ticked: str = NEVER_TICKED,
    ) -> None:
        self._manager = manager
        self._cache = cache
        self._now = now
        self._elapsed = manager.config.stopwatch
        self._never_ticked = never_ticked
        self._held: LastValueCache | None = None
        self.held_at: float | None = None
        self._held_since = 0.0
        self._made: dict[int, tuple[int, Mode | None, Figures]] = {}
        self._asked_at: dict[int, float] = {}
        self._complaints: dict[int, tuple[float, str]] = {}

    @property
    def cache(self) -> LastValueCache:
        """The last values as they are shown: those of this moment, or of the moment they were held at."""
        return self._held or self._cache

    def hold(self) -> None:
        """Show everything as it stands now, until `release`."""
        self._held = copy.deepcopy(self._cache)
        self.held_at, self._held_since = self._now(), self._elapsed()

    @property
    def held_for(self) -> float | None:
        """Seconds for which everything has stood still, None while it does not."""
        return None if self._held is None else self._elapsed() - self._held_since

    def release(self) -> None:
        """Show what is true now."""
        self._held, self.held_at = None, None

    def begin_anew(self) -> None:
        """Forget all ticks, and wait for the next ones from now on."""
        self._cache.clear()
        self._complaints.clear()
        self._asked_at = dict.fromkeys(self._asked_at, self._elapsed())

    def asked_for(self, tokens: Iterable[int]) -> None:
        """Note that these instruments were just asked for."""
        self._asked_at.update(dict.fromkeys(tokens, self._elapsed()))

    def complaint(self, connection: int, text: str) -> None:
        """Note what the server says went wrong: it concerns what was asked for there, and has not ticked."""
        self._complaints[connection] = (self._elapsed(), text)

    def row(self, instrument: Instrument, hour: tuple[float | None, ...] = ()) -> Row:
        """Return everything that a row shows of an instrument."""
        token = instrument.instrument_token
        figures = self._figures(token)
        trouble = self._trouble(token) if figures is None else ""
        return Row(instrument, figures, self._freshness(token, figures), trouble=trouble, hour=hour)

    def version_of(self, token: int) -> int:
        """Return the version of an instrument's last tick, 0 before the first."""
        row = self.cache.row_of(token)
        return 0 if row is None else int(self.cache.versions[row])

    def tick_of(self, instrument: Instrument) -> tuple[Tick, int, float] | None:
        """Return the last tick of an instrument as shown, when it was received, UTC nanoseconds, and its age.

        None where none has come.
        """
        token = instrument.instrument_token
        tick, row = self.cache.tick(token), self.cache.row_of(token)
        if tick is None or row is None:
            return None
        elapsed = max(self._elapsed() - float(self.cache.timed_at[row]), 0.0)
        return tick, int(self.cache.received_at[row]), elapsed

    def _figures(self, token: int) -> Figures | None:
        """The figures of the last tick, made anew only when another one has come."""
        version, mode = self.version_of(token), self._manager.mode_of(token)
        made = self._made.get(token)
        if made is not None and made[:2] == (version, mode):
            return made[2]
        tick = self.cache.tick(token)
        if tick is None:
            return None
        figures = Figures(tick, mode)
        self._made[token] = (version, mode, figures)
        return figures

    def _freshness(self, token: int, figures: Figures | None) -> Freshness:
        cache, row = self.cache, self.cache.row_of(token)
        if figures is None or row is None:
            return WAITING
        connection, sequence = int(cache.connections[row]), int(cache.sequences[row])
        return freshness(
            now=self._now(),
            elapsed=self._elapsed() - float(cache.timed_at[row]),
            exchange_time=figures.exchange_time,
            is_snapshot=bool(cache.snapshot[row]),
            is_delivered=self._manager.delivers(token, connection, sequence),
            is_held=self._held is not None,
        )

    def _trouble(self, token: int) -> str:
        """Why an instrument without a tick has none, "" while it need not worry anybody."""
        asked_at = self._asked_at.get(token)
        connection = self._manager.connection_of(token)
        if asked_at is None or connection is None:
            return ""
        complained_at, text = self._complaints.get(connection, (0.0, ""))
        if text and complained_at >= asked_at:
            return f"server: {text}"
        is_live = self._manager.state_of(token) is ConnectionState.LIVE
        return self._never_ticked if is_live and self._elapsed() - asked_at >= SILENT_AFTER else ""
