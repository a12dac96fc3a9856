"""A feed that is down for good: whoever iterates the manager is told, states remain states."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from kitetui.errors import UserError
from kitetui.feed import (
    Account,
    ConnectionChanged,
    ConnectionState,
    FeedDownError,
    KiteManagerConfig,
    KiteTickerManager,
    TickerMessage,
)
from tests.feed.helpers import becomes, manager_on, running
from tests.feed.server import PATIENCE, ScriptedServer
from tests.wire.packets import INFY, token

TOKENS = [token("NSE", number) for number in range(1, 4)]


async def read_to_the_end(manager: KiteTickerManager) -> list[TickerMessage]:
    """Iterate a manager as README does."""
    async with asyncio.timeout(PATIENCE):
        return [message async for message in manager]


async def test_a_login_refused_at_the_start_ends_the_iteration_with_a_remedy(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    async with manager_on(server, max_connections=3) as manager:
        await manager.subscribe_symbols(TOKENS)
        with pytest.raises(FeedDownError) as caught:
            await read_to_the_end(manager)
        error = caught.value
        assert error.problem == (
            "the feed is down: login refused (403): the access token has expired or is wrong"
        )
        assert error.remedy.startswith("log in again")
        assert str(error) == f"{error.problem}; {error.remedy}"
        assert isinstance(error, UserError)
        with pytest.raises(FeedDownError):
            await read_to_the_end(manager)


async def test_what_was_said_before_is_read_first(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    async with manager_on(server) as manager:
        messages = manager.stream(raise_when_down=True)
        await manager.subscribe_symbols([INFY])
        await becomes(messages, ConnectionState.DOWN)
        with pytest.raises(FeedDownError):
            await anext(messages)
        assert [each async for each in messages] == [], "it is told once"


async def test_attempts_that_ran_out_end_the_iteration(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.BAD_GATEWAY
    async with manager_on(server, max_reconnect_attempts=1) as manager:
        await manager.subscribe_symbols([INFY])
        with pytest.raises(FeedDownError, match="gave up after 1 attempts") as caught:
            await read_to_the_end(manager)
        assert "start it again" in caught.value.remedy


async def test_attempts_run_out_for_good_though_the_token_is_a_function(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.BAD_GATEWAY
    config = KiteManagerConfig(
        endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01, max_reconnect_attempts=1
    )
    async with KiteTickerManager("key", lambda: "token", config) as manager:
        await manager.subscribe_symbols([INFY])
        with pytest.raises(FeedDownError):
            await read_to_the_end(manager)


async def test_a_stream_waits_unless_it_was_asked_to_raise(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        await becomes(reader, ConnectionState.DOWN)
        waiting = asyncio.ensure_future(anext(reader))
        with pytest.raises(FeedDownError):
            await read_to_the_end(manager)
        assert not waiting.done()
        await manager.stop()
        message = await waiting
        assert isinstance(message, ConnectionChanged)
        assert message.state is ConnectionState.UNUSED


async def test_while_it_waits_for_another_token_it_warns_and_goes_on(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    current = "of yesterday"
    server.refuse_with = HTTPStatus.FORBIDDEN
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, health_check_interval=0.01)
    manager = KiteTickerManager("key", lambda: current, config)
    async with running(manager):
        mortal = manager.stream(raise_when_down=True)
        await manager.subscribe_symbols([INFY])
        await becomes(mortal, ConnectionState.DOWN)
        server.refuse_with = None
        current = "of today"
        await becomes(mortal, ConnectionState.LIVE)
    (warning,) = [each.getMessage() for each in caplog.records if each.name == "kitetui.feed"]
    assert "connection 0: login refused (403)" in warning
    assert "waits for another token" in warning
    assert "of yesterday" not in warning


async def test_one_account_that_is_refused_does_not_end_what_another_brings(server: ScriptedServer) -> None:
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1)
    accounts = [Account("one", "first", "t"), Account("two", "second", "t")]
    manager = KiteTickerManager(accounts=accounts, config=config)
    async with running(manager) as reader:
        mortal = manager.stream(raise_when_down=True)
        await manager.subscribe_symbols(TOKENS[:1], account="one")
        peer = await server.accept()
        await becomes(reader, ConnectionState.LIVE, 0)
        server.refuse_with = HTTPStatus.FORBIDDEN
        await manager.subscribe_symbols(TOKENS[1:2], account="two")
        await becomes(reader, ConnectionState.DOWN, 1)
        while mortal.recv_nowait() is not None:
            pass
        waiting = asyncio.ensure_future(anext(mortal))
        await asyncio.sleep(0)
        assert not waiting.done()
        await manager.unsubscribe_symbols(TOKENS[:1])
        peer.drop()
        await waiting
        with pytest.raises(FeedDownError):
            await becomes(mortal, ConnectionState.LIVE)


async def test_a_stop_is_an_end_like_any_other_though_a_connection_is_down(server: ScriptedServer) -> None:
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1)
    accounts = [Account("one", "first", "t"), Account("two", "second", "t")]
    manager = KiteTickerManager(accounts=accounts, config=config)
    async with running(manager) as reader:
        server.refuse_with = HTTPStatus.FORBIDDEN
        await manager.subscribe_symbols(TOKENS[:1], account="two")
        await becomes(reader, ConnectionState.DOWN, 1)
        server.answer.clear()
        await manager.subscribe_symbols(TOKENS[1:2], account="one")
        await server.dialled(2)
        mortal = manager.stream(raise_when_down=True)
        await manager.stop()
        assert [each async for each in mortal]
