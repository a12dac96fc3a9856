"""Programs in processes of their own, what a process takes of the machine, and which machine that is."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Final

from kitetui.errors import UserError

_PACKAGES: Final = ("kitetui", "numpy", "websockets", "textual", "rich", "pyarrow", "kiteconnect")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine, by what its speed depends on; `versions` of the packages that are installed."""

    processor: str
    cores: int
    system: str
    python: str
    versions: dict[str, str]


def this_machine() -> Machine:
    """Return the machine that this program runs on."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions={name: found for name in _PACKAGES if (found := _version(name))},
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in _text(Path("/proc/cpuinfo")).splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        found = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - it is fixed
        if found.stdout.strip():
            return found.stdout.strip()
    return platform.processor() or platform.machine()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


_PATIENCE: Final = 60.0
"""Seconds that a program may take beyond what it was told to run for."""


def command_of(module: str, *arguments: object) -> list[str]:
    """Return the command that runs one of our modules, with this Python."""
    return [sys.executable, "-m", module, *map(str, arguments)]


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the block lasts; its lines are read as they come, none in advance."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:  # noqa: S603 - our own
        try:
            yield process
        finally:
            process.terminate()


def line_of(process: subprocess.Popen[bytes]) -> str:
    """Return the next line that a program prints. Raises UserError if it ended instead."""
    line = pipe_of(process).readline().decode().strip()
    if not line:
        raise UserError("a program of the benchmark ended before it was done", "run it again, alone")
    return line


def pipe_of(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return the pipe that a program prints to."""
    if process.stdout is None:
        raise ValueError("the program does not print to a pipe; start it with `running`")
    return process.stdout


def output_of(command: Sequence[str], seconds: float) -> str:
    """Run a program to its end, and return what it prints. Raises UserError if it fails or never ends."""
    try:
        done = subprocess.run(  # noqa: S603 - our own
            command, capture_output=True, text=True, timeout=seconds + _PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{command[2]} never ended", "run the benchmark again, with fewer --symbols"
        ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise UserError(f"{command[2]} failed: {said}", "run the benchmark again, alone")
    return done.stdout


def megabytes(pid: int | None = None) -> float | None:
    """Return the resident memory of a process, this one if not told; None where the system does not say."""
    try:
        status = Path(f"/proc/{pid or os.getpid()}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else None


class Stopwatch:
    """Processor time and time of the clock of this process since it was made, or started anew."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        """Return the seconds that have passed."""
        return time.perf_counter() - self._clock

    def share(self) -> float:
        """Return the share of one core that this process took, in percent."""
        return (time.process_time() - self._processor) / self.seconds() * 100
