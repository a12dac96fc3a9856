"""What is said of an account, before anything is dialled."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import keyring
import pytest

from kitetui.account import KITE, SANDBOX, Secrets, Vault, endpoint_named
from kitetui.account.vault import Keyring
from kitetui.doctor import State
from kitetui.doctor.kite import Login, permissions, read_login
from kitetui.errors import UserError
from tests.account.helpers import SECRETS, MemoryKeyring


async def read(vault: Vault | None = None, account: str = "default", service: str | None = None) -> Login:
    return await read_login(vault or Vault(), account, service, endpoint_named, limit=5)


@pytest.fixture
def accounts(home: Path) -> Path:
    return home / "data" / "accounts"


async def test_each_value_has_its_place_and_is_not_shown(accounts: Path) -> None:
    Vault().store("default", SECRETS)
    login = await read()
    assert login.secrets == SECRETS
    assert login.endpoint == KITE
    assert login.finding.state is State.OK
    assert login.finding.found == (f"API key, API secret, access token (file: {accounts / 'default.json'})")


async def test_what_is_in_the_keyring_is_said_to_be_there() -> None:
    keyring.set_keyring(MemoryKeyring())
    Vault().store("default", replace(SECRETS, endpoint="sandbox"))
    login = await read()
    assert login.finding.found.endswith("access token (keyring: Memory Keyring)")
    assert login.endpoint == SANDBOX


async def test_a_locked_keyring_is_a_failure() -> None:
    locked = MemoryKeyring()
    keyring.set_keyring(locked)
    Vault().store("default", SECRETS)
    locked.locked = True
    login = await read()
    assert login.secrets is None
    assert login.finding.state is State.FAILED
    assert login.finding.next == "unlock the keyring, or log in anew with kitetui login --new"


async def test_a_keyring_that_does_not_answer_is_given_up() -> None:
    hang = threading.Event()

    class Hanging(Keyring):
        def get(self, account: str) -> str | None:
            hang.wait(20)
            return None

    keyring.set_keyring(MemoryKeyring())
    Vault().store("default", SECRETS)
    login = await read_login(Vault(keyring=Hanging()), "default", None, endpoint_named, limit=0.01)
    hang.set()
    assert login.finding.sentence == (
        "the system's keyring does not answer; unlock it, or set KITE_API_KEY and KITE_ACCESS_TOKEN"
    )


async def test_a_key_without_a_token_wants_a_login() -> None:
    Vault().store("second", replace(SECRETS, access_token=""))
    login = await read(account="second")
    assert login.finding.sentence == (
        "account second has no access token; run kitetui login --account second"
    )
    assert login.secrets is None


async def test_half_a_pair_in_the_environment_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITE_API_KEY", "k3y")
    login = await read()
    assert login.finding.state is State.FAILED
    assert login.finding.found == "KITE_ACCESS_TOKEN is not set and KITE_API_KEY is"


async def test_the_pair_of_the_environment_wins_and_goes_where_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Vault().store("default", SECRETS)
    monkeypatch.setenv("KITE_API_KEY", "k3y")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "t0ken")
    login = await read(service="sandbox")
    assert login.endpoint == SANDBOX
    assert login.secrets == Secrets(api_key="k3y", access_token="t0ken")
    assert "API secret (file: " in login.finding.found


async def test_a_login_is_not_sent_to_another_service_than_its_own() -> None:
    Vault().store("default", SECRETS)
    login = await read(service="sandbox")
    assert login.secrets is None
    assert login.endpoint == SANDBOX
    assert login.finding.sentence == (
        "the login of account default is for kite, and is not sent to sandbox; "
        "log in there under another name: kitetui login --account NAME --endpoint sandbox"
    )


async def test_a_login_at_a_service_that_is_not_known_any_more_is_a_failure() -> None:
    Vault().store("default", replace(SECRETS, endpoint="gone"))
    login = await read()
    assert login.finding.found == "no endpoint 'gone'"
    with pytest.raises(UserError, match="no endpoint 'nowhere'"):
        await read(service="nowhere")


@pytest.mark.parametrize("token", ["t0ken t0ken", "t0ken\r\nX: y", "t\u00f6ken"])
async def test_a_token_that_cannot_be_one_is_not_sent(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITE_API_KEY", "k3y")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", token)
    login = await read()
    assert login.secrets is None
    assert login.finding.sentence == (
        "the access token (environment: KITE_ACCESS_TOKEN) has characters that none has; "
        "copy it anew, by itself"
    )


async def test_a_damaged_file_is_a_failure(accounts: Path) -> None:
    Vault().store("default", SECRETS)
    (accounts / "default.json").write_text("{")
    login = await read()
    assert login.finding.state is State.FAILED
    assert login.finding.next == "log in anew with kitetui login"


def test_before_the_first_login_there_is_nothing_to_read(accounts: Path) -> None:
    finding = permissions("default")
    assert finding.state is State.OK
    assert finding.found == f"nothing is kept in {accounts} yet"


async def test_a_file_that_others_can_read_is_one_failure_and_is_not_read(accounts: Path) -> None:
    Vault().store("default", SECRETS)
    file = accounts / "default.json"
    assert permissions("default").found == f"nobody else can read {accounts}"
    file.chmod(0o640)
    assert permissions("default").sentence == (
        f"others can read {file}, which holds secrets; run chmod 600 {file}"
    )
    assert permissions("second").state is State.OK
    login = await read()
    assert login.secrets is None
    assert login.finding.state is State.SKIPPED


def test_a_folder_that_others_can_read_is_a_failure(accounts: Path) -> None:
    Vault().store("default", SECRETS)
    accounts.chmod(0o750)
    assert permissions("default").next == f"run chmod 700 {accounts}"
