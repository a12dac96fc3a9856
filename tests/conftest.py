"""What holds for every test: the same examples each time, nobody's own files, and no other machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("kitetui", deadline=None, derandomize=True, database=None)
settings.load_profile("kitetui")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for processes and clocks for a third of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder below which the program under test keeps its configuration and its log."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("KITETUI_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would leave this machine is sent to a port where nobody listens."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
