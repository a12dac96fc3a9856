"""How a connection is lost, and how it comes back."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from itertools import count

import pytest

from kitetui.feed import ConnectionState, FeedState, Gap
from kitetui.wire import HEARTBEAT, Mode
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import Peer, ScriptedServer
from tests.wire.packets import INFY, frame, token

TOKENS = [token("NSE", number) for number in range(1, 10)]
SILENCE = 0.3


async def beat(peer: Peer, times: int | None = None) -> None:
    """Send heartbeats like a server that has nothing else to say."""
    for _ in count() if times is None else range(times):
        await peer.send(HEARTBEAT)
        await asyncio.sleep(SILENCE / 6)


async def test_a_lost_connection_comes_back_with_its_symbols_and_modes_each_token_once(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols(TOKENS[:5], Mode.FULL)
        await manager.subscribe_symbols(TOKENS[5:])
        await manager.change_mode(TOKENS[7:], Mode.LTP)
        modes = (
            dict.fromkeys(TOKENS[:5], "full")
            | dict.fromkeys(TOKENS[5:7], "quote")
            | dict.fromkeys(TOKENS[7:], "ltp")
        )
        for _ in range(3):
            peer = await server.accept()
            await peer.carries(modes)
            assert peer.subscribed == dict.fromkeys(TOKENS, 1)
            peer.drop()
            await becomes(reader, ConnectionState.RETRYING)
        await becomes(reader, ConnectionState.LIVE)
        assert manager.get_stats().connections[0].reconnects == 3


async def test_what_changes_during_an_outage_is_so_after_it(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols(TOKENS[:3])
        peer = await server.accept()
        await peer.carries(dict.fromkeys(TOKENS[:3], "quote"))
        server.answer.clear()
        peer.drop()
        await becomes(reader, ConnectionState.RETRYING)
        await manager.unsubscribe_symbols(TOKENS[:1])
        await manager.change_mode(TOKENS[1:2], Mode.FULL)
        await manager.subscribe_symbols(TOKENS[5:6], Mode.LTP)
        server.answer.set()
        peer = await server.accept()
        await peer.carries({TOKENS[1]: "full", TOKENS[2]: "quote", TOKENS[5]: "ltp"})
        assert TOKENS[0] not in peer.subscribed


async def test_a_close_by_the_server_is_named_and_dialled_again(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        await (await server.accept()).close(1012, "restart")
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.reason == "closed by the server (1012: restart)"
        await server.accept()


async def test_a_loss_without_a_close_is_named_and_dialled_again(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        (await server.accept()).drop()
        assert (await becomes(reader, ConnectionState.RETRYING)).reason == "the connection broke off (1006)"
        await becomes(reader, ConnectionState.LIVE)


async def test_a_connection_that_answers_pings_but_sends_nothing_is_dead(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.socket._PING_INTERVAL", 0.02)
    manager = manager_on(server, heartbeat_liveness_threshold=SILENCE)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.until(lambda peer: peer.pings >= 3)
        lost = await becomes(reader, ConnectionState.RETRYING)
        assert lost.reason == "silent for 0.3 s"
        await (await server.accept()).carries({INFY: "quote"})


async def test_heartbeats_alone_keep_a_connection_alive(server: ScriptedServer) -> None:
    manager = manager_on(server, heartbeat_liveness_threshold=SILENCE)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await beat(peer, times=15)  # two and a half times the threshold
        await peer.send(ltp_frame(100))
        await ticks_from(reader, 1)
        stats = manager.get_stats().connections[0]
        assert (stats.state, stats.heartbeats, stats.reconnects) == (ConnectionState.LIVE, 15, 0)


async def test_one_connection_lost_leaves_the_others_as_they_are(server: ScriptedServer) -> None:
    manager = manager_on(server, max_connections=3, heartbeat_liveness_threshold=SILENCE)
    async with running(manager) as reader, asyncio.TaskGroup() as beats:
        await manager.subscribe_symbols(TOKENS)
        peers = [await server.accept() for _ in range(3)]
        for peer in peers:
            await peer.until(lambda peer: len(peer.modes) == 3)
        silent = manager.connection_of(next(iter(peers[0].modes)))
        assert silent is not None
        beating = [beats.create_task(beat(peer)) for peer in peers[1:]]
        assert (await becomes(reader, ConnectionState.RETRYING, connection=silent)).reason
        assert manager.get_status().state is FeedState.STALE
        back = await server.accept()
        await back.carries(peers[0].modes)
        reconnects = {one.connection: one.reconnects for one in manager.get_stats().connections}
        assert reconnects == {number: int(number == silent) for number in range(3)}
        for task in beating:
            task.cancel()


async def test_a_gap_is_told_with_its_bounds_before_the_first_tick_after_it(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols(TOKENS[:4])
        peer = await server.accept()
        await peer.send(ltp_frame(1, token=TOKENS[0]))
        (before,) = await ticks_from(reader, 1)
        peer.drop()
        peer = await server.accept()
        await peer.send(ltp_frame(2, token=TOKENS[0]))
        gap = await next_of(reader, Gap)
        (after,) = await ticks_from(reader, 1)
        assert (gap.start, gap.end) == (before.received_at[-1], after.received_at[0])
        assert (gap.connection, gap.symbols, gap.reason) == (0, 4, "the connection broke off (1006)")
        assert gap.seconds == (gap.end - gap.start) / 1e9 > 0
        assert manager.get_stats().connections[0].gaps == 1


async def test_failed_attempts_in_between_make_one_gap_with_the_first_reason(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(1))
        (before,) = await ticks_from(reader, 1)
        server.refuse_with = HTTPStatus.BAD_GATEWAY
        peer.drop()
        await server.dialled(4)
        server.refuse_with = None
        peer = await server.accept()
        await peer.send(HEARTBEAT)
        await peer.send(ltp_frame(2))
        gap = await next_of(reader, Gap)
        (after,) = await ticks_from(reader, 1)
        assert (gap.start, gap.reason) == (before.received_at[0], "the connection broke off (1006)")
        assert gap.end == after.received_at[0], "a heartbeat ends no gap"
        assert manager.get_stats().connections[0].reconnects == 1


async def test_no_gap_is_told_when_there_was_nothing_to_miss(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.carries({INFY: "quote"})
        await manager.unsubscribe_symbols([INFY])
        await peer.carries({})
        peer.drop()
        await becomes(reader, ConnectionState.UNUSED)
        await manager.subscribe_symbols([INFY])
        await (await server.accept()).send(ltp_frame(1))
        await ticks_from(reader, 1)
        assert manager.get_stats().connections[0].gaps == 0


async def test_no_gap_is_told_for_the_time_in_which_the_manager_was_stopped(server: ScriptedServer) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY])
    async with running(manager):
        await (await server.accept()).carries({INFY: "quote"})
    server.refuse_with = HTTPStatus.BAD_GATEWAY
    async with running(manager) as reader:
        await server.dialled(3)
        server.refuse_with = None
        await (await server.accept()).send(ltp_frame(1))
        await ticks_from(reader, 1)
        assert manager.get_stats().connections[0].gaps == 0


async def test_sequence_numbers_have_no_holes_over_reconnects(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        expected = 1
        for round_ in range(3):
            peer = await server.accept()
            peer.send_together(ltp_frame(1, 2, 3), frame(bytes(3)), ltp_frame(*range(round_)))
            for message in await ticks_from(reader, 3 + round_):
                assert message.sequence == expected
                expected += len(message.batch)
            peer.drop()
