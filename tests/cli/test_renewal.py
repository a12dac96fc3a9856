"""What runs from one day to the next gets the new list, and is told once where it cannot."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import pytest

from kitetui.account import DEFAULT
from kitetui.cli.renewal import follow_lists, renew_list
from kitetui.cli.source import Source
from kitetui.feed import Account, Endpoint
from kitetui.instruments import Universe
from kitetui.times import ist_today
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


async def test_a_download_that_cannot_be_started_is_said(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    told = asyncio.get_running_loop().create_future()
    renewal = asyncio.create_task(renew_list("exchange", "default", pytest.fail, told.set_result, look=0.01))
    async with asyncio.timeout(PATIENCE):
        said = await told
    renewal.cancel()
    await asyncio.wait([renewal])
    assert said == (
        "today's instruments are not here: the program that gets them cannot be started: "
        "No such file or directory"
    )


async def test_a_source_gets_what_of_the_list_of_its_service_is_tradable_today(served: Served) -> None:
    service = replace(served.service, name="exchange")
    source = Source(endpoint=Endpoint(), account=Account(DEFAULT, "key", "token"), service=service)
    come: asyncio.Future[Universe] = asyncio.get_running_loop().create_future()
    renewal = asyncio.create_task(follow_lists(source, come.set_result, pytest.fail, look=0.01))
    async with asyncio.timeout(PATIENCE):
        universe = await come
    renewal.cancel()
    await asyncio.wait([renewal])
    traded = [each.expiry for each in served.exchange.instruments]
    assert len(universe) == sum(expiry is None or expiry >= ist_today() for expiry in traded)


async def test_a_source_without_rest_has_no_list_to_follow() -> None:
    source = Source(endpoint=Endpoint(), account=Account(DEFAULT, "key", "token"))
    async with asyncio.timeout(PATIENCE):
        await follow_lists(source, pytest.fail, pytest.fail, look=0.01)
