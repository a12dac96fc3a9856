"""How a connection is made: credentials, refusals, and the waits between attempts."""

from __future__ import annotations

import logging
from http import HTTPStatus
from itertools import count

import pytest

from kitetui.feed import (
    ConnectionChanged,
    ConnectionState,
    FeedState,
    KiteManagerConfig,
    KiteTickerManager,
)
from kitetui.feed.socket import KiteSource
from kitetui.wire import Mode
from tests.feed.helpers import becomes, manager_on, next_of, running
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY


async def test_the_handshake_has_the_credentials_and_kites_version(server: ScriptedServer) -> None:
    manager = KiteTickerManager("the key", "a/b+c=", KiteManagerConfig(endpoint=server.endpoint))
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        await server.accept()
    assert server.dials == [{"api_key": "the key", "access_token": "a/b+c="}]
    assert server.headers[0]["X-Kite-Version"] == "3"


async def test_without_an_api_key_no_credentials_are_sent(server: ScriptedServer) -> None:
    manager = KiteTickerManager(None, config=KiteManagerConfig(endpoint=server.endpoint))
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        await server.accept()
    assert server.dials == [{}]


async def test_a_refused_login_is_down_and_not_dialled_again(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        down = await becomes(reader, ConnectionState.DOWN)
        assert "403" in down.reason
        assert manager.get_status().state is FeedState.DOWN
        server.refuse_with = None
        for _ in range(3):  # dials of others take ample time for this one to dial, would it
            other = manager_on(server)
            await other.subscribe_symbols([INFY])
            async with running(other) as other_reader:
                await becomes(other_reader, ConnectionState.LIVE)
        assert len(server.dials) == 1 + 3
        assert manager.get_stats().connections[0].state is ConnectionState.DOWN


async def test_after_a_refused_login_a_restart_dials_with_the_new_token(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    tokens = iter(["stale", "fresh"])
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1)
    manager = KiteTickerManager("key", lambda: next(tokens), config)
    await manager.subscribe_symbols([INFY])
    async with running(manager) as reader:
        await becomes(reader, ConnectionState.DOWN)
    server.refuse_with = None
    async with running(manager):
        await (await server.accept()).carries({INFY: "quote"})
    assert [dial["access_token"] for dial in server.dials] == ["stale", "fresh"]


async def test_too_many_connections_are_waited_out_for_long(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.TOO_MANY_REQUESTS
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        assert "429" in (await becomes(reader, ConnectionState.RETRYING)).reason
        stats = manager.get_stats().connections[0]
        assert stats.retry_in is not None
        assert stats.retry_in > 30
        assert manager.get_status().state is FeedState.RETRYING


async def test_the_token_is_asked_for_before_every_dial(server: ScriptedServer) -> None:
    numbers = count(1)
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("key", lambda: f"token {next(numbers)}", config)
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        for _ in range(3):
            (await server.accept()).drop()
        await server.accept()
    assert [dial["access_token"] for dial in server.dials[:4]] == ["token 1", "token 2", "token 3", "token 4"]


async def test_a_token_source_that_fails_is_tried_again(server: ScriptedServer) -> None:
    answers = iter([OSError("SECRET"), KeyError("SECRET"), "good"])

    def source() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("key", source, config)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        assert "SECRET" not in (await becomes(reader, ConnectionState.RETRYING)).reason
        await server.accept()
    assert [dial["access_token"] for dial in server.dials] == ["good"]


async def test_attempts_run_out_when_they_are_limited(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.BAD_GATEWAY
    manager = manager_on(server, max_reconnect_attempts=2)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        down = await becomes(reader, ConnectionState.DOWN)
        assert down.reason == "gave up after 2 attempts: the server answered 502"
        assert len(server.dials) == 3


async def test_a_healthy_session_starts_the_count_of_attempts_afresh(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.socket.HEALTHY_AFTER", 0.0)
    manager = manager_on(server, max_reconnect_attempts=1)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        for _ in range(4):
            await becomes(reader, ConnectionState.LIVE)
            (await server.accept()).drop()
        await becomes(reader, ConnectionState.LIVE)


async def test_a_dial_that_takes_long_and_fails_is_no_healthy_session(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.socket.HEALTHY_AFTER", 0.02)
    server.answer.clear()
    manager = manager_on(server, max_reconnect_attempts=2, connection_timeout=0.05)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        down = await becomes(reader, ConnectionState.DOWN)
        assert down.reason == "gave up after 2 attempts: the server did not answer the handshake in time"
        assert manager.get_stats().connections[0].attempt == 3


async def test_after_an_outage_of_its_own_a_place_is_asked_for_again_soon(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        server.refuse_with = HTTPStatus.TOO_MANY_REQUESTS
        peer.drop()
        refused = await next_of(reader, ConnectionChanged, lambda each: "429" in each.reason)
        assert "the server may still count those that were lost here" in refused.reason
        stats = manager.get_stats().connections[0]
        assert stats.retry_in is not None
        assert stats.retry_in < 2


async def test_each_outage_asks_for_its_places_from_the_shortest_wait_on(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.socket.until_freed", lambda draws, cap: iter([0.01, 0.02, 0.03]))
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        for _ in range(3):
            peer = await server.accept()
            server.refuse_with = HTTPStatus.TOO_MANY_REQUESTS
            peer.drop()
            dials = len(server.dials)
            await server.dialled(dials + 2)
            server.refuse_with = None
            await becomes(reader, ConnectionState.LIVE)


async def test_a_handshake_without_an_answer_is_given_up(server: ScriptedServer) -> None:
    server.answer.clear()
    manager = manager_on(server, connection_timeout=0.1)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.reason == "the server did not answer the handshake in time"
        server.answer.set()
        await becomes(reader, ConnectionState.LIVE)


async def test_no_secret_is_logged_whatever_goes_wrong(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("SECRET-KEY", "SECRET-TOKEN", config)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        (await server.accept()).drop()
        server.refuse_with = HTTPStatus.BAD_GATEWAY
        await server.dialled(3)
        server.refuse_with = HTTPStatus.FORBIDDEN
        await becomes(reader, ConnectionState.DOWN)
    client_records = [record for record in caplog.records if record.name != "websockets.server"]
    assert "SECRET" not in "".join(record.getMessage() for record in client_records)


async def test_a_fresh_token_is_picked_up_with_all_subscriptions(server: ScriptedServer) -> None:
    token = "of yesterday"
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, health_check_interval=0.01)
    manager = KiteTickerManager("key", lambda: token, config)
    async with running(manager) as reader:
        server.refuse_with = HTTPStatus.FORBIDDEN
        await manager.subscribe_symbols([INFY], Mode.FULL)
        await becomes(reader, ConnectionState.DOWN)
        server.refuse_with = None
        token = "of today"
        await becomes(reader, ConnectionState.LIVE)
        await (await server.accept()).carries({INFY: "full"})
    assert [dial["access_token"] for dial in server.dials] == ["of yesterday", "of today"]


async def test_a_refused_connection_without_symbols_is_unused_again(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.FORBIDDEN
    manager = manager_on(server, health_check_interval=0.01)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        await becomes(reader, ConnectionState.DOWN)
        await manager.unsubscribe_symbols([INFY])
        await becomes(reader, ConnectionState.UNUSED)


async def test_a_token_that_cannot_be_read_is_tried_again_and_its_error_is_not_repeated(
    server: ScriptedServer,
) -> None:
    def unreadable() -> str:
        raise OSError("cannot parse 's3cr3t'")

    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("key", unreadable, config)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        retrying = await becomes(reader, ConnectionState.RETRYING)
    assert retrying.reason == "the access token could not be read: OSError"
    assert not server.dials


async def test_what_is_lost_after_retries_were_stopped_is_down_and_the_next_start_dials_again(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY])
    async with running(manager) as reader:
        peer = await server.accept()
        await becomes(reader, ConnectionState.LIVE)
        await manager.stop_retrying()
        assert manager.get_stats().connections[0].state is ConnectionState.LIVE
        peer.drop()
        await becomes(reader, ConnectionState.DOWN)
        assert manager.get_stats().connections[0].attempt == 1
    async with running(manager):
        await server.accept()


async def test_an_attempt_to_come_back_ends_when_retries_are_stopped(server: ScriptedServer) -> None:
    server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
    manager = manager_on(server, reconnect_delay=60.0)
    await manager.subscribe_symbols([INFY])
    async with running(manager) as reader:
        await becomes(reader, ConnectionState.RETRYING)
        await manager.stop_retrying()
        assert (await becomes(reader, ConnectionState.DOWN)).reason == "the server answered 503"


async def test_a_source_tells_of_each_dial_before_it_is_made(server: ScriptedServer) -> None:
    dials: list[tuple[int, int]] = []
    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    source = KiteSource(lambda number: dials.append((number, len(server.dials))))
    manager = KiteTickerManager("key", "token", config, source=source)
    await manager.subscribe_symbols([INFY])
    async with running(manager):
        (await server.accept()).drop()
        await server.accept()
    assert dials == [(0, 0), (0, 1)]


async def test_the_source_of_the_token_may_be_asynchronous(server: ScriptedServer) -> None:
    async def token() -> str:
        return f"token-{len(server.dials)}"

    config = KiteManagerConfig(endpoint=server.endpoint, max_connections=1, reconnect_delay=0.01)
    manager = KiteTickerManager("key", token, config)
    await manager.subscribe_symbols([INFY])
    async with running(manager):
        (await server.accept()).drop()
        await server.accept()
    assert [each["access_token"] for each in server.dials] == ["token-0", "token-1"]
