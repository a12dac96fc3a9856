"""What a recording lacks, found from what its recorder hears."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from kitetui.feed import ConnectionChanged, ConnectionState, Gap, Lagged, TickerMessage, Ticks
from kitetui.record.gapledger import GapLedger
from kitetui.record.gaplog import GapEntry
from kitetui.record.history import RecordingHistory
from kitetui.record.ledgerfile import Moment
from kitetui.wire import decode_frame
from tests.record.helpers import SECOND, comes, live, lost, stepped, timed, wants
from tests.wire.packets import INFY, INFY_FULL, frame

T = 1_625_461_887 * SECOND
OTHER = 738561


def ticks(at: int, connection: int = 0, data: bytes | None = None) -> Ticks:
    batch = decode_frame(frame(INFY_FULL) if data is None else data)
    is_kept = np.zeros(len(batch), dtype=np.bool_)
    return Ticks(connection, batch, np.full(len(batch), at), 1, is_kept, timed(at))


def replayed(state: ConnectionState, at: int, reason: str = "", connection: int = 0) -> ConnectionChanged:
    """What is told of a connection that plays a recording."""
    return ConnectionChanged(connection, state, reason, at, is_replay=True, timed_at=timed(at))


def of_now(before: RecordingHistory | None = None) -> GapLedger:
    """What is lacking of a recording that begins."""
    return GapLedger(before or RecordingHistory())


def heard(messages: Iterable[TickerMessage], lacks: GapLedger | None = None) -> list[GapEntry]:
    lacks = lacks or of_now()
    return [lack for message in messages for lack in lacks.hear(message)]


def logged(lacks: GapLedger, at: int) -> list[GapEntry]:
    """What is said once all was heard until then."""
    return list(lacks.pass_time(Moment(at, timed(at))))


def test_an_undisturbed_feed_lacks_nothing() -> None:
    lacks = of_now()
    assert heard([wants(T, INFY), live(T), ticks(T), ticks(T + SECOND)], lacks) == []
    assert logged(lacks, T + 60 * SECOND) == []
    assert list(lacks.unfinished(T + 60 * SECOND)) == []


def test_a_live_outage_ends_for_each_symbol_with_its_packet_whatever_the_feed_says_of_the_connection() -> (
    None
):
    lacks = of_now()
    messages: list[TickerMessage] = [
        wants(T, INFY, OTHER),
        live(T),
        comes(T, INFY, OTHER),
        lost(T + 2 * SECOND, since=T),
        live(T + 3 * SECOND),
        Gap(0, T, T + 3 * SECOND, 2, "closed"),
        comes(T + 3 * SECOND, INFY),
        comes(T + 4 * SECOND, OTHER),
    ]
    assert [*heard(messages, lacks), *logged(lacks, T + 5 * SECOND)] == [
        GapEntry(T, T + 3 * SECOND, "closed", 0, 1, (INFY,)),
        GapEntry(T, T + 4 * SECOND, "closed", 0, 1, (OTHER,)),
    ]
    assert list(lacks.unfinished(T + 9 * SECOND)) == []


def test_an_outage_that_is_not_over_ends_with_the_file() -> None:
    lacks = of_now()
    assert heard([wants(T, INFY), live(T), ticks(T), lost(T + 2 * SECOND, since=T)], lacks) == []
    assert list(lacks.unfinished(T + 9 * SECOND)) == [GapEntry(T, T + 9 * SECOND, "closed", 0, 1)]


def test_an_outage_that_is_replayed_is_what_the_recording_says_it_was() -> None:
    lacks = of_now()
    messages: list[TickerMessage] = [
        replayed(ConnectionState.LIVE, T),
        ticks(T),
        replayed(ConnectionState.RETRYING, T + 2 * SECOND, "closed"),
        Gap(0, T, T + 3 * SECOND, 1, "closed", (OTHER,)),
        ticks(T + 3 * SECOND),
    ]
    assert heard(messages, lacks) == [GapEntry(T, T + 3 * SECOND, "closed", 0, 1, (OTHER,))]
    assert list(lacks.unfinished(T + 9 * SECOND)) == []


def test_a_replayed_outage_that_is_not_over_ends_with_the_file() -> None:
    lacks = of_now()
    messages: list[TickerMessage] = [
        ticks(T, 1),
        replayed(ConnectionState.RETRYING, T + 2 * SECOND, "closed", 1),
    ]
    assert heard(messages, lacks) == []
    assert list(lacks.unfinished(T + 9 * SECOND)) == [GapEntry(T, T + 9 * SECOND, "closed", 1)]


def test_a_replayed_outage_that_is_given_up_ends_there() -> None:
    lacks = of_now()
    messages: list[TickerMessage] = [
        ticks(T),
        replayed(ConnectionState.RETRYING, T + SECOND, "closed"),
        replayed(ConnectionState.DOWN, T + 2 * SECOND, "403"),
        replayed(ConnectionState.UNUSED, T + 5 * SECOND),
    ]
    assert heard(messages, lacks) == [GapEntry(T, T + 5 * SECOND, "closed", 0)]
    assert list(lacks.unfinished(T + 9 * SECOND)) == []


def test_a_replayed_connection_that_never_brought_a_tick_has_no_outage() -> None:
    lacks = of_now()
    assert heard([replayed(ConnectionState.RETRYING, T, "refused")], lacks) == []
    assert list(lacks.unfinished(T + SECOND)) == []


def lagged(start: int, end: int, ticks: int = 10) -> Lagged:
    return Lagged(1, ticks, start, end)


def test_what_a_full_queue_cost_is_from_the_first_to_the_last_tick_that_it_dropped() -> None:
    lacks = of_now()
    messages: list[TickerMessage] = [ticks(T), lagged(T + 1, T + SECOND // 2), ticks(T + SECOND)]
    assert heard(messages, lacks) == []
    assert logged(lacks, T + SECOND) == [
        GapEntry(T + 1, T + SECOND // 2, "10 ticks lost: the output was slower than the market")
    ]
    assert logged(lacks, T + 2 * SECOND) == []


def test_losses_that_follow_within_a_tenth_of_a_second_are_one() -> None:
    lacks = of_now()
    tenth = SECOND // 10
    losses = [lagged(T, T + tenth, 30), lagged(T + 2 * tenth, T + 3 * tenth, 4_000)]
    assert heard([*losses, ticks(T + 3 * tenth)], lacks) == []
    assert logged(lacks, T + 4 * tenth) == []
    assert heard([lagged(T + 4 * tenth + 1, T + 5 * tenth)], lacks) == [
        GapEntry(T, T + 3 * tenth, "4,030 ticks lost: the output was slower than the market")
    ]
    (last,) = lacks.unfinished(T + SECOND)
    assert (last.start, last.end) == (T + 4 * tenth + 1, T + 5 * tenth)


def test_what_was_lost_last_is_not_forgotten() -> None:
    lacks = of_now()
    heard([ticks(T), lagged(T + 1, T + 2, 30)], lacks)
    (lack,) = lacks.unfinished(T + 2)
    assert (lack.start, lack.end) == (T + 1, T + 2)
    assert "30 ticks lost" in lack.reason


def test_dropped_messages_without_a_tick_cost_nothing() -> None:
    lacks = of_now()
    assert heard([ticks(T), Lagged(3, 0)], lacks) == []
    assert list(lacks.unfinished(T + SECOND)) == []


def test_the_time_that_a_recording_was_not_running_is_a_gap_where_nobody_says_what_is_wanted() -> None:
    lacks = of_now(RecordingHistory(until=T - 60 * SECOND))
    assert heard([ticks(T), ticks(T + 1)], lacks) == [GapEntry(T - 60 * SECOND, T, "not recorded")]


def test_what_was_recorded_after_the_first_tick_by_the_clock_of_before_is_no_gap() -> None:
    assert heard([ticks(T)], of_now(RecordingHistory(until=T + 60 * SECOND))) == []


def test_packets_that_cannot_be_read_are_missing_when_their_frames_came() -> None:
    broken = b"\x00\x02\x00\x09123456789\x00\x07"
    message = replace(ticks(T, data=broken), errors_at=(T + 1, T + 3))
    (lack,) = heard([ticks(T), message])
    assert (lack.start, lack.end, lack.connection) == (T + 1, T + 3, 0)
    assert "2 packets could not be read" in lack.reason


def test_a_clock_that_is_set_is_said_once() -> None:
    back = T - 3600 * SECOND
    assert heard([ticks(T), stepped(back, -3600.0), ticks(back), ticks(back + 1)]) == [
        GapEntry(back, back, "the clock was set back by 3,600.0 s")
    ]
    assert heard([ticks(T), stepped(T + 7 * SECOND, 7.04), ticks(T + 7 * SECOND)]) == [
        GapEntry(T + 7 * SECOND, T + 7 * SECOND, "the clock was set forward by 7.0 s")
    ]


def test_a_clock_that_a_recording_was_set_back_by_is_seen_in_its_times() -> None:
    back = T - 3600 * SECOND
    assert heard([ticks(T), ticks(back), ticks(back + 1)]) == [GapEntry(back, back, "the clock was set back")]


def test_sockets_that_are_read_in_turns_are_no_clock_set_back() -> None:
    assert heard([ticks(T, 0), ticks(T - SECOND // 2, 1)]) == []


def test_a_recording_has_begun_once_it_is_known_what_is_wanted_or_anything_came() -> None:
    lacks = of_now()
    heard([live(T)], lacks)
    assert not lacks.has_begun
    heard([wants(T, INFY)], lacks)
    assert lacks.has_begun
    by_ticks = of_now()
    heard([ticks(T)], by_ticks)
    assert by_ticks.has_begun
