"""An outage of our own is not made longer by what the server still counts of it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest

from kitetui.feed import ConnectionState
from kitetui.wire import Mode
from tests.world.world import World, chance_of


@pytest.mark.parametrize("seed", range(1, 6))
def test_places_that_are_free_again_after_seconds_are_taken_within_seconds(seed: int, tmp_path: Path) -> None:
    async def twelve_seconds_without_network(world: World) -> None:
        await asyncio.sleep(40)
        world.network.is_refusing = True
        for wire in world.network.up:
            wire.cut()
        await asyncio.sleep(12)
        world.network.is_refusing = False
        world.exchange.handshakes.refuse(HTTPStatus.TOO_MANY_REQUESTS)
        stats = world.manager.get_stats
        while not any("429" in each.reason for each in stats().connections):  # noqa: ASYNC110 - driven time
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.4)
        world.exchange.handshakes.lift()
        await asyncio.sleep(9)
        states = [each.state for each in stats().connections]
        assert states == [ConnectionState.LIVE] * 3

    with chance_of(seed):
        world = World(seed, tmp_path)
        world.settle_in(9, Mode.FULL, max_connections=3, reconnect_max_delay=4.0)
        world.run(twelve_seconds_without_network)
