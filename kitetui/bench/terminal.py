"""A pseudo-terminal with a program in it: what it writes is counted and looked through, not drawn."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final

from kitetui.errors import UserError

COLUMNS: Final = 120
LINES: Final = 40

_CHUNK: Final = 65_536
_KEPT: Final = 200_000
"""Bytes that are kept to look through; a pattern is never as far apart."""

_TYPE: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
_PATIENCE: Final = 30.0
_END: Final = 10.0


class Terminal:
    """Runs a command in a pseudo-terminal of 120 by 40; a context manager.

    written: bytes that the program has written so far. Raises UserError where there are no pseudo-terminals.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], pass_fds: Sequence[int] = ()
    ) -> None:
        try:
            import fcntl
            import struct
            import termios
        except ImportError:
            raise UserError("there are no pseudo-terminals on this system", "leave screen out") from None
        self.written = 0
        self.started = time.perf_counter()
        self._recent = b""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(  # noqa: S603 - our own
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**_without_size(os.environ), **_TYPE, **environment},
            start_new_session=True,
            pass_fds=pass_fds,
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.press("\x03")
        deadline = time.monotonic() + _END
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def press(self, key: str) -> None:
        """Type a key; what was written before it is no longer looked through."""
        self._recent = b""
        os.write(self._master, key.encode())

    def read_until(self, source: int) -> None:
        """Take in what the program writes until there is something to read elsewhere too.

        Raises UserError if there never is.
        """
        deadline = time.monotonic() + _PATIENCE
        while source not in (ready := select.select([self._master, source], [], [], 0.1)[0]):
            if ready and not self.read(0) and self.process.poll() is not None:
                raise UserError("the monitor ended before it was measured", "run the benchmark again, alone")
            if time.monotonic() > deadline:
                raise UserError("nothing was streamed to the monitor", "run the benchmark again, alone")

    def read(self, seconds: float) -> bool:
        """Take in what the program writes, waiting so long at most; False if nothing came."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:  # Linux says so when the program is gone
            return False
        self.written += len(data)
        self._recent = (self._recent + data)[-_KEPT:]
        return bool(data)

    def read_for(self, seconds: float) -> None:
        """Take in what the program writes for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(left)

    def wait_for(self, pattern: re.Pattern[bytes]) -> float:
        """Read until the program has written this since the last key; return the seconds that it took.

        Raises UserError if it never comes, or the program ends.
        """
        start = time.perf_counter()
        while not pattern.search(self._recent):
            is_over = self.process.poll() is not None
            if time.perf_counter() - start > _PATIENCE or (not self.read(0.1) and is_over):
                raise UserError("the monitor did not draw what it should", "run the benchmark again, alone")
        return time.perf_counter() - start


def _without_size(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would hide the size of the pseudo-terminal."""
    return {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
