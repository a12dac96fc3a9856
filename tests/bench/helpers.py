"""What tests of benchmarks share."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest

from kitetui.bench import BenchSettings, Figure
from kitetui.bench import official as rival

MOMENT = BenchSettings(rounds=1, seconds=0.3, symbols=30, rate=2000)
"""As little as shows that a benchmark works."""


def without_the_official_client(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rival, "find_spec", lambda _: None)


def values(figures: Iterable[Figure]) -> dict[str, float | None]:
    return {each.name: each.value for each in figures}


def python(program: str) -> list[str]:
    """The command that runs a program with this Python."""
    return [sys.executable, "-c", program]
