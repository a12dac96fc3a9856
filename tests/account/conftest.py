"""What tests of accounts share: an exchange that has REST, and a keyring that does not answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from kitetui.account import vault
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import SilentKeyring


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
