"""The list of the day is got where it is due; what is there instead is used, and said."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest

from kitetui.account import EndpointProfile, Secrets
from kitetui.cli.lists import kept_list, list_of_the_day
from kitetui.instruments import Universe
from kitetui.instruments.master import Master
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import service_of

DAY = 86_400.0
DEAD = Secrets(api_key="simulated", access_token="of-yesterday", endpoint="simulator")
BUILT_IN = "the built-in list of well-known symbols is used"


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, rest_port=0, symbols=400) as exchange:
        yield exchange


@pytest.fixture
def service(exchange: SimulatedExchange) -> EndpointProfile:
    return service_of(exchange)


def keys(universe: Universe) -> set[str]:
    return {each.key for each in universe}


async def test_the_first_start_gets_the_list(exchange: SimulatedExchange, service: EndpointProfile) -> None:
    listed = await list_of_the_day(service, None)
    assert listed.remarks == []
    assert keys(listed.universe) == {each.key for each in exchange.instruments}


async def test_a_list_of_today_is_not_asked_for_again(
    exchange: SimulatedExchange, service: EndpointProfile
) -> None:
    await list_of_the_day(service, None)
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    listed = await list_of_the_day(service, None)
    assert listed.remarks == []
    assert len(listed.universe) == 400


async def test_a_list_that_is_due_and_fails_leaves_yesterdays_and_says_so(
    exchange: SimulatedExchange, service: EndpointProfile
) -> None:
    await list_of_the_day(service, None)
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    listed = await list_of_the_day(service, None, now=lambda: time.time() + DAY)
    (remark,) = listed.remarks
    assert remark.startswith("Kite does not work at the moment (502)")
    assert "; the list of " in remark
    assert len(listed.universe) == 400


async def test_a_download_that_broke_off_leaves_yesterdays(
    exchange: SimulatedExchange, service: EndpointProfile
) -> None:
    await list_of_the_day(service, None)
    exchange.rest.faults.truncated = True
    listed = await list_of_the_day(service, None, now=lambda: time.time() + DAY)
    assert len(listed.remarks) == 1
    assert len(listed.universe) == 400


async def test_without_any_list_the_built_in_one_is_used_and_said(
    exchange: SimulatedExchange, service: EndpointProfile
) -> None:
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    listed = await list_of_the_day(service, None)
    assert listed.remarks[0].endswith(f"; {BUILT_IN}")
    assert keys(listed.universe) == keys(Universe.load())


async def test_a_token_that_has_ended_is_no_hindrance(service: EndpointProfile) -> None:
    listed = await list_of_the_day(service, DEAD)
    assert listed.remarks == []
    assert len(listed.universe) == 400


async def test_a_damaged_file_is_replaced(service: EndpointProfile) -> None:
    path = Master.of(service.name).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0 and nothing that it is")
    listed = await list_of_the_day(service, None)
    assert listed.remarks == []
    assert len(listed.universe) == 400


async def test_what_is_kept_is_used_whatever_its_age(service: EndpointProfile) -> None:
    assert kept_list(service).remarks == [
        f"no instruments of simulator are here yet: {BUILT_IN}; kitetui instruments sync gets all"
    ]
    await list_of_the_day(service, None)
    assert kept_list(service).remarks == []
    assert len(kept_list(service).universe) == 400
