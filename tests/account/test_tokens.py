"""A feed that asks for its token gets the newest, cheaply, and never a worse one than it has."""

from __future__ import annotations

import logging
from dataclasses import replace

import keyring
import pytest

from kitetui.account import DEFAULT, Vault, token_source
from kitetui.errors import LoginError
from tests.account.helpers import SECRETS, MemoryKeyring

FRESH = replace(SECRETS, access_token="t0ken-of-tomorrow")


@pytest.fixture
def vault() -> Vault:
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    return vault


def test_an_account_without_a_login_has_no_token() -> None:
    with pytest.raises(LoginError, match=r"account second has no login; run kitetui login"):
        token_source(Vault(environment={}), "second")


def test_a_login_made_meanwhile_is_taken_up(vault: Vault) -> None:
    token = token_source(vault)
    assert token() == SECRETS.access_token
    Vault(environment={}).store(DEFAULT, FRESH)
    assert token() == FRESH.access_token


def test_a_login_of_another_account_is_not(vault: Vault) -> None:
    token = token_source(vault)
    vault.store("second", FRESH)
    assert token() == SECRETS.access_token


def test_the_keyring_is_asked_only_after_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    class Counted(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            nonlocal asked
            asked += 1
            return super().get_password(service, username)

    keyring.set_keyring(Counted())
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_source(vault)
    asked = 0
    assert {token() for _ in range(100)} == {SECRETS.access_token}
    assert asked == 0
    vault.store(DEFAULT, FRESH)
    asked = 0
    assert {token() for _ in range(100)} == {FRESH.access_token}
    assert asked == 1


def test_a_logout_leaves_the_token_that_there_was(vault: Vault) -> None:
    token = token_source(vault)
    vault.forget()
    assert token() == SECRETS.access_token
    vault.store(DEFAULT, FRESH)
    assert token() == FRESH.access_token


@pytest.mark.parametrize("change", [{"api_key": "another"}, {"access_token": ""}])
def test_the_token_of_another_key_and_no_token_are_not_taken(vault: Vault, change: dict[str, str]) -> None:
    token = token_source(vault)
    vault.store(DEFAULT, replace(FRESH, **change))
    assert token() == SECRETS.access_token


def test_a_vault_that_cannot_be_read_is_told_once_and_read_when_it_can(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    vault = Vault(environment={})
    vault.store(DEFAULT, SECRETS)
    token = token_source(vault)
    vault.store(DEFAULT, FRESH)
    backend.locked = True
    with caplog.at_level(logging.WARNING):
        assert [token() for _ in range(3)] == [SECRETS.access_token] * 3
    assert len(caplog.records) == 1
    assert "unlock the keyring" in caplog.text
    backend.locked = False
    assert token() == FRESH.access_token


def test_the_environments_token_stays() -> None:
    token = token_source(Vault(environment={"KITE_API_KEY": "key", "KITE_ACCESS_TOKEN": "token"}))
    Vault(environment={}).store(DEFAULT, FRESH)
    assert token() == "token"
