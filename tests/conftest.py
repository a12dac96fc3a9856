"""What holds for every test: the same examples each time, nobody's own files and logins, no other machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import settings
from keyring.backends import fail

from kitetui import logs

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


@pytest.fixture(autouse=True)
def _nobodys_login(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the keyring, the credentials nor the tmux of whoever runs the tests, in this process or others.

    Nor does a test hide its values from the log of another.
    """
    for name in ("KITE_API_KEY", "KITE_ACCESS_TOKEN", "KITETUI_WS_URL", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(logs, "_hidden", set())
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)
