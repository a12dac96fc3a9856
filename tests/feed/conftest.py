"""The server that the feed's tests dial."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.feed.server import ScriptedServer


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A scripted server on a port of its own."""
    async with ScriptedServer() as started:
        yield started
