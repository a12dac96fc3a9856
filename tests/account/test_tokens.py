"""A feed that asks for its token gets the newest, at once, and never a worse one than it has."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import replace

import keyring
import pytest

from kitetui.account import DEFAULT, KeptToken, Vault, tokens
from tests.account.helpers import SECRETS, MemoryKeyring

FRESH = replace(SECRETS, access_token="t0ken-of-tomorrow")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be read at once is read at once, however busy the machine is."""
    monkeypatch.setattr(tokens, "PATIENCE", 20.0)


def token_of(vault: Vault, account: str = DEFAULT) -> KeptToken:
    token = KeptToken.of(vault, account)
    assert token is not None
    return token


@pytest.fixture
def vault() -> Vault:
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    return vault


def test_an_account_without_a_login_has_no_token() -> None:
    vault = Vault(environment={})
    assert KeptToken.of(vault, "second") is None
    vault.store("second", replace(SECRETS, access_token=""))
    assert KeptToken.of(vault, "second") is None


async def test_a_login_made_meanwhile_is_taken_up(vault: Vault) -> None:
    token = token_of(vault)
    assert await token() == SECRETS.access_token
    Vault(environment={}).store(DEFAULT, FRESH)
    assert await token() == FRESH.access_token


async def test_all_that_dial_together_take_up_a_login_that_is_read_slowly() -> None:
    class Slow(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            time.sleep(0.05)
            return super().get_password(service, username)

    keyring.set_keyring(Slow())
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_of(vault)
    vault.store(DEFAULT, FRESH)
    assert await asyncio.gather(token(), token(), token()) == [FRESH.access_token] * 3


def test_a_reading_that_outlives_its_loop_is_no_hindrance_to_the_next(
    monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.0)
    token = token_of(vault)
    vault.store(DEFAULT, FRESH)
    asyncio.run(token())
    if token._reader is not None:
        token._reader.join(20)
    vault.store(DEFAULT, replace(FRESH, access_token="t0ken-of-the-day-after"))
    monkeypatch.setattr(tokens, "PATIENCE", 20.0)
    assert asyncio.run(token()) == "t0ken-of-the-day-after"


async def test_a_login_of_another_account_is_not(vault: Vault) -> None:
    token = token_of(vault)
    vault.store("second", FRESH)
    assert await token() == SECRETS.access_token


async def test_the_keyring_is_asked_only_after_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    class Counted(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            nonlocal asked
            asked += 1
            return super().get_password(service, username)

    keyring.set_keyring(Counted())
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_of(vault)
    asked = 0
    assert {await token() for _ in range(100)} == {SECRETS.access_token}
    assert asked == 0
    vault.store(DEFAULT, FRESH)
    asked = 0
    assert {await token() for _ in range(100)} == {FRESH.access_token}
    assert asked == 1


async def test_a_logout_leaves_the_token_that_there_was(vault: Vault) -> None:
    token = token_of(vault)
    vault.forget()
    assert await token() == SECRETS.access_token
    vault.store(DEFAULT, FRESH)
    assert await token() == FRESH.access_token


@pytest.mark.parametrize("change", [{"api_key": "another"}, {"endpoint": "sandbox"}, {"access_token": ""}])
async def test_the_token_of_another_key_or_service_and_no_token_are_not_taken(
    vault: Vault, change: dict[str, str]
) -> None:
    token = token_of(vault)
    vault.store(DEFAULT, replace(FRESH, **change))
    assert await token() == SECRETS.access_token


async def test_a_vault_that_cannot_be_read_is_told_once_and_read_when_it_can(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_of(vault)
    vault.store(DEFAULT, FRESH)
    backend.locked = True
    with caplog.at_level(logging.WARNING):
        assert [await token() for _ in range(3)] == [SECRETS.access_token] * 3
    assert len(caplog.records) == 1
    assert "unlock the keyring" in caplog.text
    backend.locked = False
    assert await token() == FRESH.access_token


async def test_a_keyring_that_waits_for_its_user_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    class Waiting(MemoryKeyring):
        is_locked = False
        asked = 0

        def get_password(self, service: str, username: str) -> str | None:
            if self.is_locked:
                self.asked += 1
                answered.wait(60)
            return super().get_password(service, username)

    backend = Waiting()
    keyring.set_keyring(backend)
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_of(vault)
    vault.store(DEFAULT, FRESH)
    backend.is_locked = True
    monkeypatch.setattr(tokens, "PATIENCE", 0.0)
    monkeypatch.setattr("kitetui.account.vault.KEYRING_PATIENCE", 60.0)
    assert {await token() for _ in range(100)} == {SECRETS.access_token}
    reader = next(each for each in threading.enumerate() if each.name == "kitetui login")
    assert reader.daemon
    answered.set()
    reader.join(20)
    assert await token() == FRESH.access_token
    assert backend.asked == 1


async def test_the_environment_has_no_part_in_it(vault: Vault) -> None:
    token = token_of(Vault(environment={"KITE_API_KEY": "key", "KITE_ACCESS_TOKEN": "token"}))
    assert await token() == SECRETS.access_token
    assert SECRETS.access_token not in repr(token) + repr(token.login)
