"""What tests of the checks share: an exchange that has REST, and no proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kitetui.simulator import SimulatedExchange


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    """A simulated exchange with its REST, and a market that stands still."""
    async with SimulatedExchange(rate=0, rest_port=0, heartbeat=0.05) as exchange:
        yield exchange
