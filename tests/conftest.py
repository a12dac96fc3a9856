"""What holds for every test: property tests draw the same examples, and nobody's own files are touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("kitetui", deadline=None, derandomize=True, database=None)
settings.load_profile("kitetui")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder below which the program under test keeps its configuration and its log."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("KITETUI_HOME", str(folder))
    return folder
