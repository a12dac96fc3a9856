"""An hour at the screen: the monitor in a terminal, a busy market, and a key every second.

Run on demand, not by pytest: `python -m tests.soak --minutes 60 --rate 5000 --symbols 500`. It prints the
memory and the processor time as they go, and ends with 1 if the program did not live, wrote an error to its
log, or grew by more than a tenth over the second half.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kitetui.instruments import simulated_instruments
from tests.terminal import Terminal

KEYS: Final = (
    *"jjjkGgnvv\x1bdcdchhbbbtt",
    *("s", "j", "\r", "S", "s", "k", "k", "\r"),
    *("f", "l", "t", "p", "<", "5", "0", "0", "\r", "F"),
    *("/", "b", "a", "n", "k", "\r", "n", "N"),
    *("\r", "\r", " ", " ", "l", "l", "?", "?", "o", "q"),
    *("2", "a", "i", "n", "f", "y", "\r", "\x1b", "x", "u", "x", "1"),
    *("m", "m", "m", "r", "r", "T", "\x1b", ":", "\x1b"),
)
"""Keys that go everywhere and come back."""

MOST_GROWTH: Final = 1.1
_MINUTE: Final = 60.0
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=5000)
    parser.add_argument("--symbols", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, exchange(options.rate, options.symbols) as market:
        assert market.stdout is not None
        url = market.stdout.readline().strip()
        try:
            return sit_before(url, options.symbols, options.minutes, Path(home))
        finally:
            market.terminate()


def exchange(rate: float, symbols: int) -> subprocess.Popen[str]:
    """Start a simulated exchange in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "kitetui",
        "sim",
        "--port",
        "0",
        "--rate",
        str(rate),
        "--symbols",
        str(symbols),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def sit_before(url: str, symbols: int, minutes: float, home: Path) -> int:
    """Press a key every second for so long, and look at the process every minute."""
    tokens = ",".join(str(each.instrument_token) for each in simulated_instruments(symbols))
    command = [sys.executable, "-m", "kitetui", "--ws-url", url, "-s", tokens]
    memory: list[float] = []
    with Terminal(command, columns=120, lines=40, env={"KITETUI_HOME": str(home)}, cwd=home) as terminal:
        terminal.wait_for("LIVE")
        keys = itertools.cycle(KEYS)
        start = time.monotonic()
        next_look, before = start + _MINUTE, processor_seconds(terminal.process.pid)
        while (now := time.monotonic()) < start + minutes * _MINUTE:
            terminal.press(next(keys))
            terminal.received = b""  # an hour of it would take longer and longer to add to
            until = now + 1.0
            while (left := until - time.monotonic()) > 0:
                terminal.read(left)
            if terminal.process.poll() is not None:
                break
            if now >= next_look:
                next_look += _MINUTE
                used = processor_seconds(terminal.process.pid)
                memory.append(megabytes(terminal.process.pid))
                share = (used - before) / _MINUTE
                before = used
                minute = round((now - start) / _MINUTE)
                print(f"{minute:5} min  {memory[-1]:6.1f} MB  {share:6.1%} of a core", flush=True)
        alive = terminal.process.poll() is None
        terminal.press("\x03")
        code = terminal.wait_exit()
    errors = list(errors_in(home / "log"))
    growth = max(memory[len(memory) // 2 :], default=1.0) / (memory[len(memory) // 2] if memory else 1.0)
    print(f"alive {alive}, exit code {code}, second half grew by {growth - 1:.1%}, {len(errors)} errors")
    for line in errors[:10]:
        print(f"  {line}")
    return 0 if alive and code == 0 and not errors and growth <= MOST_GROWTH else 1


def errors_in(folder: Path) -> Iterator[str]:
    """Yield the lines of the log that tell of something wrong."""
    for file in folder.glob("*.log*"):
        yield from (
            line for line in file.read_text().splitlines() if re.search(r"ERROR|CRITICAL|Traceback", line)
        )


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


if __name__ == "__main__":
    sys.exit(main())
