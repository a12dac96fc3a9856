"""The monitor in a pseudo-terminal, on a server in another process: what it takes while it is streamed to."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from kitetui.bench.process import command_of, line_of, megabytes, pipe_of, running
from kitetui.bench.results import BenchSettings, Found
from kitetui.bench.server import END
from kitetui.bench.terminal import Terminal
from kitetui.feed import MAX_SYMBOLS_PER_CONNECTION, Percentiles
from kitetui.instruments.builtin import simulated_shares

PAINTED: Final = re.compile(rb"SYMBOL.*\xe2\x96\x8c", re.DOTALL)
"""The list's heading, and then the sign of the selected row."""

_KEY_EVERY: Final = 0.1
"""Seconds; a key that comes before the last one is painted would measure both."""

_PAGE: Final = 20
"""Rows down, and up again: no further than the list shows without scrolling."""

_WARM_UP: Final = 2.0
_MARGIN: Final = 1.0
"""Seconds that the server streams on, so that none of what is measured is of its silence."""

_SETTLE: Final = 0.5
"""Seconds between two looks at whether all that was sent has come."""

_LATE: Final = 10.0
"""Seconds after which what has not come is lost."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the monitor is given to show."""

    name: str
    symbols: int
    rate: int
    packets: int
    presses: bool = True

    @property
    def connections(self) -> int:
        """As few as carry so many symbols, but all three where the target says so."""
        return 3 if not self.presses else -(-self.symbols // MAX_SYMBOLS_PER_CONNECTION)


def watched(scenario: Scenario, settings: BenchSettings, home: str) -> Found:
    """Return what the monitor took while it was streamed to."""
    server = command_of(
        "kitetui.bench.server",
        *("--packets", scenario.packets, "--rate", scenario.rate, "--connections", scenario.connections),
        *("--warm-up", min(_WARM_UP, settings.seconds), "--seconds", settings.seconds + _MARGIN),
        *("--symbols", scenario.symbols),
    )
    with running(server) as serving, _Pipes() as pipes:
        probe = command_of(
            "kitetui.bench.probe",
            *(line_of(serving), "--symbols", scenario.symbols, "--connections", scenario.connections),
            *("--pipes", *pipes.theirs),
        )
        with Terminal(probe, {"KITETUI_HOME": home}, pipes.theirs) as terminal:
            terminal.wait_for(PAINTED)
            _line(serving, terminal)
            found = _measured(scenario, settings, terminal, pipes)
            sent = int(_line(serving, terminal).removeprefix(END))
            after = pipes.ask(terminal)
            deadline = time.monotonic() + _LATE
            while (after["ticks"] or 0) < sent and time.monotonic() < deadline:
                terminal.read_for(_SETTLE)
                after = pipes.ask(terminal)
    found["lost"] = sent - (after["ticks"] or 0) + (after["dropped"] or 0)
    return found


def _measured(scenario: Scenario, settings: BenchSettings, terminal: Terminal, pipes: _Pipes) -> Found:
    pipes.ask(terminal)
    written, start = terminal.written, time.perf_counter()
    keys, middle = _Keys(terminal), None
    while (passed := time.perf_counter() - start) < settings.seconds:
        if middle is None and passed > settings.seconds / 2:
            middle = megabytes(terminal.process.pid)
        if scenario.presses:
            keys.press()
        terminal.read_for(_KEY_EVERY)
    found = pipes.ask(terminal)
    took = Percentiles.of(keys.took)
    end = found["memory_mb"]
    return {
        **found,
        "kb_a_second": (terminal.written - written) / (time.perf_counter() - start) / 1000,
        "key_p50_ms": None if took is None else took.p50 * 1e3,
        "key_p99_ms": None if took is None else took.p99 * 1e3,
        "growth_percent": None if middle is None or end is None else (end / middle - 1) * 100,
    }


class _Keys:
    """Goes down the list and up again; `took` are the seconds from a key until its row is written."""

    def __init__(self, terminal: Terminal) -> None:
        self.took: list[float] = []
        self._terminal = terminal
        self._names = [each.tradingsymbol.encode() for each in simulated_shares(_PAGE)]
        self._at = 0
        self._step = 1

    def press(self) -> None:
        """Select the next symbol, and wait for it."""
        if not 0 <= self._at + self._step < _PAGE:
            self._step = -self._step
        self._at += self._step
        self._terminal.press("j" if self._step > 0 else "k")
        selected = rb"\xe2\x96\x8c(?:\x1b\[[0-9;]*m| )*" + self._names[self._at]
        self.took.append(self._terminal.wait_for(re.compile(selected)))


class _Pipes:
    """The pipes to and from a probe; a context manager. `theirs` are the ends that the probe inherits."""

    def __init__(self) -> None:
        asked, self._asks = os.pipe()
        self._answers, answering = os.pipe()
        self.theirs = (asked, answering)

    def __enter__(self) -> _Pipes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (*self.theirs, self._asks, self._answers):
            os.close(end)

    def ask(self, terminal: Terminal) -> Found:
        """Return what the probe took since it was last asked."""
        os.write(self._asks, b"?")
        terminal.read_until(self._answers)
        found: Found = json.loads(os.read(self._answers, select.PIPE_BUF))
        return found


def _line(serving: subprocess.Popen[bytes], terminal: Terminal) -> str:
    """Return the next line of the server, while the terminal is read."""
    terminal.read_until(pipe_of(serving).fileno())
    return line_of(serving)
