"""Only a keyring that gives back what it took is one."""

from __future__ import annotations

import time

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from kitetui.account import vault
from kitetui.account.vault import Keyring
from tests.account.helpers import MemoryKeyring, SilentKeyring


class ForgetfulKeyring(MemoryKeyring):
    """Takes everything, and has nothing."""

    def get_password(self, service: str, username: str) -> str | None:
        return None


class PlainKeyring(MemoryKeyring):
    """One that `keyring` has, and does not recommend."""

    priority = 0.5  # type: ignore[assignment]  # as its parent


def locked() -> MemoryKeyring:
    backend = MemoryKeyring()
    backend.locked = True
    return backend


def test_what_is_put_is_given_back_until_it_is_forgotten() -> None:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    entries = Keyring()
    assert entries.get("default") is None
    assert entries.put("default", "text")
    assert backend.entries == {("kitetui", "default"): "text"}
    assert (entries.get("default"), entries.name) == ("text", "Memory Keyring")
    entries.forget("default")
    entries.forget("default")
    assert backend.entries == {}


@pytest.mark.parametrize(
    "backend",
    [fail.Keyring(), null.Keyring(), ForgetfulKeyring(), PlainKeyring(), locked()],
    ids=["fail", "null", "forgetful", "plain", "locked"],
)
def test_a_keyring_that_does_not_keep_is_none(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    assert not Keyring().put("default", "text")
    assert Keyring().get("default") is None
    Keyring().forget("default")


def test_a_keyring_that_cannot_even_be_loaded_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> KeyringBackend:
        raise ImportError("no module named dbus")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    assert Keyring().name is None
    assert not Keyring().put("default", "text")


def test_a_keyring_that_does_not_answer_is_given_up_once(
    silent: SilentKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(silent)
    entries = Keyring()
    assert entries.get("default") is None
    assert entries.is_silent
    monkeypatch.setattr(vault, "KEYRING_PATIENCE", 1000.0)  # no look more is begun while that one waits
    assert not entries.put("default", "text")
    assert entries.name is None
    entries.forget("default")
    assert silent.asked == 1


def test_a_keyring_that_answers_again_is_asked_again(
    silent: SilentKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.set_keyring(silent)
    entries = Keyring()
    assert entries.get("default") is None
    monkeypatch.setattr(vault, "KEYRING_PATIENCE", 30.0)
    silent.answers.set()
    while entries.is_silent:
        time.sleep(0.001)
    assert entries.put("default", "text")
    assert entries.get("default") == "text"
