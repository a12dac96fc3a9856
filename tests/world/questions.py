"""What every world is asked: each question asserts what the program promises, by what the exchange knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kitetui.feed import ConnectionState, FeedState
from kitetui.formatting import age
from kitetui.market.history import LENGTHS
from kitetui.record.opening import open_reader
from kitetui.tui.rowstate import STANDING_STILL, RowState
from tests.world.account import DETECTED_WITHIN
from tests.world.world import World

Question = Callable[[World], None]


def is_what_looks_live_news_that_came_on_a_wire_that_is_up(world: World) -> None:
    """No row looks live whose figures are an answer's, or came on a wire that brings nothing any more."""
    monitor, now = world.monitor, world.loop.time()
    for instrument in monitor.watchlist.instruments:
        row = monitor.row(instrument)
        if row.freshness.state in (*STANDING_STILL, RowState.WAITING):
            continue
        key, _ = monitor.last[instrument.instrument_token]
        packet = world.account.received[key]
        world.counts.rows_live += 1
        assert not packet.is_answer, f"{instrument.key} shows an answer as live"
        silent = now - packet.wire.brought_at
        assert silent <= DETECTED_WITHIN, f"{instrument.key} looks live {silent:.1f} s after its wire"


def are_ages_those_of_the_ticks_whatever_the_clock_shows(world: World) -> None:
    """The age of a row is the time since its tick was received."""
    monitor, now = world.monitor, world.loop.time()
    if monitor.rows.held_at is not None:
        return
    for instrument in monitor.watchlist.instruments:
        row = monitor.row(instrument)
        if row.freshness.state in (RowState.LIVE, RowState.OLD, RowState.FROZEN):
            _, timed_at = monitor.last[instrument.instrument_token]
            assert row.freshness.age.lstrip("!") == age(now - timed_at)


def is_the_first_line_live_only_while_every_wire_is_up(world: World) -> None:
    """The feed is called live only while the wire of each connection with symbols brings something."""
    status = world.manager.get_status()
    world.counts.states[str(status.state)] += 1
    if status.state is not FeedState.LIVE:
        return
    now = world.loop.time()
    for each in world.manager.get_stats().connections:
        if each.state is ConnectionState.UNUSED or not each.symbols:
            continue
        wires = [wire for wire in world.network.wires if wire.number == each.connection]
        silent = now - wires[-1].brought_at
        assert silent <= DETECTED_WITHIN, f"LIVE {silent:.1f} s after a wire went"


def was_every_answer_marked(world: World) -> None:
    """No packet that was only an answer is without the mark."""
    account = world.account
    for key, packet in account.received.items():
        world.counts.packets += 1
        world.counts.answers += packet.is_answer
        assert not packet.is_answer or account.marks[key], f"an answer for {packet.token} counts as news"
    world.counts.marked_news = sum(1 for _ in account.marked_news())
    world.counts.sessions = len(world.network.wires)


def does_the_recording_say_what_the_feed_said(world: World) -> None:
    """Every tick that was received is in the file, once, with the mark that it had."""
    recorded: dict[tuple[int, int], bool] = {}
    for rows in open_reader(world.path):
        keys = zip(rows.connection.tolist(), rows.sequence.tolist(), strict=True)
        for key, mark in zip(keys, rows.snapshot.tolist(), strict=True):
            assert key not in recorded
            recorded[key] = mark
    assert recorded == world.account.marks


def do_the_counts_add_up(world: World) -> None:
    """Each connection has counted the ticks that it received."""
    counted = {each.connection: each.ticks for each in world.at_the_end.connections}
    received = dict.fromkeys(counted, 0)
    for connection, _ in world.account.received:
        received[connection] += 1
    assert counted == received


def is_the_chart_made_of_news(world: World) -> None:
    """No candle has a price that only an answer had."""
    news: dict[int, set[int]] = {}
    for packet in world.account.received.values():
        if not packet.is_answer:
            news.setdefault(packet.token, set()).add(packet.price)
    for token in world.monitor.last:
        candles = world.monitor.history.candles(token, LENGTHS[0], 3600)
        drawn = {
            *candles.open.tolist(),
            *candles.high.tolist(),
            *candles.low.tolist(),
            *candles.close.tolist(),
        }
        assert drawn <= news.get(token, set())


def has_everything_come_to_rest(world: World) -> None:
    """Once nothing is wrong any more and the market moves, every symbol is live, and proven."""
    stats = world.manager.get_stats()
    assert world.status() is FeedState.LIVE, [
        (each.state, each.reason, each.symbols) for each in stats.connections
    ]
    for instrument in world.monitor.watchlist.instruments:
        row = world.monitor.row(instrument)
        assert row.freshness.state in (RowState.LIVE, RowState.OLD), (
            f"{instrument.key} is {row.freshness.state}"
        )


DURING: Final[list[Question]] = [
    is_what_looks_live_news_that_came_on_a_wire_that_is_up,
    are_ages_those_of_the_ticks_whatever_the_clock_shows,
    is_the_first_line_live_only_while_every_wire_is_up,
]

AT_REST: Final[list[Question]] = [has_everything_come_to_rest]

AFTER: Final[list[Question]] = [
    was_every_answer_marked,
    does_the_recording_say_what_the_feed_said,
    do_the_counts_add_up,
    is_the_chart_made_of_news,
]
