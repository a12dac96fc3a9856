"""The list of the day is got over REST; whatever comes instead, yesterday's is there still."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import tempfile
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest

from kitetui.account import rest
from kitetui.account.problems import (
    ServiceDownError,
    TokenEndedError,
    UnexpectedAnswerError,
    UnreachableError,
)
from kitetui.account.profiles import EndpointProfile
from kitetui.account.redirect import BrowserRequest, Response, listening
from kitetui.account.secrets import Secrets
from kitetui.errors import UserError
from kitetui.instruments import Kind
from kitetui.instruments.listing import ListError
from kitetui.instruments.master import Imported, Master
from kitetui.instruments.sync import sync
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import free_port, service_of
from tests.instruments.helpers import (
    COLUMNS,
    import_into,
    kept,
    service_at,
    share,
    table_of,
    universe_at,
)

LOGIN = Secrets(api_key="simulated", access_token="simulated")
DEAD = Secrets(api_key="simulated", access_token="t0ken-of-yesterday")
YESTERDAYS = [share(f"S{number}") for number in range(40)]
LIST = table_of([share(f"S{number}", "A SHARE") for number in range(30, 80)])


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    """A simulated exchange with its REST, and a market that stands still."""
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        yield exchange


@pytest.fixture
def master(tmp_path: Path) -> Master:
    """The list of yesterday."""
    master = Master(tmp_path / "cache" / "list.sqlite")
    import_into(master, YESTERDAYS)
    return master


async def got(master: Master, service: EndpointProfile, login: Secrets | None = None) -> Imported:
    return await sync(master, service, login, lambda received, total: None)


async def refusal(master: Master, service: EndpointProfile, login: Secrets | None = None) -> UserError:
    """Why there is no list of today; yesterday's is there still, and nothing half done beside it."""
    before = kept(master)
    with pytest.raises(UserError) as caught:
        await got(master, service, login)
    assert kept(master) == before
    assert [each.name for each in master.path.parent.iterdir()] == [master.path.name]
    assert ";" in str(caught.value)
    assert str(caught.value).isprintable()
    assert DEAD.access_token not in str(caught.value)
    return caught.value


async def refusal_of(master: Master, response: Response, login: Secrets | None = None) -> UserError:
    """Why there is no list of today at a service that answers so."""

    async def answer(_: BrowserRequest) -> Response:
        return response

    async with listening(answer, 0) as port:
        return await refusal(master, service_at(port), login)


async def test_the_list_of_an_exchange_is_what_it_trades(exchange: SimulatedExchange, tmp_path: Path) -> None:
    master = Master(tmp_path / "new" / "list.sqlite")
    imported = await got(master, service_of(exchange))
    assert (imported.rows, imported.remarks) == (len(exchange.instruments), [])
    universe = universe_at(master)
    for each in exchange.instruments:
        found = universe.resolve(each.key)
        assert universe.by_token(each.instrument_token) == found
        assert (found.name, found.kind, found.expiry, found.strike) == (
            each.name,
            each.kind,
            each.expiry,
            each.strike,
        )
        if each.kind is not Kind.INDEX:
            assert (found.tick_size, found.lot_size) == (each.tick_size, each.lot_size), each.key


async def test_what_is_synced_is_searched_as_what_ships(exchange: SimulatedExchange, master: Master) -> None:
    await got(master, service_of(exchange))
    universe = universe_at(master)
    assert universe.search("nifty 25000 ce", 1)[0].key == "NFO:NIFTY26DEC25000CE"
    assert [each.key for each in universe.default_watchlist()] == [
        each.key for each in exchange.universe.default_watchlist()
    ]


async def test_a_large_exchange_is_synced_whole(tmp_path: Path) -> None:
    async with SimulatedExchange(symbols=3_000, rate=0, rest_port=0) as exchange:
        master = Master(tmp_path / "list.sqlite")
        assert (await got(master, service_of(exchange))).rows == 3_000


async def test_it_is_told_how_much_has_come_of_how_much(exchange: SimulatedExchange, master: Master) -> None:
    told: list[tuple[int, int | None]] = []
    await sync(master, service_of(exchange), None, lambda received, total: told.append((received, total)))
    assert told == sorted(told)
    received, total = told[-1]
    assert received == total


async def test_a_list_is_stored_with_the_time_at_which_it_came(
    exchange: SimulatedExchange, master: Master
) -> None:
    await sync(master, service_of(exchange), None, lambda received, total: None, now=lambda: 1_234.5)
    stored = master.read()
    assert stored is not None
    assert stored.fetched_at == 1_234.5


@pytest.mark.parametrize("login", [None, LOGIN, DEAD, Secrets(api_key="simulated")])
async def test_a_list_is_for_everybody_whatever_the_login(
    exchange: SimulatedExchange, master: Master, login: Secrets | None
) -> None:
    await got(master, service_of(exchange), login)
    assert len(kept(master)) == len(exchange.instruments)


async def test_a_login_is_asked_as_first_and_nobody_only_after_it_has_ended(master: Master) -> None:
    asked: list[str | None] = []

    async def answer(request: BrowserRequest) -> Response:
        asked.append(request.headers.get("authorization"))
        return _ended() if asked[-1] else Response(HTTPStatus.OK, LIST)

    async with listening(answer, 0) as port:
        await got(master, service_at(port), DEAD)
    assert asked == [f"token {DEAD.api_key}:{DEAD.access_token}", None]


async def test_a_service_that_wants_a_login_says_so(master: Master) -> None:
    for login in (None, DEAD):
        error = await refusal_of(master, _ended(), login)
        assert isinstance(error, TokenEndedError)
        assert str(error).endswith("run kitetui login")


@pytest.mark.parametrize("status", [HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT])
async def test_a_service_that_is_down_leaves_yesterdays_and_the_next_try_brings_todays(
    exchange: SimulatedExchange, master: Master, status: HTTPStatus
) -> None:
    exchange.rest.faults.refuse(status, times=1)
    error = await refusal(master, service_of(exchange), LOGIN)
    assert isinstance(error, ServiceDownError)
    assert str(status.value) in str(error)
    await got(master, service_of(exchange))
    assert len(kept(master)) == len(exchange.instruments)


async def test_a_download_that_breaks_off_leaves_yesterdays(
    exchange: SimulatedExchange, master: Master
) -> None:
    exchange.rest.faults.truncated = True
    error = await refusal(master, service_of(exchange))
    assert isinstance(error, UnreachableError)
    assert "broke off" in str(error)


async def test_a_download_that_is_said_to_be_whole_and_is_not_leaves_yesterdays(master: Master) -> None:
    sent = gzip.compress(LIST)
    error = await refusal_of(master, Response(HTTPStatus.OK, sent[: len(sent) // 2]))
    assert isinstance(error, ListError)
    assert "broke off on the way; try again" in str(error)


async def test_a_download_that_ends_with_its_connection_leaves_yesterdays(master: Master) -> None:
    sent = gzip.compress(LIST)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + sent[: len(sent) // 2])
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        error = await refusal(master, service_at(server.sockets[0].getsockname()[1]))
    assert "broke off on the way; try again" in str(error)


@pytest.mark.parametrize(
    "body", [b"<html>log in to this hotel</html>", b"", b'{"status": "success", "data": []}']
)
async def test_what_answers_in_the_place_of_kite_leaves_yesterdays(master: Master, body: bytes) -> None:
    error = await refusal_of(master, Response(HTTPStatus.OK, body, {"content-type": "text/html"}))
    assert isinstance(error, ListError)
    assert "look whether the network has a login page or a proxy" in str(error)


async def test_a_redirect_to_a_login_page_leaves_yesterdays(master: Master) -> None:
    response = Response(HTTPStatus.FOUND, b"", {"location": "http://127.0.0.1/hotel"})
    assert isinstance(await refusal_of(master, response), UnexpectedAnswerError)


async def test_a_list_with_other_columns_leaves_yesterdays(master: Master) -> None:
    renamed = [name.replace("tradingsymbol", "symbol") for name in COLUMNS]
    error = await refusal_of(master, Response(HTTPStatus.OK, table_of(YESTERDAYS, renamed)))
    assert str(error) == "the list of instruments has no column tradingsymbol; update kitetui"


async def test_a_list_half_as_long_leaves_yesterdays(master: Master) -> None:
    error = await refusal_of(master, Response(HTTPStatus.OK, table_of(YESTERDAYS[:19])))
    assert "has 19 instruments and the one before had 40" in str(error)


async def test_where_nobody_listens_yesterdays_is_kept(master: Master) -> None:
    error = await refusal(master, service_at(free_port()))
    assert isinstance(error, UnreachableError)
    assert "nothing listens there" in str(error)


async def test_an_answer_that_never_comes_is_not_waited_for(
    exchange: SimulatedExchange, master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "_DOWNLOAD_TIMEOUT", 0.05)
    exchange.rest.faults.delay = 60
    error = await refusal(master, service_of(exchange))
    assert isinstance(error, UnreachableError)
    assert "took too long" in str(error)


async def test_a_download_that_is_called_off_leaves_yesterdays(
    exchange: SimulatedExchange, master: Master
) -> None:
    exchange.rest.faults.delay = 60
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await got(master, service_of(exchange))
    assert len(kept(master)) == len(YESTERDAYS)
    assert [each.name for each in master.path.parent.iterdir()] == [master.path.name]


async def test_without_a_folder_to_write_in_nothing_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    master = Master(tmp_path / "file" / "list.sqlite")
    with pytest.raises(UserError, match=r"cannot be kept in .*; make room there, or make"):
        await got(master, service_at(free_port()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("size", [100, 1_000_000], ids=["at its end", "on the way"])
async def test_a_disk_that_is_full_leaves_yesterdays(
    master: Master, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    def on_a_full_disk(*, prefix: str, dir: Path) -> tuple[int, str]:  # noqa: A002 - as it is called
        name = dir / f"{prefix}full"
        name.symlink_to("/dev/full")
        return os.open(os.devnull, os.O_RDONLY), str(name)

    monkeypatch.setattr(tempfile, "mkstemp", on_a_full_disk)
    error = await refusal_of(master, Response(HTTPStatus.OK, b"x" * size))
    assert str(error) == (
        f"the instrument list cannot be kept in {master.path.parent}: No space left on device; "
        "make room there, or make the folder writable"
    )


async def test_no_token_reaches_a_log(
    exchange: SimulatedExchange, master: Master, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await got(master, service_of(exchange), DEAD)
    assert "/instruments" in caplog.text
    assert DEAD.access_token not in caplog.text


async def test_two_at_the_same_time_bring_one_list(exchange: SimulatedExchange, master: Master) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(got(master, service_of(exchange)))
    assert len(kept(master)) == len(exchange.instruments)
    assert [each.name for each in master.path.parent.iterdir()] == [master.path.name]


def _ended() -> Response:
    return Response(
        HTTPStatus.FORBIDDEN,
        b'{"status": "error", "message": "Incorrect `api_key`.", "error_type": "TokenException"}',
    )
