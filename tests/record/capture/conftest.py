"""Captures for tests to read and to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record.capture.helpers import T, data, write
from tests.wire.packets import INFY_QUOTE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ticks.kcap"


@pytest.fixture
def small(path: Path) -> Path:
    """A capture of three messages, each in a block of its own."""
    write(path, *([data(T + number, INFY_QUOTE, sequence=1 + number)] for number in range(3)))
    return path
