"""The small server answers whole requests, refuses what is none, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx
import pytest

from kitetui.account.redirect import HOST, BrowserRequest, Response, listening

PATIENCE = 10.0


async def echo(request: BrowserRequest) -> Response:
    text = f"{request.method} {request.path} {dict(request.query)} {request.form} {request.headers['x-mine']}"
    return Response(HTTPStatus.ACCEPTED, text.encode(), {"x-yours": "b"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with listening(echo, 0) as port:
        yield port


@pytest.fixture
async def client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", headers={"X-Mine": "a"}) as client:
        yield client


async def raw(port: int, sent: bytes) -> bytes:
    """What is answered to these bytes, until the server closes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        return answer


async def test_a_request_comes_whole_and_so_does_its_answer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/a/b?c=%20d&e=", data={"f": "&="})
    assert answer.status_code == 202
    assert answer.headers["x-yours"] == "b"
    assert answer.text == "POST /a/b {'c': ' d', 'e': ''} {'f': '&='} a"


async def test_a_body_may_come_in_pieces(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"f=1", b"&g=2"):
            yield piece
            await asyncio.sleep(0)

    assert "{'f': '1', 'g': '2'}" in (await client.post("/", content=pieces())).text


async def test_many_are_answered_at_once(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(50)))
    assert [answer.text.split()[1] for answer in answers] == [f"/{number}" for number in range(50)]


async def test_what_is_no_request_is_refused(port: int) -> None:
    assert (await raw(port, b"\x16\x03\x01 not a request\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert (await raw(port, b"GET //[ HTTP/1.1\r\nhost: h\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert (await raw(port, b"HEAD / HTTP/1.1\r\nhost: h\r\n\r\n")).startswith(b"HTTP/1.1 405 ")
    assert (await raw(port, b"GET / HTTP/1.1\r\nx: " + b"y" * 100_000)).startswith(b"HTTP/1.1 431 ")


async def test_a_body_without_end_is_refused(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10000000\r\n\r\n"
    assert (await raw(port, head + b"x" * 70_000)).startswith(b"HTTP/1.1 413 ")


async def test_who_leaves_in_the_middle_disturbs_nobody(port: int, client: httpx.AsyncClient) -> None:
    for start in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nab"):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(start)
        writer.close()
        await writer.wait_closed()
    assert (await client.get("/")).status_code == 202


async def test_an_answer_can_break_off() -> None:
    async def half(_: BrowserRequest) -> Response:
        return Response(HTTPStatus.OK, b"x" * 1000, sent=500)

    async with listening(half, 0) as port, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError, match="received 500 bytes, expected 1000"):
            await client.get(f"http://{HOST}:{port}/")


async def test_closing_ends_what_is_still_being_answered() -> None:
    asked = asyncio.Event()

    async def never(_: BrowserRequest) -> Response:
        asked.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    tasks = asyncio.all_tasks()
    async with asyncio.timeout(PATIENCE):
        async with listening(never, 0) as port:
            readers = [await asyncio.open_connection(HOST, port) for _ in range(2)]
            readers[0][1].write(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            await asked.wait()
        for reader, writer in readers:
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
    assert asyncio.all_tasks() == tasks


async def test_a_port_in_use_is_an_error_of_the_system(port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        await listening(echo, port).__aenter__()


async def test_an_error_in_the_block_is_raised_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with listening(echo, 0):
            raise LookupError("mine")
