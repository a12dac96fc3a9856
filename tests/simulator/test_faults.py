"""What the exchange can be told to do wrong, it does, and no more."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from kitetui.simulator import Sending, SimulatedExchange
from kitetui.simulator.faults import HandshakeFaults
from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, encode_request

INFY = 408065
PATIENCE = 10.0


def test_so_many_handshakes_are_refused_and_then_none() -> None:
    faults = HandshakeFaults()
    assert faults.take() is None
    faults.refuse(HTTPStatus.SERVICE_UNAVAILABLE, times=2)
    assert [faults.take() for _ in range(3)] == [HTTPStatus.SERVICE_UNAVAILABLE] * 2 + [None]
    faults.refuse(HTTPStatus.FORBIDDEN)
    assert [faults.take() for _ in range(3)] == [HTTPStatus.FORBIDDEN] * 3
    faults.lift()
    assert faults.take() is None


async def test_a_refused_handshake_has_the_status() -> None:
    async with SimulatedExchange(rate=0) as exchange:
        exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE, times=1)
        with pytest.raises(InvalidStatus, match="503"):
            await connect(exchange.url_with_credentials)
        async with connect(exchange.url_with_credentials):
            assert len(exchange.clients) == 1


async def test_a_client_shows_what_it_was_asked_for() -> None:
    async with (
        asyncio.timeout(PATIENCE),
        SimulatedExchange(rate=0) as exchange,
        connect(exchange.url_with_credentials) as connection,
    ):
        for request in (Subscribe((INFY, INFY, 1)), SetMode(Mode.FULL, (INFY,))):
            await connection.send(encode_request(request))
        await connection.recv()
        (client,) = exchange.clients
        assert client.counted == {INFY: 2, 1: 1}
        assert client.modes == {INFY: Mode.FULL}


async def test_a_silent_client_is_sent_nothing_and_then_what_waited() -> None:
    async with (
        asyncio.timeout(PATIENCE),
        SimulatedExchange(rate=0, heartbeat=0.02) as exchange,
        connect(exchange.url_with_credentials) as connection,
    ):
        assert await connection.recv() == HEARTBEAT
        (client,) = exchange.clients
        client.send_only(Sending.NOTHING)
        await connection.send(encode_request(Subscribe((INFY,))))
        await (await connection.ping())
        client.send_only(Sending.HEARTBEATS)
        while await connection.recv() != HEARTBEAT:
            pass
        client.send_only(Sending.EVERYTHING)
        while (message := await connection.recv()) == HEARTBEAT:
            pass
        assert len(message) == 2 + 2 + 44


async def test_a_connection_can_be_closed_with_a_code_and_sent_anything() -> None:
    async with (
        asyncio.timeout(PATIENCE),
        SimulatedExchange(rate=0) as exchange,
        connect(exchange.url_with_credentials) as connection,
    ):
        await exchange.clients[0].send("anything")
        assert await connection.recv() == "anything"
        await exchange.clients[0].close(1011, "out of memory")
        with pytest.raises(ConnectionClosedError, match="out of memory"):
            await connection.recv()


async def test_an_expired_token_ends_no_connection_and_opens_none() -> None:
    async with SimulatedExchange(rate=0, heartbeat=0.02) as exchange:
        stale = exchange.url_with_credentials
        async with asyncio.timeout(PATIENCE), connect(stale) as connection:
            exchange.expire_token("of today")
            with pytest.raises(InvalidStatus, match="403"):
                await connect(stale)
            assert await connection.recv() == HEARTBEAT
            async with connect(exchange.url_with_credentials):
                assert len(exchange.clients) == 2
