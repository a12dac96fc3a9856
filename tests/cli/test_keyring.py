"""A keyring that does not answer holds no command up, and is said in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pytest

from kitetui.account import DEFAULT, Vault, vault
from kitetui.cli.main import run
from tests.account.helpers import SECRETS, SilentKeyring
from tests.cli.served import Served


@pytest.fixture(autouse=True)
def _login_in_a_silent_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    backend = SilentKeyring()
    keyring.set_keyring(backend)
    backend.answers.set()
    Vault().store(DEFAULT, replace(SECRETS, endpoint="exchange"))
    monkeypatch.setattr(vault, "KEYRING_PATIENCE", 0.05)
    backend.answers.clear()
    yield
    backend.answers.set()


@pytest.mark.parametrize("command", [["logout"], ["--headless", "--csv", "-s", "INFY", "-o", "ticks.csv"]])
def test_a_command_that_needs_the_login_ends_with_the_other_ways(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(command) == 3
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("kitetui: the login of account default is in the system's keyring, which does not")
    assert said.endswith("or log in anew with kitetui login --new")
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_got_without_the_login(capsys: pytest.CaptureFixture[str]) -> None:
    with Served(symbols=20) as served:
        served.configure("exchange")
        assert run(["instruments", "sync", "--endpoint", "exchange"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("20 instruments of exchange")
    (said,) = captured.err.splitlines()
    assert said.endswith("; this goes on without a login, with the list of exchange")
