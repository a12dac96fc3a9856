"""No test comes near the keyring, the login or the proxy of whoever runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import keyring
import pytest
from keyring.backends import fail

from kitetui import logs
from kitetui.simulator import SimulatedExchange

_OF_THE_SHELL = "KITE_API_KEY KITE_ACCESS_TOKEN HTTPS_PROXY https_proxy ALL_PROXY all_proxy".split()


@pytest.fixture(autouse=True)
def _nobodys_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in _OF_THE_SHELL:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(logs, "_hidden", set())
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    """A simulated exchange with its REST, and a market that stands still."""
    async with SimulatedExchange(rate=0, rest_port=0, heartbeat=0.05) as exchange:
        yield exchange
