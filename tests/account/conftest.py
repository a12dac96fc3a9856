"""No test comes near the keyring of whoever runs it, and none hides its values from the log of another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import keyring
import pytest
from keyring.backends import fail

from kitetui import logs
from kitetui.account import vault
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import SilentKeyring


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _forget_what_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_hidden", set())


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    """A simulated exchange with its REST, and a market that stands still."""
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        yield exchange


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentKeyring]:
    """A keyring that does not answer, and is not waited for long."""
    monkeypatch.setattr(vault, "KEYRING_PATIENCE", 0.05)
    backend = SilentKeyring()
    yield backend
    backend.answers.set()
