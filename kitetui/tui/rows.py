"""Rows made of the last values, anew only when something of them has changed; also while held still."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Final

from kitetui.feed import ConnectionState, KiteTickerManager
from kitetui.instruments import Instrument
from kitetui.market import LastValueCache
from kitetui.tui.figures import Figures
from kitetui.tui.render.row import Row
from kitetui.tui.rowstate import WAITING, Freshness, freshness
from kitetui.wire import Mode, Tick

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

    def row(self, instrument: Instrument, hour: str = "") -> Row:
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
