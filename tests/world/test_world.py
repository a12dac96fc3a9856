"""Worlds by their seeds: the default run has 200, the slow one 10,000."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Final

import pytest

from tests.world.fate import Fate, RecorderFate
from tests.world.questions import AFTER, AT_REST, DURING
from tests.world.world import LOOK, RECOVERY, SETTLE, World, chance_of

FAILED_ONCE: Final[tuple[int, ...]] = (218, 578, 802, 1916, 2588, 3211, 5647, 5995, 8080, 8124, 8516, 9509)
"""Seeds of worlds in which the program once broke a promise."""

SEEDS: Final = 24
LIFE: Final = 110.0
"""Seconds that a world is disturbed for."""


async def live(world: World) -> None:
    """Let fate strike every second or two, and ask; then let everything come to rest."""
    fate, recorders = Fate(world), RecorderFate(world)
    looking = asyncio.ensure_future(look(world))
    going_on = asyncio.ensure_future(recorders.go_on())
    while world.loop.time() < LIFE:
        await asyncio.wait([looking], timeout=fate.rng.expovariate(1 / 2.5))
        if looking.done():
            looking.result()
        await fate.strike()
    recorders.is_over = True
    await going_on  # what it does is done whole: a recorder that ends is no recorder that is killed
    await fate.lift()
    await recorders.lift()
    await asyncio.sleep(RECOVERY)
    world.rate = 4.0
    await asyncio.sleep(SETTLE)
    looking.cancel()
    await asyncio.wait([looking])
    for question in AT_REST:
        question(world)


async def look(world: World) -> None:
    """Ask every few seconds, at odd times."""
    while True:
        await asyncio.sleep(world.rng.expovariate(1 / LOOK))
        world.counts.looks += 1
        for question in DURING:
            question(world)


def run(seed: int, folder: Path) -> World:
    """Run the world of a seed, and ask all questions."""
    if seed % 4 == 0:
        gc.collect()  # a world that has ended is a knot of cycles, with megabytes of columns in it
    with chance_of(seed):
        world = World(seed, folder)
        world.run(live)
    for question in AFTER:
        question(world)
    return world


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(100))
def test_nothing_kept_looks_live_in_a_hundred_worlds(hundred: int, tmp_path: Path) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        (folder := tmp_path / str(seed)).mkdir()
        run(seed, folder)


@pytest.mark.parametrize("seed", [*range(SEEDS), *FAILED_ONCE])
def test_nothing_kept_looks_live_in_the_world_of(seed: int, tmp_path: Path) -> None:
    run(seed, tmp_path)
