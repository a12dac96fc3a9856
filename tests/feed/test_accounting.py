"""Everything that is received is accounted for, at every moment."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState, FeedState, Gap, RawFrame, ReaderStats, ServerError, Ticks
from kitetui.wire import HEARTBEAT, Mode, encode_error
from tests.feed.exchange import until
from tests.feed.helpers import becomes, ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY, frame, token


async def test_what_is_received_adds_up(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        messages = [ltp_frame(100, 101), HEARTBEAT, frame(b"\x00" * 9), ltp_frame(102), encode_error("no")]
        for message in messages:
            await peer.send(message)
        await ticks_from(reader, 3)
        await next_of(reader, ServerError)
        (stats,) = manager.get_stats().connections
        assert stats.frames == 5
        assert stats.bytes == sum(len(message) for message in messages)
        assert (stats.ticks, stats.rejected, stats.heartbeats, stats.texts) == (3, 1, 1, 1)


async def test_each_tick_of_a_reader_is_delivered_lost_or_waiting(server: ScriptedServer) -> None:
    manager = manager_on(server, connection_buffer_size=2)
    async with running(manager) as reader:
        slow = manager.stream()
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        published = 0
        for number in range(6):
            await peer.send(ltp_frame(*range(100, 101 + number)))
            await ticks_from(reader, number + 1)
            published += number + 1
            stats = slow.stats()
            assert stats.published == published == stats.delivered + stats.lost + stats.waiting
        assert slow.stats() == ReaderStats(published=21, delivered=0, lost=10, waiting=11)
        await next_of(slow, Ticks)
        assert slow.stats() == ReaderStats(published=21, delivered=5, lost=10, waiting=6)
        assert slow.stats() in manager.get_stats().readers


async def test_a_lossless_reader_keeps_more_than_others(server: ScriptedServer) -> None:
    manager = manager_on(server, connection_buffer_size=1, parser_buffer_size=10)
    async with running(manager) as reader:
        patient = manager.stream(lossless=True)
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        for number in range(5):
            await peer.send(ltp_frame(100 + number))
            await ticks_from(reader, 1)
        assert patient.stats() == ReaderStats(published=5, delivered=0, lost=0, waiting=5)


async def test_raw_frames_come_as_they_were_sent(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager):
        ((number, raw),) = manager.get_all_raw_frame_channels()
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        sent = [ltp_frame(100), HEARTBEAT, encode_error("no"), frame(b"\x00" * 9)]
        for message in sent:
            await peer.send(message)
        got = [await next_of(raw, RawFrame) for _ in sent]
        assert [each.data for each in got] == sent
        assert {each.connection for each in got} == {number}


async def test_without_parsers_only_raw_frames_come(server: ScriptedServer) -> None:
    manager = manager_on(server, enable_dedicated_parsers=False)
    async with running(manager) as reader:
        raw = manager.get_raw_frame_channel(0)
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(100))
        assert (await next_of(raw, RawFrame)).data == ltp_frame(100)
        await peer.send(encode_error("said after"))
        heard = await next_of(reader, (Ticks, ServerError))
        assert isinstance(heard, ServerError)
        assert manager.get_stats().ticks == 0


async def test_every_token_knows_when_it_last_ticked_or_that_it_never_has(server: ScriptedServer) -> None:
    other = token("NSE", 7)
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY, other], Mode.LTP)
        peer = await server.accept()
        assert manager.never_ticked() == [INFY, other]
        await peer.send(ltp_frame(100))
        (ticks,) = await ticks_from(reader, 1)
        assert manager.last_tick_at(INFY) == int(ticks.received_at[0])
        assert manager.last_tick_at(other) is None
        assert manager.never_ticked() == [other]
        assert manager.get_health().never_ticked == 1
        await manager.unsubscribe_symbols([INFY])
        await manager.subscribe_symbols([INFY])
        assert manager.never_ticked() == [other], "nothing has changed on the wire"
        await manager.unsubscribe_symbols([INFY])
        await peer.carries({other: "ltp"})
        await manager.subscribe_symbols([INFY])
        assert manager.last_tick_at(INFY) is None


async def test_the_statistics_tell_of_modes_round_trips_decoding_gaps_and_losses(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY], Mode.FULL)
        await manager.subscribe_symbols([token("NSE", 7)], Mode.LTP)
        peer = await server.accept()
        await peer.until(lambda peer: peer.pings > 0)
        await peer.send(ltp_frame(100))
        await ticks_from(reader, 1)
        peer.drop()
        again = await server.accept()
        await again.send(ltp_frame(101))
        gap = await next_of(reader, Gap)
        (stats,) = manager.get_stats().connections
        assert stats.modes == {Mode.FULL: 1, Mode.LTP: 1}
        assert stats.recent_gaps == (gap,)
        assert stats.last_close == gap.reason == "the connection broke off (1006)"
        assert stats.decode_times is not None
        assert 0 < stats.decode_times.p50 <= stats.decode_times.p99
        await again.until(lambda peer: peer.pings > 0)
        await until(lambda: manager.get_stats().connections[0].round_trips is not None)
        (stats,) = manager.get_stats().connections
        assert stats.round_trips is not None
        assert stats.round_trips.p50 > 0


async def test_the_readers_of_each_channel_are_accounted_for_too(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        own = manager.get_channel(0)
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(ltp_frame(100, 101))
        await ticks_from(reader, 2)
        (stats,) = manager.get_stats().connections
        assert stats.readers == (own.stats(),)
        assert stats.packets == stats.ticks + stats.rejected == 2
        assert stats.uptime is not None
        assert stats.uptime >= 0


async def test_a_manager_that_knows_the_hours_tells_a_closed_market_from_a_feed_that_answers_nothing(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitetui.feed.connection.MUTE_AFTER", 0.0)
    monkeypatch.setattr("kitetui.feed.connection._LOOK", 0.01)
    for market_is_open, state in ((True, FeedState.NO_TICKS), (False, FeedState.CLOSED)):
        manager = manager_on(server, market_is_open=lambda segments, lasting, answer=market_is_open: answer)
        async with running(manager) as reader:
            await manager.subscribe_symbols([INFY])
            await becomes(reader, ConnectionState.LIVE)
            peer = await server.accept()
            await until(lambda manager=manager, state=state: manager.get_status().state is state)
            await peer.send(ltp_frame(100))
            (ticks,) = await ticks_from(reader, 1)
            number = ticks.sequence
            await until(lambda manager=manager, number=number: manager.delivers(INFY, 0, number))
            assert not manager.delivers(INFY, 0, 0)
            assert not manager.delivers(INFY, 1, number)
