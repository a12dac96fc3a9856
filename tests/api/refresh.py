"""`python -m tests.api.refresh` writes down the public API as it is now; review what it changes."""

from __future__ import annotations

from tests.api.describe import PACKAGES, described, file_of


def refresh() -> None:
    """Write every package's text."""
    for package in PACKAGES:
        file_of(package).write_text(described(package), encoding="utf-8")


if __name__ == "__main__":
    refresh()
