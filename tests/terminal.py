"""A real pseudo-terminal with a program in it, for tests that press keys and read the screen."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

PATIENCE = 30.0
"""Seconds after which what is waited for is taken never to come."""


class Terminal:
    """Runs a command in a pseudo-terminal of a given size; use as a context manager.

    received: every byte that the program wrote.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.received = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = os.openpty()
        self._open_ends = [self._master, self._slave]
        self._set_size(columns, lines)
        self.settings_before = termios.tcgetattr(self._slave)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        for name in ("COLUMNS", "LINES"):  # whoever runs the tests may have set them: they hide the real size
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._close()

    @property
    def lines(self) -> list[str]:
        """The screen as it stands."""
        return self._screen.display

    @property
    def text(self) -> str:
        """The screen as it stands, as one text."""
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Type these keys, or their escape sequences."""
        for key in keys:
            os.write(self._master, key.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, as a user who drags the window does."""
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def wait_until(self, what: Callable[[], bool], expected: str) -> None:
        """Read what the program writes until something holds; fail with the screen if it never does."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > deadline:
                raise AssertionError(f"never came: {expected}\n{self.text}")
            self.read(0.1)

    def wait_for(self, text: str) -> None:
        """Wait until the screen shows this text."""
        self.wait_until(lambda: text in self.text, repr(text))

    def wait_for_secret(self, prompt: str) -> None:
        """Wait until a prompt reads without an echo: what is typed before that is thrown away."""
        self.wait_until(
            lambda: prompt in self.text and not termios.tcgetattr(self._slave)[3] & termios.ECHO, prompt
        )

    def wait_exit(self) -> int:
        """Wait for the end of the program; return its exit code."""
        self.wait_until(lambda: self.process.poll() is not None, "the end of the program")
        self.read(0.1)
        return self.process.wait()

    def hang_up(self, patience: float) -> int:
        """Close the terminal as its window does; return the exit code if the program ends in time."""
        self._close()
        return self.process.wait(patience)

    def settings(self) -> list[object]:
        """Return the terminal's settings as they stand."""
        return termios.tcgetattr(self._slave)

    def _close(self) -> None:
        for end in self._open_ends:
            os.close(end)
        self._open_ends = []

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds: float) -> None:
        """Take in what the program writes, waiting for so long at most."""
        if select.select([self._master], [], [], seconds)[0]:
            data = os.read(self._master, 65_536)
            self.received += data
            self._stream.feed(data)
