"""The manager over several connections: spreading, following, starting and stopping."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from kitetui.feed import (
    CapacityError,
    ConnectionChanged,
    ConnectionState,
    FeedState,
    KiteTickerManager,
    Lagged,
    Receiver,
    Ticks,
)
from kitetui.wire import Mode
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, prices, rest, running, ticks_from
from tests.feed.server import Peer, ScriptedServer
from tests.wire.packets import INFY, token

TOKENS = [token("NSE", number) for number in range(1, 10)]


async def accept_all(server: ScriptedServer, manager: KiteTickerManager) -> list[Peer]:
    """Accept one client for each connection of the manager, in the manager's order."""
    peers = [await server.accept() for _ in range(manager.config.max_connections)]
    for peer in peers:
        await peer.until(lambda peer: bool(peer.modes))
    return sorted(peers, key=lambda peer: manager.connection_of(next(iter(peer.modes))) or 0)


def kitetui_tasks() -> list[str]:
    """Tasks of a manager that are not over."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("kitetui")]


async def test_symbols_are_spread_over_the_connections_and_each_asks_for_its_own(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, max_connections=3)
    async with running(manager):
        await manager.subscribe_symbols(TOKENS, Mode.FULL)
        peers = await accept_all(server, manager)
        for number, peer in enumerate(peers):
            await peer.carries({one: "full" for one in TOKENS if manager.connection_of(one) == number})
        assert [len(peer.modes) for peer in peers] == [3, 3, 3]
        assert manager.get_symbol_distribution() == {0: 3, 1: 3, 2: 3}
        assert manager.get_stats().symbols == 9


async def test_a_connection_without_symbols_is_not_dialled(server: ScriptedServer) -> None:
    manager = manager_on(server, max_connections=3)
    async with running(manager) as reader:
        assert manager.get_status().state is FeedState.IDLE
        await manager.subscribe_symbols([INFY])
        await becomes(reader, ConnectionState.LIVE)
        assert [one.state for one in manager.get_stats().connections] == ["live", "unused", "unused"]
        status = manager.get_status()
        assert (status.state, status.live, status.used) == (FeedState.LIVE, 1, 1)
        assert len(server.dials) == 1


async def test_symbols_wanted_before_the_start_are_asked_for_after_it(server: ScriptedServer) -> None:
    manager = manager_on(server, default_mode=Mode.LTP)
    await manager.subscribe_symbols([INFY])
    async with running(manager):
        await (await server.accept()).carries({INFY: "ltp"})


async def test_subscribing_unsubscribing_and_modes_change_on_the_live_connection(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager):
        await manager.subscribe_symbols(TOKENS[:2])
        peer = await server.accept()
        await peer.carries(dict.fromkeys(TOKENS[:2], "quote"))
        await manager.subscribe_symbols(TOKENS[2:3], Mode.FULL)
        await peer.carries({TOKENS[0]: "quote", TOKENS[1]: "quote", TOKENS[2]: "full"})
        await manager.change_mode(TOKENS[:1], Mode.LTP)
        await peer.carries({TOKENS[0]: "ltp", TOKENS[1]: "quote", TOKENS[2]: "full"})
        await manager.unsubscribe_symbols([TOKENS[1], INFY])
        await peer.carries({TOKENS[0]: "ltp", TOKENS[2]: "full"})
        assert peer.requests == [
            {"a": "subscribe", "v": TOKENS[:2]},
            {"a": "subscribe", "v": TOKENS[2:3]},
            {"a": "mode", "v": ["full", TOKENS[2:3]]},
            {"a": "mode", "v": ["ltp", TOKENS[:1]]},
            {"a": "unsubscribe", "v": [TOKENS[1]]},
        ]
        assert len(server.dials) == 1
        assert manager.get_stats().connections[0].reconnects == 0


async def test_subscribing_again_keeps_the_mode_unless_one_is_given(server: ScriptedServer) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY], Mode.LTP)
    await manager.subscribe_symbols([INFY])
    assert manager.mode_of(INFY) is Mode.LTP
    await manager.subscribe_symbols([INFY], Mode.FULL)
    assert manager.mode_of(INFY) is Mode.FULL


async def test_too_many_symbols_are_refused_whole(server: ScriptedServer) -> None:
    manager = manager_on(server, max_connections=2, max_symbols_per_connection=2)
    await manager.subscribe_symbols(TOKENS[:3])
    with pytest.raises(CapacityError, match="3 of 4"):
        await manager.subscribe_symbols(TOKENS[3:5])
    assert manager.get_symbol_distribution() == {0: 2, 1: 1}


async def test_one_connections_channel_has_its_messages_and_no_other_ones(server: ScriptedServer) -> None:
    manager = manager_on(server, max_connections=2)
    await manager.subscribe_symbols(TOKENS[:2])
    channels = dict(manager.get_all_channels())
    async with running(manager) as merged:
        peers = await accept_all(server, manager)
        for number, peer in enumerate(peers):
            await peer.send(ltp_frame(100 + number, token=TOKENS[number]))
        assert sorted(prices(await ticks_from(merged, 2))) == [100, 101]
        for number, channel in channels.items():
            (message,) = await ticks_from(channel, 1)
            assert (message.connection, prices([message])) == (number, [100 + number])


async def test_the_manager_itself_can_be_iterated(server: ScriptedServer) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY])
    async with running(manager), aclosing(aiter(manager)) as messages:
        first = asyncio.ensure_future(anext(messages))
        await first
        await (await server.accept()).send(ltp_frame(157315))
        async for message in messages:
            if isinstance(message, Ticks):
                assert prices([message]) == [157315]
                break


async def test_a_slow_reader_is_told_what_it_lost_and_hurts_nobody(server: ScriptedServer) -> None:
    manager = manager_on(server, connection_buffer_size=4)
    async with running(manager) as slow:
        await manager.subscribe_symbols([INFY])
        quick, peer = manager.stream(), await server.accept()
        for number in range(20):
            await peer.send(ltp_frame(number, number))
            assert prices(await ticks_from(quick, 2)) == [number, number]
        lagged = await next_of(slow, Lagged)
        read = await ticks_from(slow, 8)
        assert prices(read) == [number for number in range(16, 20) for _ in range(2)]
        assert lagged.ticks == 32
        assert slow.lost_ticks == 32
        assert (quick.lost_messages, manager.get_stats().ticks) == (0, 40)


async def test_stopping_closes_the_connections_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with ScriptedServer() as server:
        manager = manager_on(server, max_connections=3)
        async with running(manager):
            await manager.subscribe_symbols(TOKENS)
            peers = await accept_all(server, manager)
            assert len(kitetui_tasks()) == 3 + 3 + 3 * 6
        assert kitetui_tasks() == []
        assert manager.get_status().state is FeedState.IDLE
        await server.emptied()
        assert [peer.close_code for peer in peers] == [1000] * 3
    assert asyncio.all_tasks() == before


async def test_what_was_received_can_be_read_after_stopping_and_then_the_stream_ends(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer, other = await server.accept(), manager.stream()
        await peer.send(ltp_frame(1, 2, 3))
        await ticks_from(other, 3)
    messages = await rest(reader)
    assert prices([message for message in messages if isinstance(message, Ticks)]) == [1, 2, 3]
    last = messages[-1]
    assert isinstance(last, ConnectionChanged)
    assert last.state is ConnectionState.UNUSED


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8])
async def test_stopping_right_after_starting_ends_the_streams_too(server: ScriptedServer, turns: int) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY])
    async with running(manager) as reader:
        for _ in range(turns):
            await asyncio.sleep(0)
    await rest(reader)
    assert kitetui_tasks() == []


async def test_stopping_in_the_middle_of_a_handshake_does_not_wait_for_it(server: ScriptedServer) -> None:
    server.answer.clear()
    manager = manager_on(server, connection_timeout=1000.0)
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        await server.dialled(1)
    assert kitetui_tasks() == []


@pytest.mark.parametrize("turns", range(12))
async def test_stopping_while_a_handshake_ends_leaves_no_connection_open(
    server: ScriptedServer, turns: int
) -> None:
    server.answer.clear()
    manager = manager_on(server)
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        await server.dialled(1)
        server.answer.set()
        for _ in range(turns):
            await asyncio.sleep(0)
    assert kitetui_tasks() == []
    await server.emptied()


async def test_stopping_in_the_middle_of_a_wait_does_not_wait_for_it(server: ScriptedServer) -> None:
    server.refuse_with = 429
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        await becomes(reader, ConnectionState.RETRYING)
    assert kitetui_tasks() == []
    assert manager.get_stats().connections[0].retry_in is None


@pytest.mark.parametrize("turns", range(12))
async def test_stopping_in_the_middle_of_a_loss_is_not_forgotten(server: ScriptedServer, turns: int) -> None:
    manager = manager_on(server, reconnect_delay=1000.0)
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.carries({INFY: "quote"})
        peer.drop()
        for _ in range(turns):
            await asyncio.sleep(0)
    assert kitetui_tasks() == []


async def test_a_stopped_manager_starts_again_with_its_symbols(server: ScriptedServer) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY], Mode.FULL)
    for price in (100, 200):
        async with running(manager) as reader:
            peer = await server.accept()
            await peer.carries({INFY: "full"})
            await peer.send(ltp_frame(price))
            assert prices(await ticks_from(reader, 1)) == [price]
    assert manager.get_stats().connections[0].gaps == 0


async def test_starting_and_stopping_thirty_times_leaves_nothing_behind(server: ScriptedServer) -> None:
    manager = manager_on(server, max_connections=3)
    await manager.subscribe_symbols(TOKENS)
    for round_ in range(30):
        async with running(manager) as reader:
            if round_ % 3:
                await becomes(reader, ConnectionState.LIVE, connection=round_ % 3)
        assert kitetui_tasks() == []
        assert (await rest(reader)) or round_ % 3 == 0
    assert manager.get_status().state is FeedState.IDLE


async def test_starting_twice_or_stopping_twice_is_doing_it_once(server: ScriptedServer) -> None:
    manager = manager_on(server)
    await manager.subscribe_symbols([INFY])
    async with running(manager):
        await manager.start()
        await server.accept()
        await manager.stop()
    await manager.stop()
    assert len(server.dials) == 1


async def test_two_managers_in_one_process_do_not_disturb_each_other(server: ScriptedServer) -> None:
    first, second = manager_on(server), manager_on(server)
    async with running(first) as reader:
        await first.subscribe_symbols([INFY], Mode.FULL)
        peer = await server.accept()
        async with running(second) as other_reader:
            await second.subscribe_symbols(TOKENS[:1], Mode.LTP)
            other = await server.accept()
            await other.carries({TOKENS[0]: "ltp"})
            await other.send(ltp_frame(100, token=TOKENS[0]))
            assert prices(await ticks_from(other_reader, 1)) == [100]
        await peer.carries({INFY: "full"})
        await peer.send(ltp_frame(200))
        assert prices(await ticks_from(reader, 1)) == [200]
        assert first.get_stats().connections[0].reconnects == 0


async def test_a_cancelled_reader_takes_nothing_with_it(server: ScriptedServer) -> None:
    async def read(reader: Receiver) -> None:
        async for _ in reader:
            pass

    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        reading = asyncio.create_task(read(manager.stream()))
        peer = await server.accept()
        await peer.send(ltp_frame(100))
        await ticks_from(reader, 1)
        reading.cancel()
        await peer.send(ltp_frame(200))
        assert prices(await ticks_from(reader, 1)) == [200]


def test_repr_says_the_state_and_no_secret() -> None:
    manager = KiteTickerManager("SECRET-KEY", "SECRET-TOKEN")
    assert repr(manager) == "KiteTickerManager(idle, 0 symbols)"
    assert "SECRET" not in repr(manager.config)


async def test_a_token_is_worth_what_its_connection_is() -> None:
    manager = KiteTickerManager("key", "token")
    await manager.subscribe_symbols([408065])
    assert manager.state_of(408065) is ConnectionState.UNUSED
    assert manager.state_of(256265) is ConnectionState.UNUSED


async def test_a_start_during_a_stop_waits_for_it_and_keeps_its_streams(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager):
        await manager.subscribe_symbols([INFY])
        await server.accept()
        stopping = [asyncio.create_task(manager.stop()) for _ in range(2)]
        await asyncio.sleep(0)
        await manager.start()
        reader = manager.stream()
        await asyncio.gather(*stopping)
        peer = await server.accept()
        await peer.carries({INFY: "quote"})
        await peer.send(ltp_frame(100))
        assert prices(await ticks_from(reader, 1)) == [100]
