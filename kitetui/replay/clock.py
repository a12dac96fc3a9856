"""The recorded clock: what time it was in the recording, as it is played now."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

_SECOND: Final = 1_000_000_000
_MOST_BEHIND: Final = 1.0
"""Seconds of real time that are caught up with; after a longer hold-up the clock goes on from where it is."""


class RecordedClock:
    """Runs with its speed between messages, and never past the message that is next.

    Moments are UTC nanoseconds of the recording. read: the real time, in seconds from anywhere.
    """

    def __init__(self, speed: float, read: Callable[[], float]) -> None:
        self._speed = speed
        self._read = read
        self._at = self._limit = 0
        self._since = read()
        self._runs = False

    @property
    def now(self) -> int:
        """The moment that the recording is at."""
        return min(self._flown(), self._limit)

    @property
    def speed(self) -> float:
        """Seconds of the recording to a second; infinite where only the messages move the clock."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.set(self.now)
        self._speed = speed

    def run(self) -> None:
        """Go on from here."""
        self.set(self.now)
        self._runs = True

    def stop(self) -> None:
        """Stand still here."""
        self.set(self.now)
        self._runs = False

    def set(self, at: int) -> None:
        """Be at this moment, and stay there until a message to run up to is known."""
        self._at = self._limit = at
        self._since = self._read()

    def seconds_to(self, at: int) -> float:
        """Run up to the message of this moment; return how many seconds that takes, 0 where it is due."""
        if at < self._limit - _SECOND:  # the clock of the recording was set back
            self.set(at)
        self._limit = max(self._limit, at)
        return max(0.0, (at - self._flown()) / _SECOND / self._speed)

    def reach(self, at: int) -> None:
        """Note that the message of this moment is played now."""
        behind = (self._flown() - at) / _SECOND
        if self._speed == inf or not self._runs or behind / self._speed > _MOST_BEHIND:
            self.set(max(at, self._at))

    def _flown(self) -> int:
        if not self._runs or self._speed == inf:
            return self._at
        return self._at + int((self._read() - self._since) * self._speed * _SECOND)
