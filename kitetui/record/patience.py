"""How long a recording waits for others: for a pipe that nobody reads, for a database that somebody holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final


class Patience:
    """For ever while the recording runs; once it is told to `end`, for so many seconds more.

    One thread ends it, and others ask.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended_at: float | None = None

    def end(self) -> None:
        """From now on wait for a little more only; does nothing the second time."""
        if self._ended_at is None:
            self._ended_at = self._clock()

    def is_over(self, seconds: float) -> bool:
        """Whether the recording was told to end, so many seconds ago or more."""
        return self._ended_at is not None and self._clock() - self._ended_at >= seconds


PATIENCE: Final = Patience()
"""That of this program: a signal ends it."""
