"""The exchange's REST answers as Kite's does: to plain requests, and to the official client."""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from http import HTTPStatus

import httpx
import pytest
from kiteconnect import KiteConnect
from kiteconnect.exceptions import TokenException

from kitetui.instruments import Kind
from kitetui.simulator import SimulatedExchange
from kitetui.simulator.rest import API_SECRET, COLUMNS, REQUEST_TOKEN_LIFE
from kitetui.wire import divisor_of

VERSION = {"X-Kite-Version": "3"}
PROOF = {**VERSION, "Authorization": "token simulated:simulated"}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_795_397_113.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def exchange(clock: Clock) -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(rate=0, rest_port=0, accounts={"other": "token"}, now=clock) as exchange:
        yield exchange


@pytest.fixture
async def client(exchange: SimulatedExchange) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=exchange.rest.url, trust_env=False) as client:
        yield client


async def requested(client: httpx.AsyncClient, **query: str) -> httpx.QueryParams:
    """What the browser is sent back with from the login page."""
    answer = await client.get("/connect/login", params={"v": "3", "api_key": "simulated", **query})
    assert answer.status_code == HTTPStatus.FOUND
    return httpx.URL(answer.headers["location"]).params


async def exchanged(
    client: httpx.AsyncClient, request_token: str, api_key: str = "simulated", api_secret: str = API_SECRET
) -> httpx.Response:
    checksum = hashlib.sha256(f"{api_key}{request_token}{api_secret}".encode()).hexdigest()
    form = {"api_key": api_key, "request_token": request_token, "checksum": checksum}
    return await client.post("/session/token", data=form, headers=VERSION)


def assert_refused(answer: httpx.Response, status: int, kind: str, message: str) -> None:
    assert answer.status_code == status
    assert answer.json() == {"status": "error", "message": message, "data": None, "error_type": kind}


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_the_login_page_sends_the_browser_back_with_what_it_was_given(
    exchange: SimulatedExchange, client: httpx.AsyncClient
) -> None:
    exchange.rest.redirect_url = "http://127.0.0.1:1/a"
    answer = await client.get(
        "/connect/login", params={"api_key": "simulated", "redirect_params": "state=s%26&more=%3D"}
    )
    location = httpx.URL(answer.headers["location"])
    assert str(location).startswith("http://127.0.0.1:1/a?")
    query = dict(location.params)
    assert len(query.pop("request_token")) == 32
    assert query == {"state": "s&", "more": "=", "action": "login", "type": "login", "status": "success"}


async def test_nobody_can_have_a_status_of_their_own_sent_back(client: httpx.AsyncClient) -> None:
    query = await requested(client, redirect_params="status=cancelled&request_token=mine")
    assert query["status"] == "success"
    assert query["request_token"] != "mine"


async def test_an_unknown_key_has_no_login_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/connect/login", params={"api_key": "unknown"})
    assert_refused(answer, 400, "InputException", "Invalid `api_key`.")


async def test_a_login_gives_a_session_whose_token_alone_is_good(
    exchange: SimulatedExchange, client: httpx.AsyncClient
) -> None:
    answer = await exchanged(client, (await requested(client))["request_token"])
    data = answer.json()["data"]
    assert (answer.status_code, data["user_id"], data["api_key"]) == (200, "SIM001", "simulated")
    assert data["login_time"] == "2026-11-23 06:55:13"
    assert exchange.url_with_credentials.endswith(f"access_token={data['access_token']}")
    assert (await client.get("/user/profile", headers=PROOF)).status_code == 403
    proof = {**VERSION, "Authorization": f"token simulated:{data['access_token']}"}
    profile = (await client.get("/user/profile", headers=proof)).json()["data"]
    assert (profile["user_id"], profile["user_name"]) == ("SIM001", "Simulated User")


async def test_a_request_token_works_once(client: httpx.AsyncClient) -> None:
    token = (await requested(client))["request_token"]
    assert (await exchanged(client, token)).status_code == 200
    assert_refused(await exchanged(client, token), 403, "TokenException", "Token is invalid or has expired.")


async def test_a_request_token_lives_for_minutes(clock: Clock, client: httpx.AsyncClient) -> None:
    young, old = [(await requested(client))["request_token"] for _ in range(2)]
    clock.seconds += REQUEST_TOKEN_LIFE
    assert (await exchanged(client, young)).status_code == 200
    clock.seconds += 1
    assert (await exchanged(client, old)).status_code == 403


async def test_a_request_token_is_of_its_key(client: httpx.AsyncClient) -> None:
    token = (await requested(client))["request_token"]
    assert (await exchanged(client, token, api_key="other")).status_code == 403


async def test_a_wrong_secret_is_found_by_the_checksum_and_costs_no_token(client: httpx.AsyncClient) -> None:
    token = (await requested(client))["request_token"]
    wrong = await exchanged(client, token, api_secret="wrong")
    assert_refused(wrong, 403, "TokenException", "Invalid `checksum`.")
    assert (await exchanged(client, token)).status_code == 200


async def test_what_is_missing_or_unknown_is_said(client: httpx.AsyncClient) -> None:
    assert_refused(await exchanged(client, "t", api_key="x"), 403, "TokenException", "Invalid `api_key`.")
    assert_refused(await exchanged(client, ""), 400, "InputException", "Missing `request_token`.")
    answer = await client.post("/session/token", headers=VERSION)
    assert_refused(answer, 400, "InputException", "Missing `api_key`.")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/session/token"), ("DELETE", "/session/token"), ("GET", "/user/profile")]
)
async def test_a_request_without_the_version_is_refused(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    for headers in ({}, {"X-Kite-Version": "2"}):
        answer = await client.request(method, path, headers=headers)
        assert_refused(answer, 400, "InputException", "Missing or unknown `X-Kite-Version`.")


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "token",
        "token simulated",
        "token simulated:",
        "token simulated:no",
        "token no:simulated",
        "Bearer simulated:simulated",
    ],
)
async def test_a_wrong_proof_is_a_token_exception(client: httpx.AsyncClient, proof: str) -> None:
    answer = await client.get("/user/profile", headers={**VERSION, "Authorization": proof})
    assert_refused(answer, 403, "TokenException", "Incorrect `api_key` or `access_token`.")


async def test_a_logout_ends_the_token_of_its_key_alone(client: httpx.AsyncClient) -> None:
    async def log_out(access_token: str) -> httpx.Response:
        pair = {"api_key": "simulated", "access_token": access_token}
        return await client.delete("/session/token", params=pair, headers=VERSION)

    assert (await log_out("wrong")).status_code == 403
    assert (await log_out("simulated")).json() == {"status": "success", "data": True}
    for token in ("simulated", ""):
        assert (await log_out(token)).status_code == 403
    other = {**VERSION, "Authorization": "token other:token"}
    assert (await client.get("/user/profile", headers=other)).status_code == 200


async def test_the_list_has_every_instrument_in_kites_columns(
    exchange: SimulatedExchange, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/instruments")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    for row, each in zip(rows_of(answer), exchange.instruments, strict=True):
        token = int(row["instrument_token"])
        assert (token, int(row["exchange_token"])) == (each.instrument_token, each.instrument_token >> 8)
        assert (row["exchange"], row["tradingsymbol"], row["name"]) == (
            each.exchange,
            each.tradingsymbol,
            each.name,
        )
        assert row["expiry"] == (each.expiry.isoformat() if each.expiry else "")
        assert Decimal(row["strike"]) == (each.strike or 0)
        if each.kind is not Kind.INDEX:
            assert Decimal(row["tick_size"]) * divisor_of(token) == each.tick_size
            assert int(row["lot_size"]) == each.lot_size


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("NIFTY 50", "256265,1001,NIFTY 50,NIFTY 50,0.0,,0.0,0.0,0,EQ,INDICES,NSE"),
        ("INFY", "408065,1594,INFY,INFOSYS,0.0,,0.0,0.1,1,EQ,NSE,NSE"),
        ("GOLDM26DECFUT", "2048007943,8000031,GOLDM26DECFUT,GOLDM,0.0,2026-12-04,0.0,1.0,1,FUT,MCX-FUT,MCX"),
    ],
)
async def test_a_line_of_the_list_is_as_kite_writes_it(
    client: httpx.AsyncClient, symbol: str, expected: str
) -> None:
    lines = (await client.get("/instruments")).text.splitlines()
    assert next(line for line in lines if line.split(",")[2] == symbol) == expected


async def test_options_are_of_the_options_segment(client: httpx.AsyncClient) -> None:
    rows = rows_of(await client.get("/instruments/NFO"))
    assert {(row["instrument_type"], row["segment"]) for row in rows} == {
        ("FUT", "NFO-FUT"),
        ("CE", "NFO-OPT"),
        ("PE", "NFO-OPT"),
    }


async def test_an_exchange_has_a_list_of_its_own(client: httpx.AsyncClient) -> None:
    everything = rows_of(await client.get("/instruments"))
    for exchange in {row["exchange"] for row in everything}:
        listed = rows_of(await client.get(f"/instruments/{exchange}"))
        assert listed == [row for row in everything if row["exchange"] == exchange]
    assert_refused(await client.get("/instruments/XSE"), 400, "InputException", "Invalid `exchange`.")


async def test_the_list_is_compressed_only_for_those_who_can_read_it(client: httpx.AsyncClient) -> None:
    compressed = await client.get("/instruments")
    plain = await client.get("/instruments", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == compressed.text
    assert int(compressed.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0))


async def test_the_list_needs_no_login_but_refuses_a_dead_one(client: httpx.AsyncClient) -> None:
    assert (await client.get("/instruments", headers=PROOF)).status_code == 200
    dead = {**VERSION, "Authorization": "token simulated:dead"}
    assert (await client.get("/instruments", headers=dead)).status_code == 403


async def test_a_download_can_break_off(exchange: SimulatedExchange, client: httpx.AsyncClient) -> None:
    exchange.rest.faults.truncated = True
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await client.get("/instruments")
    exchange.rest.faults.lift()
    assert (await client.get("/instruments")).status_code == 200


async def test_a_login_can_be_cancelled(exchange: SimulatedExchange, client: httpx.AsyncClient) -> None:
    exchange.rest.faults.cancelled = True
    query = await requested(client, redirect_params="state=s")
    assert dict(query) == {"state": "s", "action": "login", "type": "login", "status": "cancelled"}


async def test_so_many_requests_to_a_route_fail(
    exchange: SimulatedExchange, client: httpx.AsyncClient
) -> None:
    exchange.rest.faults.route = "/instruments"
    exchange.rest.faults.refuse(HTTPStatus.BAD_GATEWAY, times=1)
    assert (await client.get("/user/profile", headers=PROOF)).status_code == 200
    answer = await client.get("/instruments/NSE")
    assert (answer.status_code, "502 Bad Gateway" in answer.text) == (502, True)
    assert (await client.get("/instruments/NSE")).status_code == 200


async def test_answers_can_be_slow(exchange: SimulatedExchange, client: httpx.AsyncClient) -> None:
    exchange.rest.faults.delay = 60
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/user/profile", timeout=0.05)


async def test_every_answer_has_the_exchanges_time(clock: Clock, client: httpx.AsyncClient) -> None:
    for path in ("/instruments", "/user/profile", "/nowhere", "/connect/login?api_key=simulated"):
        assert (await client.get(path)).headers["date"] == "Mon, 23 Nov 2026 01:25:13 GMT"


async def test_what_is_not_there_and_what_is_not_allowed(client: httpx.AsyncClient) -> None:
    assert_refused(await client.get("/orders"), 404, "GeneralException", "Route not found.")
    assert_refused(await client.put("/session/token"), 405, "GeneralException", "Method not allowed.")


async def test_an_exchange_serves_no_rest_unless_it_is_to() -> None:
    async with SimulatedExchange(rate=0) as exchange:
        with pytest.raises(RuntimeError, match="`rest_port`"):
            _ = exchange.rest.url


async def test_a_rest_port_in_use_is_an_error_of_the_system_and_leaves_nothing() -> None:
    tasks = asyncio.all_tasks()
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        port = httpx.URL(exchange.rest.url).port
        with pytest.raises(OSError, match="in use"):
            await SimulatedExchange(rate=0, rest_port=port).__aenter__()
    assert asyncio.all_tasks() == tasks


async def test_the_official_client_logs_in_lists_and_logs_out(
    exchange: SimulatedExchange, client: httpx.AsyncClient
) -> None:
    token = (await requested(client))["request_token"]

    def official() -> None:
        kite = KiteConnect("simulated", root=exchange.rest.url)
        session = kite.generate_session(token, API_SECRET)
        kite.set_access_token(session["access_token"])
        assert kite.profile()["user_id"] == "SIM001"
        listed = kite.instruments("NSE")
        infy = next(each for each in listed if each["tradingsymbol"] == "INFY")
        assert (infy["instrument_token"], infy["tick_size"]) == (408065, 0.1)
        assert kite.invalidate_access_token() is True
        with pytest.raises(TokenException, match="Incorrect"):
            kite.profile()

    await asyncio.to_thread(official)
