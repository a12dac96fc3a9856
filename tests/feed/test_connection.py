"""What one connection hears, and hands on."""

from __future__ import annotations

from itertools import count

import pytest

from kitetui.feed import BrokerMessage, ConnectionState, OrderUpdate, ServerError, Ticks, UnknownMessage
from kitetui.wire import HEARTBEAT, Mode
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, prices, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY, INFY_FULL, INFY_QUOTE, frame


async def test_the_real_packets_arrive_as_they_were_sent(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY], Mode.FULL)
        await (await server.accept()).send(frame(INFY_QUOTE, INFY_FULL))
        (message,) = await ticks_from(reader, 2)
        assert message.batch["last_price"].tolist() == [1573.15, 1573.70]
        assert message.batch.tick(1).depth is not None


async def test_messages_received_together_arrive_as_one_batch_in_order(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        peer.send_together(ltp_frame(1, 2), HEARTBEAT, ltp_frame(3), ltp_frame(4, 5, 6))
        (message,) = await ticks_from(reader, 6)
        assert prices([message]) == [1, 2, 3, 4, 5, 6]
        assert message.batch.frames.tolist() == [0, 0, 2, 3, 3, 3]
        assert message.batch.heartbeats == 1


async def test_every_tick_has_the_time_at_which_its_message_was_received(server: ScriptedServer) -> None:
    readings = count(1_625_461_887_000_000_000)
    manager = manager_on(server, clock=lambda: next(readings))
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        live = await becomes(reader, ConnectionState.LIVE)
        peer = await server.accept()
        peer.send_together(ltp_frame(1, 2), ltp_frame(3), HEARTBEAT)
        (message,) = await ticks_from(reader, 3)
        first = int(message.received_at[0])
        assert first > live.at
        assert message.received_at.tolist() == [first, first, first + 1]
        stats = manager.get_stats().connections[0]
        assert (stats.last_tick_at, stats.last_frame_at) == (first + 1, first + 2)


async def test_text_messages_arrive_by_type_and_in_their_place_among_the_ticks(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(1))
        await peer.send('{"type":"order","data":{"order_id":"1","status":"COMPLETE"}}')
        await peer.send('{"type":"error","data":"No."}')
        await peer.send(ltp_frame(2))
        await peer.send('{"type":"message","data":"Markets open late."}')
        await peer.send("what is this?")
        assert prices([await next_of(reader, Ticks)]) == [1]
        messages = [await anext(reader) for _ in range(5)]
        assert [type(message) for message in messages] == [
            OrderUpdate,
            ServerError,
            Ticks,
            BrokerMessage,
            UnknownMessage,
        ]
        order, error, _, notice, unknown = messages
        assert isinstance(order, OrderUpdate)
        assert order.order == {"order_id": "1", "status": "COMPLETE"}
        assert [getattr(message, "text", "") for message in (error, notice, unknown)] == [
            "No.",
            "Markets open late.",
            "what is this?",
        ]
        assert manager.get_stats().connections[0].texts == 4


async def test_garbage_is_counted_and_reported_and_what_is_good_in_it_survives(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        peer.send_together(frame(INFY_QUOTE, bytes(45), INFY_FULL), b"", frame(INFY_QUOTE)[:-1])
        (message,) = await ticks_from(reader, 2)
        assert [(error.frame, error.length) for error in message.batch.errors] == [(0, 45), (1, 0), (2, 44)]
        await peer.send(b"\x00\x01\x00")
        assert len((await next_of(reader, Ticks)).batch.errors) == 1
        await peer.send(ltp_frame(100))
        assert prices(await ticks_from(reader, 1)) == [100]
        stats = manager.get_stats()
        assert (stats.ticks, stats.rejected) == (3, 4)
        assert (stats.connections[0].frames, stats.connections[0].reconnects) == (5, 0)


async def test_counters_add_up(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer, sent = await server.accept(), [HEARTBEAT, ltp_frame(1, 2), HEARTBEAT, ltp_frame(3)]
        for data in sent:
            await peer.send(data)
        await ticks_from(reader, 3)
        stats = manager.get_stats().connections[0]
        assert (stats.frames, stats.bytes) == (4, sum(map(len, sent)))
        assert (stats.heartbeats, stats.ticks, stats.symbols) == (2, 3, 1)


async def test_the_round_trip_of_a_ping_is_measured(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.socket._PING_INTERVAL", 0.02)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        assert manager.get_stats().connections[0].round_trip is None
        await peer.until(lambda peer: peer.pings > 0)
        await peer.send(ltp_frame(1))
        await ticks_from(reader, 1)
        round_trip = manager.get_stats().connections[0].round_trip
        assert round_trip is not None
        assert round_trip > 0
