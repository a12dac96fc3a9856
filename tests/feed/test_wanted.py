"""What a reader is told of the symbols that are wanted, and since when they are missing."""

from __future__ import annotations

import asyncio
import time

import pytest

from kitetui.feed import (
    ClockStepped,
    ConnectionChanged,
    ConnectionState,
    Gap,
    Heartbeat,
    RawFrame,
    Receiver,
    SymbolsWanted,
    TickerMessage,
    Ticks,
)
from kitetui.times import stopwatch
from kitetui.wire import HEARTBEAT, Mode
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY, frame

OTHER = 738561


def waiting(reader: Receiver) -> list[TickerMessage | RawFrame]:
    return list(iter(reader.recv_nowait, None))


def wanted(reader: Receiver) -> list[tuple[int, dict[int, Mode | None]]]:
    """What was told of wanted symbols and waits to be read."""
    return [
        (each.connection, dict(each.modes)) for each in waiting(reader) if isinstance(each, SymbolsWanted)
    ]


async def test_each_change_of_what_is_wanted_is_told_once(server: ScriptedServer) -> None:
    manager = manager_on(server)
    reader = manager.stream()
    await manager.subscribe_symbols([INFY, OTHER], Mode.FULL)
    await manager.subscribe_symbols([INFY])
    await manager.change_mode([INFY], Mode.LTP)
    await manager.unsubscribe_symbols([OTHER, 5])
    assert wanted(reader) == [
        (0, {INFY: Mode.FULL, OTHER: Mode.FULL}),
        (0, {INFY: Mode.LTP}),
        (0, {OTHER: None}),
    ]


async def test_symbols_that_move_are_told_where_they_come_to_before_where_they_leave(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, max_connections=2)
    async with running(manager):
        await manager.subscribe_symbols([INFY, OTHER, 779521, 3861249], Mode.LTP)
        peers = [await server.accept(), await server.accept()]
        await manager.unsubscribe_symbols([OTHER, 3861249])
        reader = manager.stream()
        moving = asyncio.create_task(manager.rebalance())
        await asyncio.sleep(0)
        for peer in peers:
            await peer.send(ltp_frame(1, token=779521))
        await moving
        assert wanted(reader) == [(1, {779521: Mode.LTP}), (0, {779521: None})]


async def test_a_lossless_reader_is_told_first_what_is_wanted_and_answered(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY, OTHER], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp", OTHER: "ltp"})
        await peer.send(ltp_frame(1))
        await ticks_from(reader, 1)
        for late in (manager.stream(lossless=True), manager.full_stream()):
            symbols, state = waiting(late)
            assert isinstance(symbols, SymbolsWanted)
            assert (symbols.modes, symbols.answered) == ({INFY: Mode.LTP, OTHER: Mode.LTP}, {INFY})
            assert isinstance(state, ConnectionChanged)
            assert state.state is ConnectionState.LIVE
        assert waiting(manager.stream()) == []


async def test_a_lossless_reader_that_begins_while_a_symbol_moves_is_told_first_where_it_leaves(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, max_connections=2)
    async with running(manager):
        await manager.subscribe_symbols([INFY, OTHER, 779521, 3861249], Mode.LTP)
        peers = [await server.accept(), await server.accept()]
        await manager.unsubscribe_symbols([INFY, 779521])  # all of the first connection
        moving = asyncio.create_task(manager.rebalance())
        await asyncio.sleep(0)
        reader = manager.stream(lossless=True)
        assert wanted(reader) == [(1, {OTHER: Mode.LTP, 3861249: Mode.LTP}), (0, {3861249: Mode.LTP})]
        for peer in peers:
            await peer.send(ltp_frame(1, token=3861249))
        await moving


async def test_a_lost_connection_says_since_when_its_symbols_are_missing(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        assert (await becomes(reader, ConnectionState.LIVE)).missing_since is None
        await peer.send(ltp_frame(1))
        (last,) = await ticks_from(reader, 1)
        peer.drop()
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.missing_since == last.received_at[0]


async def test_what_never_came_up_is_not_said_to_be_missing_what_it_had(server: ScriptedServer) -> None:
    server.refuse_with = 503
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        assert (await becomes(reader, ConnectionState.RETRYING)).missing_since is None


async def test_a_connection_that_has_nothing_to_say_is_heard_all_the_same(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(HEARTBEAT)
        heard = await next_of(reader, Heartbeat)
        assert heard.received_at == manager.get_stats().connections[0].last_frame_at
        assert heard.timed_at == pytest.approx(stopwatch(), abs=5)


async def test_an_outage_goes_on_by_the_clock_of_now_when_it_is_set(server: ScriptedServer) -> None:
    ahead = 0
    manager = manager_on(server, clock=lambda: time.time_ns() + ahead)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(1))
        (last,) = await ticks_from(reader, 1)
        ahead = -3_600 * 10**9
        peer.drop()
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.missing_since == pytest.approx(last.received_at[0] + ahead, abs=10**9)
        assert lost.at >= lost.missing_since
        peer = await server.accept()
        await peer.send(ltp_frame(2))
        assert 0 < (await next_of(reader, Gap)).seconds < 60


async def test_a_packet_that_cannot_be_read_has_the_time_of_its_receipt(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(frame(b"123456789"))
        ticks = await next_of(reader, Ticks)
        assert len(ticks.batch) == 0
        (at,) = ticks.errors_at
        assert manager.get_stats().connections[0].last_frame_at == at


async def test_a_clock_that_is_set_is_told_between_what_came_before_and_after(server: ScriptedServer) -> None:
    ahead = 0
    now = iter(range(10**18, 10**19, 1_000_000))
    ticking = {"stopwatch": 0.0}

    def stopwatch() -> float:
        return ticking["stopwatch"]

    def clock() -> int:
        ticking["stopwatch"] += 0.001
        return next(now) + ahead

    manager = manager_on(server, clock=clock, stopwatch=stopwatch)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(1))
        await ticks_from(reader, 1)
        ahead = -3_600 * 10**9
        await peer.send(HEARTBEAT)
        stepped = await next_of(reader, ClockStepped)
        assert round(stepped.seconds) == -3_600
        await peer.send(ltp_frame(2))
        (after,) = await ticks_from(reader, 1)
        assert after.received_at[0] > stepped.at
        assert not [each for each in waiting(reader) if isinstance(each, ClockStepped)]
