"""What a recording lacks, told step by step: each story was once a hole without a row, or a row too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import pytest

from kitetui.record import Format
from kitetui.simulator import Sending
from kitetui.wire import Mode
from tests.record.helpers import Hole
from tests.world.questions import AFTER
from tests.world.world import World, chance_of

Story = Callable[[World], Awaitable[None]]

each_format = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in (Format.CSV, Format.CAPTURE) else pytest.mark.landing)
        for kind in Format
    ],
)


@pytest.fixture
def tell(tmp_path: Path) -> Callable[..., World]:
    """Tell a story with three connections, and hold its recording against what the exchange knows."""

    def told(story: Story, kind: Format = Format.CSV, symbols: int = 9, **settings: object) -> World:
        with chance_of(1):
            world = World(1, tmp_path)
            world.format = kind
            world.loop.disk_delay = 0.0
            world.settle_in(symbols, Mode.FULL, max_connections=3, **settings)
            world.rate = 20.0
            world.run(story)
        for question in AFTER:
            question(world)
        return world

    return told


def seconds(holes: list[Hole]) -> float:
    """From the beginning of the first row to the end of the last."""
    return (max(hole.end for hole in holes) - min(hole.start for hole in holes)) / 1e9


def because(world: World, reason: str) -> list[Hole]:
    """The rows with such a reason."""
    return [hole for hole in world.recording.holes() if reason in hole.reason]


@each_format
def test_a_kill_costs_a_row_from_the_last_flush_to_the_first_packet(
    tell: Callable[..., World], kind: Format
) -> None:
    async def killed(world: World) -> None:
        await asyncio.sleep(20)
        await world.recording.kill()
        await asyncio.sleep(6)
        world.recording.begin()
        await asyncio.sleep(5)

    holes = because(tell(killed, kind), "not recorded")
    assert {hole.connection for hole in holes} == {0, 1, 2}
    assert 6.0 <= seconds(holes) <= 8.5


@each_format
def test_an_outage_under_way_at_a_kill_is_carried_on(tell: Callable[..., World], kind: Format) -> None:
    async def killed_in_an_outage(world: World) -> None:
        await asyncio.sleep(20)
        world.network.is_refusing = True
        for wire in world.network.up:
            wire.cut()
        await asyncio.sleep(10)
        await world.recording.kill()
        await asyncio.sleep(5)
        world.network.is_refusing = False
        world.recording.begin()
        await asyncio.sleep(15)

    holes = because(tell(killed_in_an_outage, kind, reconnect_max_delay=2.0), "not recorded")
    assert holes
    assert all("then not recorded" in hole.reason for hole in holes)
    assert 15.0 <= seconds(holes) <= 19.0


@each_format
def test_a_start_in_between_that_fails_shortens_no_hole(tell: Callable[..., World], kind: Format) -> None:
    async def started_in_vain(world: World) -> None:
        await asyncio.sleep(20)
        await world.recording.kill()
        world.network.is_refusing = True
        for wire in world.network.up:
            wire.cut()
        await asyncio.sleep(3)
        world.recording.begin()
        await asyncio.sleep(3)
        await world.recording.kill()
        await asyncio.sleep(3)
        world.network.is_refusing = False
        world.recording.begin()
        await asyncio.sleep(15)

    assert seconds(because(tell(started_in_vain, kind, reconnect_max_delay=2.0), "not recorded")) >= 9.0


@each_format
def test_a_disk_that_is_slower_than_the_market_costs_what_is_counted_and_has_its_rows(
    tell: Callable[..., World], kind: Format
) -> None:
    async def slow(world: World) -> None:
        world.recording.was_disturbed = True
        world.loop.disk_delay = 8.0
        await asyncio.sleep(60)
        world.loop.disk_delay = 0.0
        await asyncio.sleep(20)

    world = tell(slow, kind, parser_buffer_size=40)
    lost = because(world, "the output was slower than the market")
    assert lost
    written = sum(1 for _ in world.recording.sequences())
    assert sum(int(hole.reason.split()[0].replace(",", "")) for hole in lost) + written == len(
        world.account.received
    )


def test_a_connection_that_is_refused_from_the_start_has_a_row(tell: Callable[..., World]) -> None:
    async def refused(world: World) -> None:
        world.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        await asyncio.sleep(20)
        world.exchange.handshakes.lift()
        await asyncio.sleep(40)

    holes = because(tell(refused, failover_after=None), "503")
    assert {hole.connection for hole in holes} == {0, 1, 2}
    assert all(hole.end - hole.start >= 20e9 for hole in holes)


def test_symbols_of_which_nothing_comes_have_a_row_that_ends_with_their_first_packet(
    tell: Callable[..., World],
) -> None:
    async def held_back(world: World) -> None:
        await asyncio.sleep(20)
        for client in world.exchange.clients:
            client.send_only(Sending.HEARTBEATS)
        watched = {each.instrument_token for each in world.monitor.watchlist.instruments}
        await world.monitor.add(
            next(each for each in world.instruments if each.instrument_token not in watched)
        )
        await asyncio.sleep(12)
        for client in world.exchange.clients:
            client.send_only(Sending.EVERYTHING)
        await asyncio.sleep(10)

    (hole,) = because(tell(held_back), "no answer")
    assert 12.0 <= (hole.end - hole.start) / 1e9 <= 15.0
    assert len(hole.which) == 1


def test_a_clock_that_is_set_is_a_row_without_length(tell: Callable[..., World]) -> None:
    async def set_back(world: World) -> None:
        await asyncio.sleep(20)
        world.host.set_clock(-3600.0)
        await asyncio.sleep(20)

    (hole,) = tell(set_back).recording.holes()
    assert hole.start == hole.end
    assert hole.reason == "the clock was set back by 3,600.0 s"
    assert (hole.connection, hole.which) == (None, frozenset())


def test_two_recorders_of_one_folder_do_not_take_each_others_times(tell: Callable[..., World]) -> None:
    async def two(world: World) -> None:
        await asyncio.sleep(10)
        world.recording.begin()
        await asyncio.sleep(10)
        await world.recording.kill()
        await asyncio.sleep(8)
        world.recording.begin()
        world.recording.begin()
        await asyncio.sleep(10)

    holes = because(tell(two), "not recorded")
    assert 8.0 <= seconds(holes) <= 10.5
