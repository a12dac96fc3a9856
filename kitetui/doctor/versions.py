"""What runs: the versions that a report of a bug should have."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from kitetui import __version__
from kitetui.doctor.finding import Finding, ok


def versions() -> Finding:
    """Say which versions run, on what."""
    packages = ", ".join(f"{name} {_version(name.lower())}" for name in ("Textual", "websockets", "NumPy"))
    python = f"Python {platform.python_version()}"
    return ok(f"kitetui {__version__}, {python}, {packages}, {platform.system()} {platform.machine()}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown)"
