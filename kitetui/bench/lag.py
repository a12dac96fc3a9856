"""How late an event loop comes to what is due: what waits for it is as late, a frame and a key alike."""

from __future__ import annotations

import asyncio
import time
from typing import Final, NoReturn

from kitetui.feed import Percentiles

LOOK: Final = 0.01
"""Seconds between two looks."""


class LoopLag:
    """Looks at a loop all the time; `watch` is for asyncio, other loops call `looked`."""

    def __init__(self) -> None:
        self._samples: list[float] = []

    async def watch(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            due = time.perf_counter() + LOOK
            await asyncio.sleep(LOOK)
            self.looked(time.perf_counter() - due)

    def looked(self, late: float) -> None:
        """Note by how many seconds the loop was late."""
        self._samples.append(max(late, 0.0))

    def take(self) -> Percentiles | None:
        """Return the percentiles since the last time in seconds, None of nothing, and begin anew."""
        samples, self._samples = self._samples, []
        return Percentiles.of(samples)
