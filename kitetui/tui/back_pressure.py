"""Whether the terminal takes what is drawn; while it does not, nothing may be drawn.

Textual hands its output to a thread through a bounded queue. A terminal that stops reading (a stalled
connection, a stopped multiplexer) fills that queue, and the next draw would then hold up the event loop, the
feed with it; a terminal that has gone ends the thread, and does the same. So the monitor looks before it
draws. What it did not draw meanwhile it draws afterwards: it compares with what is on the screen, not with
what was there a moment ago.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from typing import Final

# Not POLLNVAL: some systems answer so for every terminal, which they cannot poll.
_GONE: Final = 0 if sys.platform == "win32" else select.POLLHUP | select.POLLERR

STALLED_AFTER: Final = 0.3
"""Seconds without room in the terminal's buffer, at fewer writes than the queue has room for."""

WORTH_A_WORD: Final = 2.0
"""Seconds of a stall that is worth telling of; a slow terminal has shorter ones all the time."""


class BackPressure:
    """The terminal's output; `descriptor` is None where there is no terminal.

    resumed: is called with the seconds for which the terminal was stalled, when it no longer is.
    """

    def __init__(
        self,
        descriptor: int | None,
        resumed: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._descriptor = descriptor
        self._resumed = resumed
        self._clock = clock
        self._full_since: float | None = None
        self._is_stalled = False

    def is_stalled(self) -> bool:
        """Return whether the terminal has taken nothing for a while, or has gone."""
        if sys.platform == "win32" or self._descriptor is None:
            return False
        now = self._clock()
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        is_ready = poll.poll(0)
        if any(event & _GONE for _, event in is_ready):
            return True
        if is_ready:
            if self._full_since is not None and now - self._full_since >= WORTH_A_WORD:
                self._resumed(now - self._full_since)
            self._full_since, self._is_stalled = None, False
        elif self._full_since is None:
            self._full_since = now
        else:
            self._is_stalled = now - self._full_since >= STALLED_AFTER
        return self._is_stalled


def terminal_output() -> int | None:
    """Return the descriptor that Textual draws on, None where that is no terminal or cannot be asked."""
    stream = sys.__stderr__
    if sys.platform == "win32" or stream is None or not stream.isatty():
        return None
    return stream.fileno()
