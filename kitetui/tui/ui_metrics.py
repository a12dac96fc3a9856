"""How the app itself does: how long it takes to draw, and how late its event loop comes to what is due.

A screen that is slow shows old prices, and a loop that is late reads the socket late. Both are measured
all the time, so that it can be seen whether it is the market that stands still, or the program.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from kitetui.feed import Percentiles

BEAT: Final = 0.1
"""Seconds between two looks at the loop."""

_SPAN: Final = 60.0
"""Seconds that the percentiles span."""

_RATE_SPAN: Final = 2.0
"""Seconds that the rate of draws spans."""

_KEPT: Final = 1200
"""Samples kept of each: a minute at twice the pace at which the screen is drawn."""


@dataclass(frozen=True, slots=True)
class UiStats:
    """How the app itself is: draws a second, and in seconds the time of a draw and the lag of the loop.

    The percentiles are those of the last minute, None before there is a sample.
    """

    draws: float = 0.0
    frame: Percentiles | None = None
    lag: Percentiles | None = None


class UiMetrics:
    """Measures draws and the event loop; `clock` and `sleep` are those of the loop, in seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._frames: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._lags: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Measure what is done inside as one draw."""
        start = self._clock()
        try:
            yield
        finally:
            end = self._clock()
            self._frames.append((end, end - start))

    async def beat(self) -> NoReturn:
        """Look again and again how late the loop is, until cancelled."""
        while True:
            due = self._clock() + BEAT
            await self._sleep(BEAT)
            woken = self._clock()
            self._lags.append((woken, max(woken - due, 0.0)))

    def stats(self) -> UiStats:
        """Return the figures of this moment."""
        now = self._clock()
        return UiStats(self._draws(now), _percentiles(self._frames, now), _percentiles(self._lags, now))

    def _draws(self, now: float) -> float:
        recent = [at for at, _ in self._frames if at > now - _RATE_SPAN]
        if len(recent) < 2 or recent[-1] == recent[0]:
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])


def _percentiles(samples: deque[tuple[float, float]], now: float) -> Percentiles | None:
    return Percentiles.of([seconds for at, seconds in samples if at > now - _SPAN])
