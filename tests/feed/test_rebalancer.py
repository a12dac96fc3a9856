"""Symbols move between connections: away from a lost one, back when it is well, and to even them out."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from kitetui.feed import CapacityError, ConnectionState, FeedState, Gap, KiteTickerManager, SymbolsMoved
from kitetui.wire import Mode
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import Peer, ScriptedServer
from tests.wire.packets import token

TOKENS = [token("NSE", number) for number in range(1, 7)]


async def two_connections(server: ScriptedServer, manager: KiteTickerManager) -> tuple[Peer, Peer]:
    """Subscribe all tokens on two connections; return the server's side of each, by its number."""
    await manager.subscribe_symbols(TOKENS, Mode.FULL)
    peers = [await server.accept(), await server.accept()]
    wanted = [dict.fromkeys(TOKENS[number::2], "full") for number in range(2)]
    for peer in peers:
        await peer.until(lambda peer: peer.modes in wanted)
    return (peers[0], peers[1]) if peers[0].modes == wanted[0] else (peers[1], peers[0])


async def tick(peer: Peer) -> None:
    """Have a server send a tick of each token that it streams."""
    for each in list(peer.modes):
        await peer.send(ltp_frame(100, token=each))


async def test_symbols_of_a_lost_connection_move_to_others_and_come_back(server: ScriptedServer) -> None:
    manager = manager_on(
        server, max_connections=2, failover_after=0.01, failback_after=0.01, health_check_interval=0.01
    )
    async with running(manager) as reader:
        lost, kept = await two_connections(server, manager)
        await tick(lost)
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        lost.drop()
        await kept.carries(dict.fromkeys(TOKENS, "full"))
        assert manager.get_status().state is FeedState.DEGRADED
        assert manager.state_of(TOKENS[0]) is ConnectionState.LIVE
        await tick(kept)
        moved = await next_of(reader, SymbolsMoved)
        assert (moved.connection, set(moved.tokens)) == (1, set(TOKENS[0::2]))
        gap = await next_of(reader, Gap)
        assert (gap.connection, gap.symbols) == (0, 3)
        assert 0 < gap.seconds < 60

        server.refuse_with = None
        again = await server.accept()
        await again.carries(dict.fromkeys(TOKENS[0::2], "full"))
        await tick(again)
        await kept.carries(dict.fromkeys(TOKENS[1::2], "full"))
        assert max((kept.subscribed | again.subscribed).values()) == 1
        assert manager.get_status().state is FeedState.LIVE
        assert manager.get_symbol_distribution() == {0: 3, 1: 3}
        stats = manager.get_stats().connections[0]
        assert (stats.gaps, stats.reconnects, stats.recent_gaps) == (1, 1, (gap,))


async def test_a_key_in_use_elsewhere_leaves_all_symbols_on_the_connections_that_opened(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, max_connections=2, health_check_interval=0.01)
    async with running(manager) as reader:
        await manager.subscribe_symbols(TOKENS[:1])
        peer = await server.accept()
        server.refuse_with = HTTPStatus.TOO_MANY_REQUESTS
        await manager.subscribe_symbols(TOKENS[1:2])
        crowded = await becomes(reader, ConnectionState.RETRYING, 1)
        assert "another program uses this API key" in crowded.reason
        await peer.carries(dict.fromkeys(TOKENS[:2], "quote"))
        assert manager.get_status().state is FeedState.DEGRADED
        await manager.subscribe_symbols(TOKENS[2:])
        await peer.carries(dict.fromkeys(TOKENS, "quote"))


async def test_new_symbols_that_fit_nowhere_else_wait_with_the_lost_connection(
    server: ScriptedServer,
) -> None:
    manager = manager_on(
        server,
        max_connections=2,
        max_symbols_per_connection=3,
        failover_after=0.01,
        health_check_interval=0.01,
    )
    async with running(manager):
        await manager.subscribe_symbols(TOKENS[:2])
        peers = [await server.accept(), await server.accept()]
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        lost, kept = peers
        lost.drop()
        await kept.carries(dict.fromkeys(TOKENS[:2], "quote"))
        await manager.subscribe_symbols(TOKENS[2:3])
        await kept.carries(dict.fromkeys(TOKENS[:3], "quote"))
        await manager.subscribe_symbols(TOKENS[3:6])
        assert sorted(manager.get_symbol_distribution().values()) == [3, 3]
        with pytest.raises(CapacityError, match="6 of 6"):
            await manager.subscribe_symbols([token("BSE", 1)])


async def test_without_room_symbols_stay_and_wait(server: ScriptedServer) -> None:
    manager = manager_on(
        server,
        max_connections=2,
        max_symbols_per_connection=3,
        failover_after=0.01,
        health_check_interval=0.01,
    )
    async with running(manager) as reader:
        lost, kept = await two_connections(server, manager)
        lost.drop()
        again = await server.accept()
        await again.carries(dict.fromkeys(TOKENS[0::2], "full"))
        assert kept.modes == dict.fromkeys(TOKENS[1::2], "full")
        assert reader.lost_ticks == 0


async def test_rebalancing_subscribes_on_the_new_connection_before_it_leaves_the_old(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, max_connections=2)
    async with running(manager) as reader:
        first, second = await two_connections(server, manager)
        await manager.unsubscribe_symbols(TOKENS[1::2])
        await second.carries({})
        assert manager.get_symbol_distribution() == {0: 3, 1: 0}
        evening = asyncio.create_task(manager.rebalance())
        await second.until(lambda peer: len(peer.modes) == 1)
        assert len(first.modes) == 3, "it has not left before it arrived"
        assert manager.get_symbol_distribution() == {0: 2, 1: 1}, "and counts where it goes"
        assert manager.get_stats().symbols == 3
        await tick(second)
        await evening
        await first.until(lambda peer: len(peer.modes) == 2)
        assert manager.get_symbol_distribution() == {0: 2, 1: 1}
        await tick(first)
        assert {message.connection for message in await ticks_from(reader, 3)} == {0, 1}


async def test_a_symbol_unsubscribed_while_its_connection_was_lost_does_not_come_back(
    server: ScriptedServer,
) -> None:
    manager = manager_on(
        server, max_connections=2, failover_after=0.01, failback_after=0.01, health_check_interval=0.01
    )
    async with running(manager):
        lost, kept = await two_connections(server, manager)
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        lost.drop()
        await kept.carries(dict.fromkeys(TOKENS, "full"))
        await tick(kept)
        await manager.unsubscribe_symbols(TOKENS[:1])
        server.refuse_with = None
        again = await server.accept()
        await again.carries(dict.fromkeys(TOKENS[2::2], "full"))
        assert TOKENS[0] not in kept.modes


async def test_symbols_stay_where_they_are_when_their_new_connection_cannot_be_made(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.rebalancer._ARRIVAL_TIMEOUT", 0.05)
    manager = manager_on(server, max_connections=2, failover_after=None)
    async with running(manager):
        await manager.subscribe_symbols(TOKENS[:1])
        peer = await server.accept()
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        await manager.subscribe_symbols(TOKENS[1:])
        await manager.unsubscribe_symbols(TOKENS[1::2])
        await manager.subscribe_symbols(TOKENS[1::2])
        before = manager.get_symbol_distribution()
        await manager.rebalance()
        assert manager.get_symbol_distribution() == before
        carried = [each for each in TOKENS if manager.connection_of(each) == 0]
        await peer.carries(dict.fromkeys(carried, "quote"))


async def test_symbols_that_did_not_fit_at_first_move_when_there_is_room(server: ScriptedServer) -> None:
    manager = manager_on(
        server,
        max_connections=2,
        max_symbols_per_connection=4,
        failover_after=0.01,
        health_check_interval=0.01,
    )
    async with running(manager) as reader:
        lost, kept = await two_connections(server, manager)
        server.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
        lost.drop()
        await kept.until(lambda peer: len(peer.modes) == 4)
        await tick(kept)
        first = await next_of(reader, Gap)
        assert manager.get_symbol_distribution() == {0: 2, 1: 4}
        await manager.unsubscribe_symbols(TOKENS[1::2])
        await kept.carries(dict.fromkeys(TOKENS[0::2], "full"))
        assert manager.get_symbol_distribution() == {0: 0, 1: 3}
        await tick(kept)
        second = await next_of(reader, Gap)
        assert (first.connection, second.connection) == (0, 0)
        assert (first.symbols, second.symbols) == (1, 2)
        assert first.start == second.start
        assert first.end < second.end
