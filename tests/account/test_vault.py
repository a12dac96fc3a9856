"""An account is kept in one place, read by its owner alone, and never lost over what goes wrong."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keyring
import pytest

from kitetui.account import DEFAULT, Secrets, Vault
from kitetui.account.vault import Origins
from kitetui.errors import LoginError, UserError
from tests.account.helpers import SECRETS, MemoryKeyring, SilentKeyring

PAIR = {"KITE_API_KEY": "env-key", "KITE_ACCESS_TOKEN": "env-token"}
OLD = replace(SECRETS, access_token="t0ken-of-yesterday")


@pytest.fixture
def vault() -> Vault:
    """The vault of a machine without a keyring, and with nothing in the environment."""
    return Vault(environment={})


@pytest.fixture
def file(home: Path) -> Path:
    """Where the default account is kept."""
    return home / "data" / "accounts" / "default.json"


@pytest.fixture
def system_keyring() -> MemoryKeyring:
    """A keyring that works."""
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


def test_an_account_that_was_never_kept_is_none(vault: Vault) -> None:
    assert vault.read() is None
    assert vault.where() == Origins()


def test_what_is_stored_is_read_by_the_next_program(vault: Vault, file: Path) -> None:
    assert vault.store(DEFAULT, SECRETS) == f"file: {file}"
    assert Vault(environment={}).read() == SECRETS


def test_accounts_are_kept_apart(vault: Vault) -> None:
    other = replace(SECRETS, api_key="other", access_token="other")
    vault.store("first", SECRETS)
    vault.store("second", other)
    assert (vault.read("first"), vault.read("second"), vault.read()) == (SECRETS, other, None)


@pytest.mark.parametrize("name", ["", "../default", "a/b", "A", ".hidden", "x" * 41, "a\n"])
def test_a_name_that_is_no_file_name_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(UserError, match="names no account; names are of a-z, 0-9, - and _"):
        vault.read(name)


def test_the_keyring_has_the_secrets_and_the_file_has_none(
    vault: Vault, file: Path, system_keyring: MemoryKeyring
) -> None:
    assert vault.store(DEFAULT, SECRETS) == "keyring: Memory Keyring"
    assert json.loads(file.read_text()) == {"version": 1, "keyring": True}
    assert SECRETS.access_token in system_keyring.entries["kitetui", DEFAULT]
    assert Vault(environment={}).read() == SECRETS


def test_a_keyring_that_comes_takes_the_secrets_out_of_the_file(
    vault: Vault, file: Path, system_keyring: MemoryKeyring
) -> None:
    system_keyring.locked = True
    vault.store(DEFAULT, OLD)
    assert OLD.access_token in file.read_text()
    system_keyring.locked = False
    assert vault.read() == OLD
    vault.store(DEFAULT, SECRETS)
    assert "t0ken" not in file.read_text()
    assert vault.read() == SECRETS


def test_a_keyring_that_went_gives_way_to_the_file(vault: Vault, system_keyring: MemoryKeyring) -> None:
    vault.store(DEFAULT, OLD)
    system_keyring.locked = True
    with pytest.raises(
        LoginError, match=r"in the system's keyring, which does not give it; unlock the keyring"
    ):
        vault.read()
    vault.store(DEFAULT, SECRETS)
    assert vault.read() == SECRETS


def test_a_keyring_that_is_full_does_not_keep_what_was(vault: Vault, system_keyring: MemoryKeyring) -> None:
    vault.store(DEFAULT, OLD)
    system_keyring.full = True
    vault.store(DEFAULT, SECRETS)
    assert vault.read() == SECRETS
    assert system_keyring.entries == {}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [("{", "in the system's keyring is damaged"), ('{"version": 2}', "written by a later kitetui")],
)
def test_an_entry_of_the_keyring_that_cannot_be_read_says_so(
    vault: Vault, system_keyring: MemoryKeyring, entry: str, sentence: str
) -> None:
    vault.store(DEFAULT, SECRETS)
    system_keyring.entries["kitetui", DEFAULT] = entry
    with pytest.raises(UserError, match=sentence):
        vault.read()
    assert system_keyring.entries["kitetui", DEFAULT] == entry


def test_the_environment_wins_for_the_default_account_alone(vault: Vault) -> None:
    vault.store(DEFAULT, SECRETS)
    vault.store("second", SECRETS)
    vault = Vault(environment=PAIR)
    assert vault.read() == Secrets(api_key="env-key", access_token="env-token")
    assert vault.stored() == vault.read("second") == SECRETS


@pytest.mark.parametrize("given", PAIR)
def test_half_a_pair_in_the_environment_names_the_other_half(given: str) -> None:
    (missing,) = PAIR.keys() - {given}
    with pytest.raises(LoginError, match=f"^{missing} is not set and {given} is"):
        Vault(environment={given: "x", missing: " "}).read()


def test_it_is_told_where_each_value_comes_from(
    vault: Vault, file: Path, system_keyring: MemoryKeyring
) -> None:
    vault.store(DEFAULT, replace(SECRETS, access_token=""))
    assert vault.where() == Origins("keyring: Memory Keyring", "keyring: Memory Keyring", "not set")
    system_keyring.locked = True
    vault.store(DEFAULT, SECRETS)
    assert vault.where() == Origins(*[f"file: {file}"] * 3)
    assert Vault(environment=PAIR).where() == Origins(
        "environment: KITE_API_KEY", f"file: {file}", "environment: KITE_ACCESS_TOKEN"
    )


def test_what_is_forgotten_is_nowhere(vault: Vault, file: Path, system_keyring: MemoryKeyring) -> None:
    vault.store(DEFAULT, SECRETS)
    vault.forget()
    vault.forget()
    assert vault.read() is None
    assert not file.exists()
    assert system_keyring.entries == {}


@pytest.mark.parametrize(
    "touch",
    [lambda vault: vault.read(), lambda vault: vault.store(DEFAULT, OLD), lambda vault: vault.forget()],
    ids=["read", "store", "forget"],
)
@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        ('{"version": 2}', 0o600, "was written by a later kitetui and is left as it is; update this kitetui"),
        ("{}", 0o644, "others can read .* run chmod 600 "),
    ],
    ids=["newer", "open to others"],
)
def test_what_is_not_to_be_touched_is_left_as_it_is(
    vault: Vault, file: Path, touch: Callable[[Vault], object], text: str, mode: int, sentence: str
) -> None:
    vault.store(DEFAULT, SECRETS)
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(UserError, match=sentence):
        touch(vault)
    assert file.read_text() == text
    assert [each.name for each in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b'{"version": 1}', b'{"version": 1, "api_key": 5}']
)
def test_a_damaged_file_is_set_aside_and_the_next_login_finds_room(
    vault: Vault, file: Path, damage: bytes
) -> None:
    for number in (1, 2):
        vault.store(DEFAULT, SECRETS)
        file.write_bytes(damage)
        with pytest.raises(
            LoginError, match=rf"is damaged, and is now default\.json\.damaged-{number}; log in"
        ):
            vault.read()
        assert file.with_name(f"default.json.damaged-{number}").read_bytes() == damage
        assert vault.read() is None


def test_a_damaged_file_that_cannot_be_set_aside_is_said_all_the_same(
    vault: Vault, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    vault.store(DEFAULT, SECRETS)
    file.write_text("{")
    monkeypatch.setattr(Path, "rename", read_only)
    with pytest.raises(LoginError, match="cannot be set aside: Read-only file system; remove it by hand"):
        vault.read()
    assert file.read_text() == "{"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system")]
)
def test_a_full_or_read_only_disk_loses_nothing(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, said)

    vault.store(DEFAULT, OLD)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fail)
        with pytest.raises(
            UserError, match=rf"cannot be kept in .*: {said}; what was kept before is still there"
        ):
            vault.store(DEFAULT, SECRETS)
    assert vault.read() == OLD


def test_a_folder_that_cannot_be_made_is_one_sentence(home: Path) -> None:
    (home / "data").write_text("in the way")
    with pytest.raises(
        UserError, match=r"cannot read .*: Not a directory; make it readable, or move it away"
    ):
        Vault(environment={}).store(DEFAULT, SECRETS)


def test_what_is_no_file_is_one_sentence(vault: Vault, file: Path) -> None:
    vault.store("other", SECRETS)
    file.mkdir()
    with pytest.raises(UserError, match=r"cannot read .*: Is a directory; make it readable, or move it away"):
        vault.read()


def test_the_signature_tells_of_a_login_and_a_logout(vault: Vault, system_keyring: MemoryKeyring) -> None:
    seen = {vault.signature()}
    for change in (
        lambda: vault.store(DEFAULT, OLD),
        lambda: vault.store(DEFAULT, SECRETS),
        lambda: setattr(system_keyring, "locked", True),
        lambda: vault.store(DEFAULT, OLD),
    ):
        change()
        seen.add(vault.signature())
    assert len(seen) == 4
    vault.forget()
    assert vault.signature() is None


def test_what_is_read_is_kept_out_of_the_log() -> None:
    hidden: set[str] = set()
    vault = Vault(environment={}, hide=hidden.add)
    vault.store(DEFAULT, SECRETS)
    vault.read()
    assert hidden == {SECRETS.api_key, SECRETS.api_secret, SECRETS.access_token}


def test_the_key_of_the_simulated_exchange_stays_a_word() -> None:
    hidden: set[str] = set()
    vault = Vault(environment={}, hide=hidden.add)
    vault.store(DEFAULT, replace(SECRETS, api_key="simulated", endpoint="simulator"))
    vault.read()
    assert hidden == {SECRETS.api_secret, SECRETS.access_token}


def test_nothing_is_logged(vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    vault.store(DEFAULT, SECRETS)
    vault.where()
    vault.forget()
    assert caplog.text == ""


def test_the_account_that_is_meant_is_the_named_then_the_environments_then_the_configured() -> None:
    with_pair, without = Vault(environment=PAIR), Vault(environment={})
    assert with_pair.meant("second", "third") == without.meant("second", "third") == "second"
    assert with_pair.meant(None, "third") == DEFAULT
    assert without.meant(None, "third") == "third"
    half = Vault(environment={"KITE_API_KEY": "env-key"})
    assert half.meant("second") == "second"
    with pytest.raises(LoginError, match="KITE_ACCESS_TOKEN is not set"):
        half.meant(None)


def test_a_login_in_a_keyring_that_does_not_answer_is_one_sentence_with_the_other_ways(
    vault: Vault, silent: SilentKeyring, file: Path
) -> None:
    keyring.set_keyring(silent)
    silent.answers.set()
    vault.store(DEFAULT, SECRETS)
    silent.answers.clear()
    sentence = (
        r"in the system's keyring, which does not answer; unlock the keyring, set KITE_API_KEY and "
        r"KITE_ACCESS_TOKEN, or log in anew with kitetui login --new"
    )
    with pytest.raises(LoginError, match=sentence):
        vault.read()
    with pytest.raises(LoginError, match="does not answer; unlock it, and forget the login then"):
        vault.forget()
    assert file.exists()
    assert Vault(environment=PAIR).read() == Secrets(api_key="env-key", access_token="env-token")


def test_a_login_is_kept_in_the_file_where_the_keyring_does_not_answer(
    vault: Vault, silent: SilentKeyring, file: Path
) -> None:
    keyring.set_keyring(silent)
    assert vault.store(DEFAULT, SECRETS) == f"file: {file}, for the system's keyring does not answer"
    assert vault.read() == SECRETS
    vault.forget()
    assert vault.read() is None
