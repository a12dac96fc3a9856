"""What every world is asked: each question asserts what the program promises, by what the exchange knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kitetui.feed import ConnectionState, FeedState
from kitetui.formatting import age
from kitetui.market.history import LENGTHS
from kitetui.record.ledgerfile import NOT_RECORDED
from kitetui.tui.rows import STANDING_STILL, RowState
from kitetui.wire import Mode
from kitetui.wire.layout import LAST_PRICE
from tests.record.helpers import Hole
from tests.world.account import DETECTED_WITHIN
from tests.world.holes import Clockwork, Missed, covering
from tests.world.world import BEGIN, World

Question = Callable[[World], None]

_ROUNDED: Final = 2_000
"""Nanoseconds: a gap log has microseconds."""


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
    """Every tick that is in the files was received, with the mark that it had; none is there twice."""
    recorded: dict[tuple[int, int], bool] = {}
    for connection, sequence, mark in world.recording.sequences():
        key = connection, sequence
        assert key not in recorded or world.recording.had_company, "a tick is there twice"
        recorded[key] = mark
        assert world.account.marks[key] == mark
    if not world.recording.was_disturbed:
        assert recorded == world.account.marks


def is_every_tick_in_a_file_or_in_a_row_of_the_log(world: World) -> None:
    """What was sent while a connection was up, or moved while none was, and no file has is in the gap log."""
    holes, truth = world.recording.holes(), world.holes
    clock = Clockwork(world.host.was, BEGIN)
    recorded = {(connection, sequence) for connection, sequence, _ in world.recording.sequences()}
    missed = list(truth.missed(world.account.sent_to, world.account.taken, BEGIN))
    missed += [
        Missed(packet.token, key[0], clock.moments_of(truth.received_at[key])[0], "received")
        for key, packet in world.account.received.items()
        if key not in recorded
    ]
    for each in missed:
        if _is_forgotten(world, each) or _was_set_twice_unseen(world, each.at):
            continue
        world.counts.missed += 1
        shown = clock.shown_at(each.at)
        assert any(
            hole.start - _ROUNDED <= shown <= hole.end + _ROUNDED
            for hole in _about(world, holes, each.token, each.connection, clock)
        ), f"{world.names[each.token]}, {each.why} at {each.at:.3f}, is in no row"


def _is_forgotten(world: World, missed: Missed) -> bool:
    """Whether the symbol was wanted anew so shortly before a kill that no file could say so, or is wanted no
    more by the next recorder."""
    since = world.holes.wanted_since(missed.token, missed.at)
    if any(
        missed.at <= killed <= missed.at + 10.0 and world.holes.wanted_since(missed.token, killed) > missed.at
        for _, killed in world.recording.unflushed
    ):
        return True  # wanted no more before its connection was known to be lost, and then came the kill
    return any(
        start <= missed.at <= end
        and (start <= since or world.holes.wanted_since(missed.token, end) > missed.at)
        for start, end in world.recording.forgotten
    )


def does_no_row_say_more_than_was_missing(world: World) -> None:
    """No row covers a tick that a file has, to 100 ms, and after a kill to the time between two flushes."""
    holes, truth = world.recording.holes(), world.holes
    clock = Clockwork(world.host.was, BEGIN)
    world.counts.holes = len(holes)
    for connection, sequence, _ in world.recording.sequences():
        key = connection, sequence
        shown = truth.received_at[key]
        if not truth.is_wanted_mode[key] or len(clock.moments_of(shown)) != 1:
            continue
        if any(start - 1e9 <= shown <= end + 1e9 for start, end in truth.unsure):
            continue
        token = world.account.received[key].token
        for hole in _about(world, holes, token, connection, clock):
            inside = hole.start + 0.1e9 < shown < hole.end - 0.1e9
            if NOT_RECORDED in hole.reason and (
                _was_unflushed(world, clock.moments_of(shown)[0]) or _was_clock_set_within(world, hole, clock)
            ):
                continue
            assert not inside or hole.connection != connection, (
                f"{world.names[token]} at {shown} is in {hole}"
            )


def _was_unflushed(world: World, moment: float) -> bool:
    """Whether a kill came before the next flush: what was written since the last one may be there, or not."""
    return any(start - 0.2 <= moment <= end for start, end in world.recording.unflushed)


def _was_set_twice_unseen(world: World, moment: float) -> bool:
    """Whether the clock was set more than once between two readings or while no recorder was at work, just
    then, or right before a kill that came before anybody knew of an outage."""
    steps = [at for at, _ in world.host.was[1:]]
    return any(
        start <= moment <= end and sum(start <= at <= end for at in steps) > 1
        for start, end in world.holes.unread
    ) or any(
        (start - 1.0 <= moment <= end and sum(start - 1.0 <= at <= end for at in steps) > 1)
        or any(at - 10.0 <= moment <= at and at <= start + 2.0 and start <= at + 10.0 for at in steps)
        for start, end in world.recording.forgotten
    )


def _was_clock_set_within(world: World, hole: Hole, clock: Clockwork) -> bool:
    """Whether the clock was set in a time that was not recorded, at a moment that nobody knows."""
    moments = clock.moments_of(hole.start, 60.0) + clock.moments_of(hole.end, 60.0)
    steps = [at for at, _ in world.host.was[1:]]
    return any(min(moments) - 1.0 <= at <= max(moments) for at in steps)


def _about(world: World, holes: list[Hole], token: int, connection: int, clock: Clockwork) -> list[Hole]:
    def is_wanted_on(token: int, connection: int, shown: int) -> bool:
        # A row ends when it is noticed that the clock was set, by the clock before.
        moments = clock.moments_of(shown, 60.0)
        return any(world.holes.is_wanted_on(token, connection, at) for at in moments)

    return covering(holes, token, world.names[token], connection, is_wanted_on)


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
    """Once nothing is wrong any more and the market moves, every symbol is live, and proven.

    But for one in mode `ltp` whose price stands where the server's answer had it: the exchange has had
    nothing to send that could prove it.
    """
    stats = world.manager.get_stats()
    assert world.status() is FeedState.LIVE, [
        (each.state, each.reason, each.symbols) for each in stats.connections
    ]
    for instrument in world.monitor.watchlist.instruments:
        state = world.monitor.row(instrument).freshness.state
        if state is RowState.SNAPSHOT and is_its_price_still_the_answers(world, instrument.instrument_token):
            continue
        assert state in (RowState.LIVE, RowState.OLD), f"{instrument.key} is {state}"


def is_its_price_still_the_answers(world: World, token: int) -> bool:
    """Return whether a token is streamed in mode `ltp`, and its price stands where the last answer had it."""
    key, _ = world.monitor.last[token]
    packet, market = world.account.received[key], world.exchange.market
    stands = packet.price == int(market.words[market.row_of[token], LAST_PRICE])
    return world.manager.mode_of(token) is Mode.LTP and packet.is_answer and stands


DURING: Final[list[Question]] = [
    is_what_looks_live_news_that_came_on_a_wire_that_is_up,
    are_ages_those_of_the_ticks_whatever_the_clock_shows,
    is_the_first_line_live_only_while_every_wire_is_up,
]

AT_REST: Final[list[Question]] = [has_everything_come_to_rest]

AFTER: Final[list[Question]] = [
    was_every_answer_marked,
    does_the_recording_say_what_the_feed_said,
    is_every_tick_in_a_file_or_in_a_row_of_the_log,
    does_no_row_say_more_than_was_missing,
    do_the_counts_add_up,
    is_the_chart_made_of_news,
]
