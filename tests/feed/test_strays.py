"""Ticks of tokens that nobody subscribed: counted, told once, and kept nowhere."""

from __future__ import annotations

import pytest

from kitetui.feed import OrderUpdate, RawFrame, Ticks
from kitetui.wire import Mode, encode_order
from tests.feed.helpers import ltp_frame, manager_on, next_of, prices, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY, frame, ltp, token

STRAY = token("NSE", 77)


async def test_a_tick_that_nobody_subscribed_reaches_no_reader(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        for price in range(3):
            await peer.send(ltp_frame(price, token=STRAY))
        await peer.send(frame(ltp(1), ltp(2, STRAY), ltp(3)))
        (message,) = await ticks_from(reader, 2)
        assert (prices([message]), message.sequence) == ([1, 3], 1)
        assert len(message.received_at) == len(message.snapshot) == 2
        stats = manager.get_stats().connections[0]
        assert (stats.ticks, stats.strays, stats.packets) == (2, 4, 6)
        assert manager.last_tick_at(STRAY) is None
    (told,) = [each.getMessage() for each in caplog.records if each.name == "kitetui.feed"]
    assert f"ticks of {STRAY}, which nobody subscribed" in told


@pytest.mark.parametrize("strays", [1, 200])
async def test_nothing_is_remembered_of_a_stray(server: ScriptedServer, strays: int) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        await peer.send(frame(*(ltp(1, token("BSE", number)) for number in range(1, 1 + strays)), ltp(2)))
        await ticks_from(reader, 1)
        assert len(manager._connections[0].last.rows) == 1
        assert manager.get_stats().connections[0].strays == strays


async def test_raw_frames_stay_whole_and_their_marks_fit_what_is_in_them(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        full = manager.full_stream()
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        sent = frame(ltp(1, STRAY), ltp(1), ltp(2)), frame(ltp(2), ltp(3))
        peer.send_together(*sent)
        (message,) = await ticks_from(reader, 4)
        assert message.snapshot.tolist() == [True, False, True, False]
        raw = [await next_of(full, RawFrame, lambda each: not each.sent) for _ in sent]
        assert [(each.data, each.snapshot, each.sequence) for each in raw] == [
            (sent[0], (1,), 1),
            (sent[1], (0,), 3),
        ]


async def test_what_was_on_its_way_when_it_was_unsubscribed_is_no_stray(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY, STRAY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp", STRAY: "ltp"})
        await manager.unsubscribe_symbols([STRAY])
        await peer.carries({INFY: "ltp"})
        await peer.send(ltp_frame(5, token=STRAY))
        assert prices(await ticks_from(reader, 1)) == [5]
        assert manager.get_stats().connections[0].strays == 0
    assert not caplog.records


async def test_a_token_of_the_session_before_is_a_stray_in_the_next(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY, STRAY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp", STRAY: "ltp"})
        await manager.unsubscribe_symbols([STRAY])
        peer.drop()
        again = await server.accept()
        await again.carries({INFY: "ltp"})
        await again.send(ltp_frame(1, token=STRAY))
        await again.send(encode_order({"order_id": "1"}))
        heard = await next_of(reader, (Ticks, OrderUpdate))
        assert isinstance(heard, OrderUpdate)
        assert manager.get_stats().connections[0].strays == 1


async def test_a_server_may_send_what_it_is_about_to_be_asked_for(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        await (await server.accept()).send(ltp_frame(1))  # it may be there before the request has left
        assert prices(await ticks_from(reader, 1)) == [1]
        assert manager.get_stats().connections[0].strays == 0
