"""What a replay tells besides Kite's protocol, and what the client makes of it."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionChanged, ConnectionState, Gap, Ticks, UnknownMessage
from kitetui.feed.replayed import Recorded, RecordedGap, RecordedState, Told, encode_told, parse_told
from tests.feed.helpers import ltp_frame, manager_on, next_of, running, ticks_from
from tests.feed.server import ScriptedServer
from tests.wire.packets import INFY

AT = 1_625_461_887_000_000_000

TOLD = [
    Recorded(AT),
    Recorded(AT, (0, 3)),
    RecordedState(AT, ConnectionState.RETRYING, "silent for 5 s"),
    RecordedGap(AT, AT - 7, AT, 3000, "closed \u20b9"),
]


@pytest.mark.parametrize("told", TOLD, ids=lambda told: type(told).__name__)
def test_what_is_told_is_read_back(told: Told) -> None:
    assert parse_told(encode_told(told)) == told


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"replay"',
        '{"type":"replay","data":{}}',
        '{"type":"replay","data":{"at":"now"}}',
        '{"type":"replay","data":{"at":1,"state":"HAPPY","reason":""}}',
        '{"type":"replay","data":{"at":1,"gap":{"from":1}}}',
        '{"type":"message","data":{"at":1}}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_not_told(text: str) -> None:
    assert parse_told(text) is None


async def test_ticks_of_a_replay_have_the_times_and_the_marks_that_were_recorded(
    server: ScriptedServer,
) -> None:
    server.replays = True
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(encode_told(Recorded(AT)))
        await peer.send(ltp_frame(1, 2))
        await peer.send(encode_told(Recorded(AT + 5, (0,))))
        await peer.send(ltp_frame(3, 4))
        messages = await ticks_from(reader, 4)
        assert [at for each in messages for at in each.received_at.tolist()] == [AT, AT, AT + 5, AT + 5]
        assert [flag for each in messages for flag in each.snapshot.tolist()] == [False, False, True, False]


async def test_a_recorded_outage_is_shown_while_the_socket_lives_on(server: ScriptedServer) -> None:
    server.replays = True
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(encode_told(RecordedState(AT, ConnectionState.RETRYING, "reset")))
        lost = await next_of(reader, ConnectionChanged, lambda each: each.state is ConnectionState.RETRYING)
        assert (lost.at, lost.reason) == (AT, "reset")
        assert manager.state_of(INFY) is ConnectionState.RETRYING
        assert (missing := manager.get_stats().missing) is not None
        assert missing.missing_since == AT
        await peer.send(encode_told(RecordedState(AT + 9, ConnectionState.LIVE, "")))
        await peer.send(encode_told(RecordedGap(AT + 9, AT, AT + 9, 1, "reset")))
        assert await next_of(reader, Gap) == Gap(0, AT, AT + 9, 1, "reset")
        assert manager.state_of(INFY) is ConnectionState.LIVE
        assert manager.get_stats().missing is None


async def test_a_server_that_did_not_agree_to_it_cannot_set_the_clock(server: ScriptedServer) -> None:
    manager = manager_on(server)
    async with running(manager) as reader:
        await manager.subscribe_symbols([INFY])
        peer = await server.accept()
        await peer.send(encode_told(Recorded(AT)))
        assert isinstance(await next_of(reader, (UnknownMessage, Ticks)), UnknownMessage)
        await peer.send(ltp_frame(1))
        (message,) = await ticks_from(reader, 1)
        assert message.received_at[0] != AT
        assert server.headers[0]["X-Kitetui-Replay"] == "1"
