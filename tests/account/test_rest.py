"""Kite's REST as accounts use it, against the simulated exchange and against what is not Kite at all."""

from __future__ import annotations

import gzip
import io
import logging
import time
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from kitetui.account import EndpointProfile
from kitetui.account.problems import (
    KeyPairError,
    RefusedError,
    RequestTokenError,
    ServiceDownError,
    TokenEndedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from kitetui.account.redirect import HOST, BrowserRequest, Response, listening
from kitetui.account.rest import KiteRest, User, authorization
from kitetui.errors import UserError
from kitetui.instruments.listing import ListError
from kitetui.instruments.master import Master
from kitetui.instruments.sync import sync
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import an_hour_ahead, free_port, request_token, service_of

SECRET = "simulated-secret"
TOKEN = "t0ken-of-the-day"


@pytest.fixture
async def kite(exchange: SimulatedExchange) -> AsyncIterator[KiteRest]:
    async with KiteRest(service_of(exchange), "simulated") as kite:
        yield kite


@asynccontextmanager
async def answering(
    status: int, body: bytes | str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[KiteRest]:
    """A client of a service that answers everything so."""

    async def answer(_: BrowserRequest) -> Response:
        data = body.encode() if isinstance(body, str) else body
        return Response(HTTPStatus(status), data, headers or {})

    async with listening(answer, 0) as port, KiteRest(_service(port), "k3y") as kite:
        yield kite


def _service(port: int, host: str = HOST) -> EndpointProfile:
    root = f"http://{host}:{port}"
    return EndpointProfile("test", root, f"{root}/login", "ws://127.0.0.1/")


async def error_of(asked: Awaitable[object]) -> UserError:
    """The error that a request ends with; it carries nothing of the request."""
    with pytest.raises(UserError) as caught:
        await asked
    text = "".join(traceback.format_exception(caught.value))
    assert not any(secret in text for secret in (SECRET, TOKEN))
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)
    return caught.value


async def test_a_request_token_becomes_the_token_of_the_day(
    exchange: SimulatedExchange, kite: KiteRest
) -> None:
    before = time.time()
    session = await kite.exchange(await request_token(exchange), SECRET)
    assert session.access_token in exchange.url_with_credentials
    assert session.user_id == "SIM001"
    assert before - 2 < session.issued_at < time.time() + 1
    assert await kite.user(session.access_token) == User("SIM001", "Simulated User")


async def test_the_same_request_token_is_not_taken_twice(exchange: SimulatedExchange, kite: KiteRest) -> None:
    token = await request_token(exchange)
    session = await kite.exchange(token, SECRET)
    error = await error_of(kite.exchange(token, SECRET))
    assert isinstance(error, RequestTokenError)
    assert "works once and for minutes; run kitetui login again" in str(error)
    assert (await kite.user(session.access_token)).user_id == "SIM001"


async def test_a_wrong_secret_says_so(exchange: SimulatedExchange, kite: KiteRest) -> None:
    error = await error_of(kite.exchange(await request_token(exchange), "wrong"))
    assert isinstance(error, KeyPairError)
    assert "secret is not that of the API key; give both with kitetui login --new" in str(error)


async def test_an_unknown_key_says_so(exchange: SimulatedExchange) -> None:
    async with KiteRest(service_of(exchange), "unknown") as kite:
        error = await error_of(kite.exchange("token", SECRET))
    assert isinstance(error, KeyPairError)
    assert "does not know the API key" in str(error)


async def test_a_token_that_was_ended_says_so(exchange: SimulatedExchange, kite: KiteRest) -> None:
    assert (await kite.user("simulated")).name == "Simulated User"
    await kite.revoke("simulated")
    for asked in (kite.user("simulated"), kite.revoke("simulated")):
        error = await error_of(asked)
        assert isinstance(error, TokenEndedError)
        assert error.exit_code == 3
        assert str(error).endswith("run kitetui login")


@pytest.mark.parametrize("status", [HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_a_service_that_is_down_says_so(
    exchange: SimulatedExchange, kite: KiteRest, status: HTTPStatus
) -> None:
    exchange.rest.faults.refuse(status, times=1)
    error = await error_of(kite.user("simulated"))
    assert isinstance(error, ServiceDownError)
    assert f"({status.value}); try again in a few minutes" in str(error)
    assert (await kite.user("simulated")).user_id == "SIM001"


async def test_an_answer_that_takes_too_long_is_not_waited_for(exchange: SimulatedExchange) -> None:
    exchange.rest.faults.delay = 60
    async with KiteRest(service_of(exchange), "simulated", timeout=0.05) as kite:
        error = await error_of(kite.user("simulated"))
    assert isinstance(error, UnreachableError)
    assert "took too long" in str(error)


async def test_where_nobody_listens_there_is_no_answer() -> None:
    async with KiteRest(_service(free_port()), "k3y") as kite:
        error = await error_of(kite.user(TOKEN))
    assert isinstance(error, UnreachableError)
    assert str(error).startswith("no answer from 127.0.0.1: nothing listens there")


async def test_a_name_that_is_not_known_is_told_from_silence() -> None:
    service = EndpointProfile(
        "test", "https://nowhere.invalid", "https://nowhere.invalid", "wss://nowhere.invalid"
    )
    async with KiteRest(service, "k3y-of-sixteen-c") as kite:
        error = await error_of(kite.user(TOKEN))
    assert str(error).startswith("no answer from nowhere.invalid: ")


async def test_what_does_not_speak_http_is_said() -> None:
    async with answering(200, b"x") as plain:
        service = EndpointProfile(
            "test",
            plain.endpoint.rest.replace("http:", "https:"),
            plain.endpoint.login,
            plain.endpoint.socket,
        )
        async with KiteRest(service, "k3y") as kite:
            error = await error_of(kite.user(TOKEN))
    assert "cannot be made secure" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        "<html>log in to this hotel</html>",
        "",
        "[]",
        "null",
        '"success"',
        '{"status": "fine"}',
        '{"data": {}}',
        b"\xff\xfe",
        "[" * 100_000,
    ],
    ids=["html", "nothing", "list", "null", "text", "status", "no status", "no text", "deep"],
)
async def test_an_answer_in_another_form_is_not_taken_for_kites(body: bytes | str) -> None:
    async with answering(200, body) as kite:
        error = await error_of(kite.user(TOKEN))
    assert isinstance(error, UnexpectedAnswerError)
    assert "status 200" in str(error)


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    async with answering(302, "", {"location": "http://127.0.0.1/elsewhere"}) as kite:
        assert isinstance(await error_of(kite.user(TOKEN)), UnexpectedAnswerError)


@pytest.mark.parametrize(
    "data",
    [
        "null",
        "[]",
        "{}",
        '{"access_token": 5}',
        '{"access_token": ""}',
        '{"access_token": "a b"}',
        '{"access_token": "a\\u001bb"}',
        '{"access_token": "a\\r\\nx: y"}',
        '{"access_token": "₹"}',
    ],
)
async def test_a_session_without_a_token_that_can_be_sent_is_none(data: str) -> None:
    async with answering(200, f'{{"status": "success", "data": {data}}}') as kite:
        error = await error_of(kite.exchange("token", SECRET))
    assert isinstance(error, UnexpectedAnswerError)
    assert "no access token" in str(error)


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        (403, "TokenException", "Incorrect `api_key` or `access_token`.", TokenEndedError),
        (403, "PermissionException", "Insufficient permission", RefusedError),
        (400, "InputException", "Missing or bad parameters", RefusedError),
        (429, "NetworkException", "Too many requests", ServiceDownError),
        (400, "NetworkException", "OMS is away", ServiceDownError),
        (500, "GeneralException", "Something unexpected", ServiceDownError),
        (200, "GeneralException", "An error with status 200", RefusedError),
        (400, "", "", RefusedError),
    ],
)
async def test_each_refusal_of_kite_is_an_error_of_its_own(
    status: int, kind: str, message: str, expected: type[UserError]
) -> None:
    body = f'{{"status": "error", "message": "{message}", "error_type": "{kind}", "data": null}}'
    async with answering(status, body) as kite:
        error = await error_of(kite.user(TOKEN))
    assert type(error) is expected
    if expected is RefusedError:
        assert (message or "no reason given") in str(error)


async def test_what_kite_says_cannot_move_the_terminal_nor_show_a_secret() -> None:
    body = '{"status": "error", "message": "bad\\u001b[2J\\naccess_token=t0ken-of-the-day %s"}' % ("x" * 1000)
    async with answering(400, body) as kite:
        error = await error_of(kite.user(TOKEN))
    assert str(error).isprintable()
    assert len(str(error)) < 300


async def test_a_name_is_shown_as_plain_text() -> None:
    body = '{"status": "success", "data": {"user_id": 5, "user_name": "A\\u001b]0;B\\u0007%s"}}' % ("C" * 200)
    async with answering(200, body) as kite:
        user = await kite.user(TOKEN)
    assert user.user_id == "5"
    assert user.name.startswith("A�]0;B�C")
    assert len(user.name) == 60


async def test_a_clock_an_hour_off_is_measured_and_does_not_move_the_token() -> None:
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        async with KiteRest(service_of(exchange), "simulated", now=an_hour_ahead) as kite:
            assert kite.clock_ahead is None
            session = await kite.exchange(await request_token(exchange), SECRET)
        assert kite.clock_ahead == pytest.approx(3600, abs=5)
        assert session.issued_at == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 01:25:13 GMT"])
async def test_a_server_without_a_clock_tells_nothing_of_ours(date: str) -> None:
    body = '{"status": "success", "data": {"user_id": "A", "user_name": "B"}}'
    async with answering(200, body, {"date": date}) as kite:
        await kite.user(TOKEN)
        assert kite.clock_ahead is None


async def test_no_secret_reaches_a_log(
    exchange: SimulatedExchange, kite: KiteRest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await request_token(exchange)
    caplog.clear()
    session = await kite.exchange(token, SECRET)
    await kite.user(session.access_token)
    await kite.revoke(session.access_token)
    assert "DELETE" in caplog.text
    assert not any(secret in caplog.text for secret in (SECRET, token, session.access_token))
    assert session.access_token not in repr(session) + repr(kite)
    assert not logging.getLogger("httpx").filters  # which is the host's


async def test_the_headers_of_a_login_are_kites() -> None:
    assert authorization("key", "token") == {"X-Kite-Version": "3", "Authorization": "token key:token"}


async def test_every_request_names_the_version(exchange: SimulatedExchange) -> None:
    seen: list[str | None] = []

    async def answer(request: BrowserRequest) -> Response:
        seen.append(request.headers.get("x-kite-version"))
        return Response(HTTPStatus.OK, b'{"status": "success", "data": {"access_token": "a"}}')

    async with listening(answer, 0) as port, KiteRest(_service(port), "k3y") as kite:
        await kite.exchange("token", SECRET)
        await kite.user(TOKEN)
        await kite.revoke(TOKEN)
    assert seen == ["3", "3", "3"]


@pytest.mark.parametrize("asked", [KiteRest.user, KiteRest.revoke])
async def test_an_answer_that_breaks_off_is_said(
    asked: Callable[[KiteRest, str], Awaitable[object]],
) -> None:
    async def half(_: BrowserRequest) -> Response:
        return Response(HTTPStatus.OK, b'{"status": "success"}', sent=5)

    async with listening(half, 0) as port, KiteRest(_service(port), "k3y") as kite:
        assert "broke off" in str(await error_of(asked(kite, TOKEN)))


async def test_the_list_of_instruments_is_written_as_it_is_sent(
    exchange: SimulatedExchange, kite: KiteRest
) -> None:
    file, told = io.BytesIO(), []
    await kite.instruments(file, progress=lambda received, total: told.append((received, total)))
    assert gzip.decompress(file.getvalue()).count(b"\n") == len(exchange.instruments) + 1
    assert told[-1] == (len(file.getvalue()), len(file.getvalue()))
    assert kite.clock_ahead == pytest.approx(0, abs=5)


async def test_the_list_is_asked_for_with_a_token_only_where_there_is_one() -> None:
    asked: list[Mapping[str, str]] = []

    async def answer(request: BrowserRequest) -> Response:
        asked.append(request.headers)
        return Response(HTTPStatus.OK, b"list")

    async with listening(answer, 0) as port, KiteRest(_service(port), "k3y") as kite:
        await kite.instruments(io.BytesIO())
        await kite.instruments(io.BytesIO(), access_token=TOKEN)
    assert [headers.get("authorization") for headers in asked] == [None, f"token k3y:{TOKEN}"]
    assert all(headers["x-kite-version"] == "3" for headers in asked)
    assert all("gzip" in headers["accept-encoding"] for headers in asked)


async def test_a_list_that_is_refused_is_not_written() -> None:
    file = io.BytesIO()
    body = '{"status": "error", "message": "no", "error_type": "TokenException"}'
    async with answering(403, body) as kite:
        assert isinstance(await error_of(kite.instruments(file, access_token=TOKEN)), TokenEndedError)
    async with answering(502, "<html>Bad gateway</html>") as kite:
        assert isinstance(await error_of(kite.instruments(file)), ServiceDownError)
    async with answering(302, "", {"location": "http://127.0.0.1/elsewhere"}) as kite:
        assert isinstance(await error_of(kite.instruments(file)), UnexpectedAnswerError)
    assert file.getvalue() == b""


async def test_a_list_that_breaks_off_is_said(exchange: SimulatedExchange, kite: KiteRest) -> None:
    exchange.rest.faults.truncated = True
    assert "broke off" in str(await error_of(kite.instruments(io.BytesIO())))


async def test_a_list_for_which_nobody_is_there_is_said() -> None:
    async with KiteRest(_service(free_port()), "k3y") as kite:
        assert "nothing listens there" in str(await error_of(kite.instruments(io.BytesIO())))


PACKED = gzip.compress(bytes(80 * 2**20), 1)
"""Less than a megabyte, or 80."""


@pytest.mark.parametrize("status", [200, 403])
async def test_an_answer_that_unpacks_to_far_too_much_is_refused_before_it_is_unpacked(status: int) -> None:
    async with answering(status, PACKED, {"content-encoding": "gzip"}) as kite:
        tracemalloc.start()
        try:
            error = await error_of(kite.user(TOKEN))
            assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
        finally:
            tracemalloc.stop()
    assert isinstance(error, UnexpectedAnswerError)
    assert "more than 1 MB where far less is usual; look whether the network has" in str(error)


async def test_an_answer_that_is_far_too_large_as_sent_is_refused() -> None:
    async with answering(200, bytes(3 * 2**20)) as kite:
        assert "more than 1 MB" in str(await error_of(kite.user(TOKEN)))


async def test_an_answer_in_gzip_is_read() -> None:
    body = b'{"status": "success", "data": {"user_id": "AB1234", "user_name": "A"}}'
    async with answering(200, gzip.compress(body), {"content-encoding": "gzip"}) as kite:
        assert await kite.user(TOKEN) == User("AB1234", "A")


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (b"no gzip", "gzip", "gzip that cannot be read"),
        (b"{}", "gzip, gzip", "an encoding that was not asked for"),
        (b"{}", "br", "an encoding that was not asked for"),
    ],
)
async def test_a_body_that_cannot_be_unpacked_says_so(body: bytes, encoding: str, said: str) -> None:
    async with answering(200, body, {"content-encoding": encoding}) as kite:
        error = await error_of(kite.user(TOKEN))
    assert isinstance(error, UnexpectedAnswerError)
    assert said in str(error)


async def test_a_list_that_is_far_too_large_as_sent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitetui.account.rest._LARGEST_LIST", 2**20)
    async with answering(200, bytes(3 * 2**20)) as kite:
        file = io.BytesIO()
        assert "more than 1 MB" in str(await error_of(kite.instruments(file)))
        assert file.tell() <= 2**20


async def test_a_list_that_unpacks_to_far_too_much_is_refused_in_little_memory(tmp_path: Path) -> None:
    async def answer(_: BrowserRequest) -> Response:
        return Response(HTTPStatus.OK, PACKED, {"content-encoding": "gzip"})

    master = Master(tmp_path / "list.sqlite")
    async with listening(answer, 0) as port:
        tracemalloc.start()
        try:
            with pytest.raises(ListError, match="the list of instruments has more than 64 MB"):
                await sync(master, _service(port), None, lambda received, total: None)
            assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
        finally:
            tracemalloc.stop()
    assert master.read() is None
