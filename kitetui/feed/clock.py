"""The clock of this machine, and the notice that it was set.

Every time that the feed notes is read here. So what was noted before a step and what after it is known to
whoever reads the messages in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_STEP: Final = 0.1
"""Seconds that the clock moves by itself, or a reading of it is held up, at most."""


class Clock:
    """Reads the time of day, and compares it with a clock that never steps.

    clock: UTC nanoseconds. stopwatch: seconds. stepped: is called where the clock was set, before its time is
    used: with the time as it is now, when the reading before was by the clock as it is now, and the seconds
    that it is ahead.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        stopwatch: Callable[[], float],
        stepped: Callable[[int, int, float], None],
    ) -> None:
        self._clock = clock
        self._stopwatch = stopwatch
        self._stepped = stepped
        self._offset: float | None = None
        self._read_at = 0.0

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        before = self._stopwatch()
        now = self._clock()
        offset = now / 1e9 - before
        if self._offset is None or abs(offset - self._offset) <= _STEP:
            self._offset, self._read_at = offset, before
            return now
        if self._stopwatch() - before > _STEP / 2:  # held up in between: another reading tells
            return self()
        seconds, since = offset - self._offset, round((self._read_at + offset) * 1e9)
        self._offset, self._read_at = offset, before
        self._stepped(now, since, seconds)
        return now
