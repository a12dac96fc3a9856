"""The stream of a recorder: raw frames, sent and received, each before what it was read as."""

from __future__ import annotations

from kitetui.feed import Lagged, RawFrame, ServerError, Ticks
from kitetui.feed.messages import TickerMessage
from kitetui.wire import HEARTBEAT, Mode, decode_frame, encode_error
from tests.feed.helpers import ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY


async def test_a_raw_frame_says_which_of_its_ticks_carry_the_mark(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        full = manager.full_stream()
        await manager.subscribe_symbols([INFY], Mode.LTP)
        first = await server.accept()
        await first.carries({INFY: "ltp"})
        await first.send(ltp_frame(1, 2))
        assert [each.snapshot.tolist() for each in await ticks_from(reader, 2)] == [[True, False]]
        first.send_together(ltp_frame(2, 3), HEARTBEAT, ltp_frame(3))
        await ticks_from(reader, 3)
        first.drop()
        second = await server.accept()
        await second.carries({INFY: "ltp"})
        await second.send(ltp_frame(3))
        await second.send(ltp_frame(4))
        flags = [flag for each in await ticks_from(reader, 2) for flag in each.snapshot.tolist()]
        assert flags == [True, False]
        places = []
        while (message := full.recv_nowait()) is not None:
            if isinstance(message, RawFrame) and not message.sent:
                places.append(message.snapshot)
        assert places == [(0,), (0,), (), (0,), (0,), ()]


async def test_every_message_of_the_wire_stands_before_what_it_became(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        full = manager.full_stream()
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        peer.send_together(ltp_frame(1, 2), HEARTBEAT, ltp_frame(3))
        await ticks_from(reader, 3)
        await peer.send(encode_error("no"))
        await next_of(reader, ServerError)
        messages: list[TickerMessage | RawFrame | None] = []
        while (message := full.recv_nowait()) is not None:
            messages.append(message)
    wire = [each for each in messages if isinstance(each, RawFrame)]
    assert [each.data for each in wire if each.sent] == [
        '{"a":"subscribe","v":[408065]}',
        '{"a":"mode","v":["ltp",[408065]]}',
    ]
    received = [each for each in wire if not each.sent]
    assert [each.data for each in received] == [
        ltp_frame(1, 2),
        HEARTBEAT,
        ltp_frame(3),
        encode_error("no"),
    ]
    assert [each.sequence for each in received] == [1, 3, 3, 4]
    ticks = next(place for place, each in enumerate(messages) if isinstance(each, Ticks))
    refused = next(place for place, each in enumerate(messages) if isinstance(each, ServerError))
    assert messages[ticks - 1 : ticks] == [received[2]]
    assert messages[refused - 1 : refused] == [received[3]]


async def test_raw_frame_channels_carry_what_was_received_alone(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager):
        raw = manager.get_raw_frame_channel(0)
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        await peer.send(ltp_frame(1))
        assert (await next_of(raw, RawFrame)).data == ltp_frame(1)


async def test_a_reader_that_is_too_slow_loses_frames_and_their_ticks_together(
    server: ScriptedServer,
) -> None:
    manager = manager_on(server, reader_buffer_bytes=30_000)
    async with running(manager) as reader:
        full = manager.full_stream()
        await manager.subscribe_symbols([INFY], Mode.LTP)
        peer = await server.accept()
        await peer.carries({INFY: "ltp"})
        for number in range(40):
            await peer.send(ltp_frame(number))
            await ticks_from(reader, 1)
        frames, ticks, lagged = [], [], []
        while (message := full.recv_nowait()) is not None:
            match message:
                case RawFrame(data=bytes(data)):
                    frames.append(decode_frame(data).as_sent("last_price").tolist())
                case Ticks(batch=batch):
                    ticks.append(batch.as_sent("last_price").tolist())
                case Lagged():
                    lagged.append(message)
    assert 0 < len(ticks) < 40
    assert frames == ticks == [[number] for number in range(40 - len(ticks), 40)]
    assert [each.ticks for each in lagged] == [40 - len(ticks)]
