"""Standard error, for a program that must end whether anybody reads it or not.

A pipe that is full, or a terminal that is held with Ctrl-S, would keep a program from heeding a signal. What
finds no room there is left out.

Of a bug a user is told one sentence, with the place of its traceback.
"""

from __future__ import annotations

import select
import sys
import time
from contextlib import suppress
from io import TextIOBase
from typing import Final

from kitetui.errors import CrashError
from kitetui.logs import crash_report, start_logging


def crash_of(error: BaseException) -> CrashError:
    """Write a bug's traceback to the log, and return the sentence that says where."""
    start_logging()
    path = crash_report(error)
    where = f"its traceback is in {path}" if path else "and no log could be written"
    return CrashError(f"kitetui has a bug, {type(error).__name__}", where)


PATIENCE: Final = 0.15
"""Seconds that standard error has to make room, all pieces that find none together."""

_PIECE: Final[int] = getattr(select, "PIPE_BUF", 4096) // 4
"""Characters that find room where there is any: they are of four bytes at most."""


class Saying(TextIOBase):
    """A text stream to standard error that holds nobody up for long, and does not mind a closed one."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._patience = PATIENCE

    @property
    def encoding(self) -> str:  # type: ignore[override]  # which a stream has as a variable
        """That of standard error."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return that of standard error."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write as much as is taken."""
        with suppress(OSError):
            for start in range(0, len(text), _PIECE):
                if not self._has_room():
                    break
                self._stream.write(text[start : start + _PIECE])
                self._stream.flush()
        return len(text)

    def _has_room(self) -> bool:
        if sys.platform == "win32":
            return True
        room = select.poll()
        try:
            room.register(self.fileno(), select.POLLOUT)
        except (OSError, ValueError):  # it is no file, as under a test
            return True
        began = time.monotonic()
        has_room = bool(room.poll(self._patience * 1000))
        self._patience = PATIENCE if has_room else max(0.0, self._patience - (time.monotonic() - began))
        return has_room


def say(text: str) -> None:
    """Say one line on standard error, if that takes it within moments."""
    Saying().write(f"{text}\n")
