"""No test comes near the keyring or the credentials of whoever runs it, in this process or in others.

And none hides its values from the log of another.
"""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backends import fail

from kitetui import logs


@pytest.fixture(autouse=True)
def _no_keyring_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("KITE_API_KEY", "KITE_ACCESS_TOKEN", "KITETUI_WS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _forget_what_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_hidden", set())
