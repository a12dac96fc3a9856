"""A monitor that is open from one day to the next gets the new list, and is told once where it cannot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from kitetui.cli.renewal import renew_list
from kitetui.instruments import Universe
from tests.cli.served import Served

PATIENCE = 60.0
TOMORROW = 86_400.0


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(symbols=20) as served:
        served.configure("exchange")
        yield served


async def test_a_list_that_is_due_is_got_and_handed_over(served: Served) -> None:
    come: asyncio.Future[Universe] = asyncio.get_running_loop().create_future()
    renewal = asyncio.create_task(renew_list("exchange", "default", come.set_result, pytest.fail, look=0.01))
    async with asyncio.timeout(PATIENCE):
        universe = await come
    # It is today's now: with another look there would be another result, and an error.
    await asyncio.sleep(0.1)
    renewal.cancel()
    await asyncio.wait([renewal])
    assert renewal.cancelled()
    assert len(universe) == 20


async def test_what_cannot_be_had_is_said_once_and_asked_for_again(served: Served) -> None:
    served.exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    come: asyncio.Future[Universe] = asyncio.get_running_loop().create_future()
    said: list[str] = []
    told = asyncio.Event()

    def say(problem: str) -> None:
        said.append(problem)
        told.set()

    renewal = asyncio.create_task(renew_list("exchange", "default", come.set_result, say, look=0.01))
    async with asyncio.timeout(PATIENCE):
        await told.wait()
        await asyncio.sleep(1.5)  # time for another attempt, of which nothing more is said
        served.exchange.rest.faults.lift()
        await come
    renewal.cancel()
    assert [each[:54] for each in said] == ["today's instruments are not here: Kite does not work at"[:54]]


async def test_it_ends_at_once_while_a_download_hangs(served: Served) -> None:
    served.exchange.rest.faults.delay = 300.0
    renewal = asyncio.create_task(renew_list("exchange", "default", pytest.fail, pytest.fail, look=0.01))
    await asyncio.sleep(1.0)
    before = time.monotonic()
    renewal.cancel()
    await asyncio.wait([renewal], timeout=PATIENCE)
    assert renewal.cancelled()
    assert time.monotonic() - before < PATIENCE


async def test_a_download_that_hangs_is_given_up_and_said(served: Served) -> None:
    served.exchange.rest.faults.delay = 300.0
    told = asyncio.get_running_loop().create_future()
    renewal = asyncio.create_task(
        renew_list("exchange", "default", pytest.fail, told.set_result, look=0.01, limit=1.0)
    )
    async with asyncio.timeout(PATIENCE):
        said = await told
    renewal.cancel()
    await asyncio.wait([renewal])
    assert said == (
        "today's instruments are not here: they did not come within 00:00:01, and are tried again; "
        "see kitetui doctor"
    )
