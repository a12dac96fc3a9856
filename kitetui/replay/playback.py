"""How a recording is played: its clock, its speed, pauses and steps.

The recorded clock says what time it was in the recording, as it is played now.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
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


SPEEDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 60.0, inf)
"""The speeds of `slower` and `faster`; infinite is as fast as clients take it."""

_LONGEST_SILENCE: Final = 60_000_000_000
_LOOK: Final = 0.05
"""Seconds between two looks at the clock, which need not be the loop's own."""

_UNBROKEN: Final = 32
"""Messages that are due already before others get a turn of the loop."""


class Playback:
    """Says when each message of a recording is due; the exchange that plays it asks.

    speed: seconds of the recording to a second, infinite for as fast as clients take it. start: the moment to
    play from, UTC nanoseconds, None for the beginning. loop: whether to begin again at the end. name: what
    people call the recording. on_jump: is told of every silence longer than a minute, from and to, UTC
    nanoseconds: nobody wants to wait for the night to pass. clock: real time, in seconds.

    ended: is set when all has been played; the clock stands then. Raises ValueError for a speed of 0 or less.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        start: int | None = None,
        loop: bool = False,
        paused: bool = False,
        name: str = "",
        on_jump: Callable[[int, int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _check(speed)
        self.name = name
        self.start = start
        self.loops = loop
        self.ended = asyncio.Event()
        self._clock = RecordedClock(speed, clock)
        self._on_jump = on_jump
        self._is_paused = paused
        self._is_playing = False
        self._steps = 0
        self._first = self._last = 0
        self._before = 0
        self._unbroken = 0
        self._changed = asyncio.Event()

    def now(self) -> float:
        """Return the time that it is in the recording, UTC seconds; it stands in a pause and at the end."""
        return self.at / 1e9

    @property
    def at(self) -> int:
        """The time that it is in the recording, UTC nanoseconds."""
        return self._clock.now

    @property
    def position(self) -> float:
        """How much of the recording's time has passed, from 0 to 1."""
        length = self._last - self._first
        if length <= 0:
            return float(self.is_ended)
        return min(1.0, max(0.0, (self.at - self._first) / length))

    @property
    def is_paused(self) -> bool:
        """Whether it stands until it is resumed."""
        return self._is_paused

    @property
    def is_ended(self) -> bool:
        """Whether all has been played."""
        return self.ended.is_set()

    @property
    def speed(self) -> float:
        """Seconds of the recording to a second. Raises ValueError if set to 0 or less."""
        return self._clock.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        _check(speed)
        self._clock.speed = speed
        self._changed.set()

    def faster(self) -> None:
        """Take the next higher speed, if there is one."""
        self.speed = next((each for each in SPEEDS if each > self.speed), self.speed)

    def slower(self) -> None:
        """Take the next lower speed, if there is one."""
        self.speed = next((each for each in reversed(SPEEDS) if each < self.speed), self.speed)

    def pause(self) -> None:
        """Stand still."""
        self._is_paused = True
        self._follow()

    def resume(self) -> None:
        """Go on; steps that were not made yet are forgotten."""
        self._is_paused = False
        self._steps = 0
        self._follow()

    def toggle(self) -> None:
        """Pause, or go on."""
        if self._is_paused:
            self.resume()
        else:
            self.pause()

    def step(self) -> None:
        """In a pause: play up to the next message of market data, and stand still there."""
        if self._is_paused:
            self._steps += 1
            self._changed.set()

    def begin(self, span: tuple[int, int]) -> None:
        """Stand where the recording is played from. span: its first and last moment, UTC nanoseconds."""
        self._first, self._last = span
        self._before = max(self._first, self.start or self._first)
        self._clock.set(self._before)

    def play(self) -> None:
        """Let the clock run: somebody is there to listen."""
        self._is_playing = True
        self._follow()

    def end(self) -> None:
        """Stand still: there is no more to play."""
        self._is_playing = False
        self._follow()
        self.ended.set()

    async def reach(self, at: int, *, is_data: bool) -> None:
        """Wait until what was recorded at this moment is due. is_data: whether it is a step of its own."""
        while (delay := self._delay(at)) > 0:
            self._unbroken = 0
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(delay, _LOOK) if delay < inf else None):
                    await self._changed.wait()
        self._clock.reach(at)
        self._before = at
        if is_data and self._steps:
            self._steps -= 1
        self._unbroken += 1
        if self._unbroken >= _UNBROKEN:
            self._unbroken = 0
            await asyncio.sleep(0)

    def _delay(self, at: int) -> float:
        """Return the seconds until a moment is reached, infinite in a pause."""
        if self._is_paused:
            return 0.0 if self._steps else inf
        if at - self._before > _LONGEST_SILENCE:
            self._clock.set(at)
            if self._on_jump is not None:
                self._on_jump(self._before, at)
        return self._clock.seconds_to(at)

    def _follow(self) -> None:
        if self._is_playing and not self._is_paused:
            self._clock.run()
        else:
            self._clock.stop()
        self._changed.set()


def _check(speed: float) -> None:
    if not speed > 0:
        raise ValueError(f"the speed is {speed:g}; it must be above 0")
