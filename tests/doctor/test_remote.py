"""The doctor at the simulated exchange: each fault is one failure, and what rests on it is skipped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import connect

from kitetui.account import EndpointProfile
from kitetui.doctor import Examination, State, Summary
from kitetui.errors import UserError
from kitetui.simulator import SimulatedExchange
from kitetui.simulator.client import Sending
from kitetui.wire import HEARTBEAT
from tests.account.helpers import an_hour_ahead, free_port, service_of
from tests.doctor.helpers import TERMINAL, logged_in, looked, serving
from tests.feed.exchange import until

OF_THE_SOCKET = ["market data", "heartbeat", "connections"]


async def test_after_a_login_everything_is_well(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    report = await looked(exchange)
    assert report.has(State.OK) == list(report.findings)
    assert report["token"].found.startswith("alive until ")
    assert report["token"].found.endswith(" 06:00 IST, of user SIM001")
    assert report["REST service"].found.startswith("simulator answers in ")
    assert report["clock"].found == "within 2 seconds of the service's"
    assert report["market data"].found.startswith("the socket opens in ")
    assert report["heartbeat"].found.startswith("the first frame came after 0.")
    assert report["connections"].found == "one more can be opened, of at most 3 a key"


async def test_the_checks_have_their_order(exchange: SimulatedExchange) -> None:
    report = await looked(exchange)
    assert list(report.findings) == [
        *("login", "permissions", "token"),
        *("REST host", "REST service", "clock", "socket host", "market data", "heartbeat", "connections"),
        *("market hours", "instruments"),
        *("terminal", "colours", "characters"),
        *("configuration", "data", "cache", "log", "room", "versions"),
    ]


async def test_the_connection_is_closed_again(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    await looked(exchange)
    await until(lambda: not exchange.clients)


async def test_without_a_login_the_service_is_looked_at_all_the_same(exchange: SimulatedExchange) -> None:
    report = await looked(exchange, endpoint="simulator")
    assert report.has(State.FAILED) == ["login"]
    assert report["login"].sentence == "there is no login of account default; run kitetui login"
    assert report.has(State.SKIPPED) == ["token", *OF_THE_SOCKET]
    assert report["clock"].state is State.OK


async def test_a_dead_token_is_one_failure(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.expire_token("of another login")
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["token"]
    assert report["token"].next == "run kitetui login"
    assert report.has(State.SKIPPED) == OF_THE_SOCKET
    assert report["market data"].found == "the access token is not alive"


async def test_a_live_token_that_the_socket_refuses_has_no_market_data_plan(
    exchange: SimulatedExchange,
) -> None:
    await logged_in(exchange)
    exchange.handshakes.refuse(HTTPStatus.FORBIDDEN)
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["market data"]
    assert report["token"].state is State.OK
    assert report["market data"].sentence == (
        "the API key has no market-data plan: the socket refuses a live token (403); "
        "subscribe its app to one at https://developers.kite.trade/"
    )
    assert report.has(State.SKIPPED) == ["heartbeat", "connections"]


async def test_a_key_whose_connections_are_all_open_is_told_to_close_one(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    async with _connected(exchange), _connected(exchange), _connected(exchange):
        report = await looked(exchange)
        assert len(exchange.clients) == 3
    assert report.has(State.FAILED) == ["connections"]
    assert report["connections"].sentence == (
        "too many connections of this API key are open (429), of at most 3; "
        "close another program that uses it"
    )
    assert report.has(State.SKIPPED) == ["market data", "heartbeat"]


async def test_with_two_connections_open_one_more_can_be(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    async with _connected(exchange), _connected(exchange):
        assert (await looked(exchange))["connections"].state is State.OK


async def test_a_socket_that_stays_silent_fails_by_its_heartbeat_alone(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    async with _silent_from_the_start(exchange):
        report = await looked(exchange, limit=0.5)
    assert report.has(State.FAILED) == ["heartbeat"]
    assert report["heartbeat"].found == "the socket opens and stays silent: no frame came in 0.5 seconds"


async def test_a_socket_that_does_not_work_says_its_status(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.handshakes.refuse(HTTPStatus.BAD_GATEWAY)
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["market data"]
    assert report["market data"].found == "the server answered 502"


async def test_a_socket_that_does_not_answer_is_given_up(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.handshakes.delay = 3.0
    report = await looked(exchange, limit=0.5)
    assert report.has(State.FAILED) == ["market data"]
    assert report["market data"].found == "the server did not answer the handshake in time"


async def test_a_service_that_is_down_leaves_the_socket_to_be_looked_at(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["REST service"]
    assert report["REST service"].sentence == (
        "Kite does not work at the moment (502); try again in a few minutes"
    )
    assert report.has(State.SKIPPED) == ["token", "clock"]
    assert report["market data"].state is State.OK


async def test_a_service_that_is_down_cannot_tell_a_dead_token_from_a_missing_plan(
    exchange: SimulatedExchange,
) -> None:
    await logged_in(exchange)
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY)
    exchange.handshakes.refuse(HTTPStatus.FORBIDDEN)
    market_data = (await looked(exchange))["market data"]
    assert market_data.found == "login refused (403): the access token has expired or is wrong"
    assert market_data.next == "run kitetui login"


async def test_too_many_requests_are_said_so(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.rest.faults.refuse(HTTPStatus.TOO_MANY_REQUESTS)
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["REST service"]
    assert "429" in report["REST service"].found


async def test_a_service_that_is_slow_is_given_up(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.rest.faults.delay = 60.0
    report = await looked(exchange, limit=0.5)
    assert report.has(State.FAILED) == ["REST service"]
    assert "it took too long" in report["REST service"].found
    assert report["connections"].state is State.OK


async def test_a_clock_an_hour_off_fails(exchange: SimulatedExchange) -> None:
    async with SimulatedExchange(rate=0, rest_port=0, heartbeat=0.05, now=an_hour_ahead) as ahead:
        await logged_in(ahead)
        report = await looked(ahead)
    assert report.has(State.FAILED) == ["clock"]
    assert report["clock"].found.endswith(" behind the service's")


async def test_the_token_lives_by_the_clock_of_the_service(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    right, ahead = await looked(exchange), await looked(exchange, now=lambda: time.time() + 5 * 86_400)
    assert ahead["token"] == right["token"]
    assert ahead["clock"].state is State.FAILED


async def test_where_nobody_listens_both_hosts_fail_and_the_rest_is_skipped() -> None:
    nowhere = EndpointProfile(
        "simulator", *(f"{scheme}://127.0.0.1:{free_port()}" for scheme in ("http", "http", "ws"))
    )
    report = await looked(nowhere, endpoint="simulator")
    assert report.has(State.FAILED) == ["login", "REST host", "socket host"]
    assert report["REST host"].sentence == f"nothing listens at {nowhere.rest[7:]}; start it with kitetui sim"
    assert report.has(State.SKIPPED) == ["token", "REST service", "clock", *OF_THE_SOCKET]


async def test_a_socket_whose_host_is_gone_is_one_failure(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    gone = replace(service_of(exchange), socket=f"ws://127.0.0.1:{free_port()}/")
    report = await looked(gone)
    assert report.has(State.FAILED) == ["socket host"]
    assert report.has(State.SKIPPED) == OF_THE_SOCKET


async def test_a_host_that_does_not_resolve_is_one_sentence(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    unknown = replace(service_of(exchange), rest="https://nobody.invalid", socket="wss://nobody.invalid/")
    report = await looked(unknown)
    assert report.has(State.FAILED) == ["REST host", "socket host", "instruments"]
    assert report["REST host"].found == "the name nobody.invalid is not known here"


async def test_a_service_that_is_not_kite_is_said_so(exchange: SimulatedExchange) -> None:
    await logged_in(exchange)
    exchange.rest.faults.refuse(HTTPStatus.OK)
    report = await looked(exchange)
    assert report.has(State.FAILED) == ["REST service"]
    assert "nothing in Kite's form" in report["REST service"].found


async def test_the_pair_of_the_environment_goes_to_the_service_that_is_named(
    exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITE_API_KEY", "simulated")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "simulated")
    report = await looked(exchange, endpoint="simulator")
    assert report.has(State.OK) == list(report.findings)
    assert report["login"].found == (
        "API key (environment: KITE_API_KEY), API secret (not set), "
        "access token (environment: KITE_ACCESS_TOKEN)"
    )


async def test_the_socket_of_the_sandbox_is_told_the_user_that_the_service_names(
    exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITE_API_KEY", "simulated")
    monkeypatch.setenv("KITE_ACCESS_TOKEN", "simulated")
    async with serving(says=HEARTBEAT) as (url, dialled):
        sandbox = replace(service_of(exchange), socket=url, sends_user_id=True)
        report = await looked(sandbox, endpoint="sandbox")
    assert report["heartbeat"].state is State.OK
    assert dialled[0].startswith("/?user_id=SIM001&")


@pytest.mark.parametrize("settings", [{"account": "../etc"}, {"endpoint": "nowhere"}])
async def test_a_name_that_there_cannot_be_is_an_error(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"^('\.\./etc' names no account|no endpoint 'nowhere')"):
        await Examination(terminal=TERMINAL, **settings).run()


async def test_the_instruments_are_those_of_the_service(exchange: SimulatedExchange) -> None:
    asked: list[EndpointProfile] = []

    def summary(endpoint: EndpointProfile) -> Summary:
        asked.append(endpoint)
        return Summary(rows=12_345, fetched_at=time.time())

    await logged_in(exchange)
    report = await looked(exchange, instruments=summary)
    assert asked == [service_of(exchange)]
    assert report["instruments"].found.startswith("12,345 instruments, fetched 0s ago")


@asynccontextmanager
async def _connected(exchange: SimulatedExchange) -> AsyncIterator[None]:
    async with connect(exchange.url_with_credentials, proxy=None):
        yield


@asynccontextmanager
async def _silent_from_the_start(exchange: SimulatedExchange) -> AsyncIterator[None]:
    """Have whoever connects be sent nothing."""

    async def hush() -> None:
        while True:
            for client in exchange.clients:
                client.send_only(Sending.NOTHING)
            await asyncio.sleep(0.001)

    hushing = asyncio.create_task(hush())
    try:
        yield
    finally:
        hushing.cancel()
