"""The machine that was measured on: its processor by name, and the versions of what ran."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

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
