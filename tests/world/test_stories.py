"""Single promises, each in a world of its own: what was once seen to go wrong, told step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import pytest

from kitetui.feed import ConnectionState, FeedState, Gap
from kitetui.simulator import Answering, Sending
from kitetui.tui.rows import RowState
from kitetui.wire import Mode
from kitetui.wire.layout import LAST_PRICE
from tests.world.questions import AFTER, DURING, has_everything_come_to_rest
from tests.world.world import SYMBOLS, World, chance_of

Story = Callable[[World], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path) -> Callable[..., World]:
    """Tell a story in a world with three connections, and ask all questions at its end."""

    def told(story: Story, symbols: int = 9, mode: Mode = Mode.FULL, **settings: object) -> World:
        with chance_of(1):
            world = World(1, tmp_path)
            world.settle_in(symbols, mode, max_connections=3, **settings)
            world.run(story)
        for question in AFTER:
            question(world)
        return world

    return told


def states(world: World) -> set[RowState]:
    """What the rows of the watchlist are worth."""
    return {world.monitor.row(each).freshness.state for each in world.monitor.watchlist.instruments}


def ask(world: World) -> None:
    for question in DURING:
        question(world)


async def pass_by(world: World, seconds: int, allowed: set[RowState]) -> None:
    """Let seconds pass; at each the rows are worth one of these."""
    for _ in range(seconds):
        await asyncio.sleep(1)
        assert states(world) <= allowed
        ask(world)


@pytest.mark.parametrize("answering", Answering)
@pytest.mark.parametrize("mode", Mode)
def test_nothing_that_stands_still_is_ever_shown_or_recorded_as_live(
    tell: Callable[..., World], mode: Mode, answering: Answering
) -> None:
    async def nothing_moves(world: World) -> None:
        world.rate = 0
        world.exchange.answering = answering
        await pass_by(world, 20, {RowState.WAITING, RowState.SNAPSHOT})
        for each in range(len(world.monitor.watchlist)):
            world.monitor.watchlist.move(each)
            for _ in Mode:
                await world.monitor.cycle_mode()
                await pass_by(world, 2, {RowState.SNAPSHOT})
        await pass_by(world, 20, {RowState.SNAPSHOT})
        assert world.status() is FeedState.QUIET

    world = tell(nothing_moves, mode=mode)
    rows = [mark for _, _, mark in world.recording.sequences()]
    assert rows
    assert all(rows)


def test_a_failback_under_full_load_gives_every_tick_its_own_mark(tell: Callable[..., World]) -> None:
    async def there_and_back(world: World) -> None:
        world.rate = 20.0
        await asyncio.sleep(20)
        world.exchange.handshakes.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        world.network.up[0].cut()
        await asyncio.sleep(20)
        world.exchange.handshakes.lift()
        for _ in range(120):
            await asyncio.sleep(0.5)
            ask(world)
        assert states(world) <= {RowState.LIVE, RowState.OLD}

    world = tell(there_and_back, symbols=18, failover_after=5.0, failback_after=5.0, reconnect_max_delay=5.0)
    assert sum(each.reconnects for each in world.manager.get_stats().connections) == 1
    assert sum(1 for _ in world.account.marked_news()) < len(world.account.received) / 20


def test_a_line_that_is_minutes_late_from_its_first_ping_on_brings_no_answer_as_news(
    tell: Callable[..., World],
) -> None:
    async def late_from_the_start(world: World) -> None:
        world.network.latency, world.network.torn = (0.05, 1.5), 0.0
        world.exchange.answering = Answering.EACH
        world.rate = 20.0
        late: set[int] = set()
        while len(late) < 3:
            await asyncio.sleep(0.01)
            for each in world.manager.get_stats().connections:
                if each.state is ConnectionState.LIVE and each.connection not in late:
                    late.add(each.connection)
                    wire = next(wire for wire in world.network.up if wire.number == each.connection)
                    wire.stalled_until = world.loop.time() + 200.0
        await asyncio.sleep(200)
        ask(world)
        await asyncio.sleep(60)
        assert states(world) <= {RowState.LIVE, RowState.OLD}

    tell(late_from_the_start, heartbeat_liveness_threshold=300.0)


@pytest.mark.parametrize("mode", [Mode.QUOTE, Mode.FULL])
def test_what_a_server_held_back_while_it_answered_pings_is_no_news_for_having_come_late(
    tell: Callable[..., World], mode: Mode
) -> None:
    async def held_back(world: World) -> None:
        world.rate = 20.0
        await asyncio.sleep(30)
        assert states(world) <= {RowState.LIVE, RowState.OLD}
        world.rate = 0
        await asyncio.sleep(1)
        tokens = [each.instrument_token for each in world.monitor.watchlist.instruments]
        for client in world.exchange.clients:
            client.send_only(Sending.HEARTBEATS)
        await world.exchange.step(SYMBOLS)
        for wanted in (Mode.LTP, mode):
            await world.manager.change_mode(tokens, wanted)
            await asyncio.sleep(1)
        await asyncio.sleep(15)
        before = set(world.account.received)
        for client in world.exchange.clients:
            client.send_only(Sending.EVERYTHING)
        await asyncio.sleep(5)
        late = [packet for key, packet in world.account.received.items() if key not in before]
        assert any(packet.is_answer for packet in late)
        ask(world)
        world.rate = 20.0
        await asyncio.sleep(20)
        assert states(world) <= {RowState.LIVE, RowState.OLD}

    tell(held_back, mode=mode)


def test_a_last_price_that_stands_where_the_server_answered_it_is_at_rest_and_no_other(
    tell: Callable[..., World],
) -> None:
    async def one_stands(world: World) -> None:
        market = world.exchange.market
        chosen = next(
            each
            for each in world.monitor.watchlist.instruments
            if not market.traits.is_index[market.row_of[each.instrument_token]]
        )
        row = market.row_of[chosen.instrument_token]
        market.traits.move[row] = 0.0
        world.rate = 20.0
        await asyncio.sleep(60)
        assert world.monitor.row(chosen).freshness.state is RowState.SNAPSHOT
        has_everything_come_to_rest(world)
        market.words[row, LAST_PRICE] += 1
        with pytest.raises(AssertionError, match="SNAPSHOT"):
            has_everything_come_to_rest(world)
        market.words[row, LAST_PRICE] -= 1
        await world.manager.change_mode([chosen.instrument_token], Mode.QUOTE)
        await asyncio.sleep(20)
        assert world.monitor.row(chosen).freshness.state in (RowState.LIVE, RowState.OLD)

    tell(one_stands, mode=Mode.LTP)


def test_behind_a_proxy_that_lets_no_pong_through_symbols_are_proven_all_the_same(
    tell: Callable[..., World],
) -> None:
    async def nothing_is_answered(world: World) -> None:
        world.network.eats_pongs = True
        world.rate = 20.0
        await asyncio.sleep(200)
        assert states(world) <= {RowState.LIVE, RowState.OLD}
        before = set(world.account.marks)
        await asyncio.sleep(30)
        assert not any(mark for key, mark in world.account.marks.items() if key not in before)
        assert all(each.round_trip is None for each in world.manager.get_stats().connections)

    tell(nothing_is_answered)


def test_a_clock_that_is_set_back_an_hour_makes_nothing_younger_and_is_told_once(
    tell: Callable[..., World],
) -> None:
    async def back_and_forth(world: World) -> None:
        await asyncio.sleep(30)
        world.rate = 0
        for step in (-3600.0, 86_400.0):
            world.host.set_clock(step)
            world.told.clear()
            for _ in range(6):
                world.monitor.follow_clock()
                await asyncio.sleep(2)
                ask(world)
            assert len([each for each in world.told if "clock" in each]) == 1
        assert states(world) == {RowState.OLD}

    tell(back_and_forth)


def test_a_connection_with_heartbeats_alone_is_not_live_and_neither_are_its_rows(
    tell: Callable[..., World],
) -> None:
    async def one_is_mute(world: World) -> None:
        world.rate = 10.0
        await asyncio.sleep(60)
        assert world.status() is FeedState.LIVE
        mute = world.exchange.clients[1]
        number = next(wire.number for wire in world.network.up if wire.address == mute.address)
        mute.send_only(Sending.HEARTBEATS)
        await asyncio.sleep(75)
        stats = world.manager.get_stats()
        assert world.status() is FeedState.NO_TICKS
        assert stats.worst is not None
        assert (stats.worst.connection, stats.worst.state) == (number, ConnectionState.LIVE)
        for each in world.monitor.watchlist.instruments:
            is_mute = world.manager.connection_of(each.instrument_token) == number
            assert (world.monitor.row(each).freshness.state is RowState.FROZEN) == is_mute
        mute.send_only(Sending.EVERYTHING)
        await asyncio.sleep(10)
        assert world.status() is FeedState.LIVE

    tell(one_is_mute)


def test_a_connection_that_is_mute_from_its_start_is_named_though_others_tick(
    tell: Callable[..., World],
) -> None:
    async def one_only_answers(world: World) -> None:
        world.rate = 10.0
        await asyncio.sleep(0.5)
        mute = world.exchange.clients[1]
        number = next(wire.number for wire in world.network.up if wire.address == mute.address)
        mute.send_only(Sending.HEARTBEATS)
        await asyncio.sleep(60)
        worst = world.manager.get_stats().worst
        assert worst is not None
        assert (world.status(), worst.connection, worst.is_still) == (FeedState.QUIET, number, True)

    tell(one_only_answers)


def test_a_gap_under_way_is_a_gap(tell: Callable[..., World]) -> None:
    async def all_are_lost(world: World) -> None:
        await asyncio.sleep(30)
        assert world.manager.get_stats().missing is None
        world.network.is_refusing = True
        for wire in world.network.up:
            wire.cut()
        await asyncio.sleep(10)
        missing = world.manager.get_stats().missing
        assert missing is not None
        assert world.host.now() - (missing.missing_since or 0) / 1e9 == pytest.approx(10, abs=3)
        world.network.is_refusing = False
        await asyncio.sleep(30)
        assert world.manager.get_stats().missing is None
        assert any(isinstance(each, Gap) for each in [world.monitor.events.last_gap])

    tell(all_are_lost, reconnect_max_delay=5.0)


def test_a_connection_that_never_came_up_is_missing_from_the_moment_that_it_was_wanted(
    tell: Callable[..., World],
) -> None:
    async def one_is_refused(world: World) -> None:
        await asyncio.sleep(20)
        missing = world.manager.get_stats().missing
        assert missing is not None
        assert missing.missing_since == pytest.approx(world.host.now() * 1e9 - 20e9, abs=1e9)

    def refused(world: World) -> Awaitable[None]:
        world.network.is_refusing = True
        return one_is_refused(world)

    tell(refused)


def test_what_is_refused_for_good_is_told_before_what_is_tried_again(tell: Callable[..., World]) -> None:
    async def two_are_forbidden(world: World) -> None:
        await asyncio.sleep(20)
        world.network.is_refusing = True
        for wire in world.network.up:
            wire.cut()
        await asyncio.sleep(20)
        world.exchange.handshakes.refuse(HTTPStatus.FORBIDDEN, 2)
        world.network.is_refusing = False
        for _ in range(60):
            await asyncio.sleep(0.5)
            worst = world.manager.get_stats().worst
            if worst is not None and worst.state is ConnectionState.DOWN:
                break
        assert worst is not None
        assert "login refused" in worst.reason

    tell(two_are_forbidden, reconnect_max_delay=20.0)


def test_a_simulated_exchange_says_so_in_its_handshake(tell: Callable[..., World]) -> None:
    async def it_says(world: World) -> None:
        assert not world.manager.get_stats().is_simulated
        await asyncio.sleep(5)
        assert world.manager.get_stats().is_simulated

    tell(it_says)


def test_five_far_options_may_be_still_for_an_hour(tell: Callable[..., World]) -> None:
    async def an_hour(world: World) -> None:
        world.rate = 0
        for _ in range(12):
            await asyncio.sleep(300)
            assert world.status() is FeedState.QUIET
        await world.exchange.step(18)
        await asyncio.sleep(1)
        assert states(world) == {RowState.LIVE}, "the first quote proves each of them"
        assert world.status() is FeedState.LIVE

    tell(an_hour, symbols=5)
