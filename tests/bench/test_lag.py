"""How late a loop is, since it was last asked."""

from __future__ import annotations

import asyncio
import time

from kitetui.bench.tally import LOOK, LoopLag


def test_nothing_is_known_before_a_look() -> None:
    assert LoopLag().take() is None


def test_taking_begins_anew() -> None:
    lag = LoopLag()
    lag.looked(0.5)
    lag.looked(-0.1)
    found = lag.take()
    assert found is not None
    assert found.p99 == 0.5
    assert lag.take() is None


async def test_a_loop_that_is_held_up_is_late() -> None:
    lag = LoopLag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)
    time.sleep(10 * LOOK)  # noqa: ASYNC251 - it is what holds the loop up
    await asyncio.sleep(2 * LOOK)
    found = lag.take()
    watching.cancel()
    assert found is not None
    assert found.p99 > 5 * LOOK
