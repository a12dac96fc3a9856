"""What a recording lacks, found from what its recorder hears."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kitetui.feed import ConnectionChanged, ConnectionState, Gap, Lagged, TickerMessage, Ticks
from kitetui.record.gaplog import Lack
from kitetui.record.lacks import Lacks
from kitetui.wire import decode_frame
from tests.wire.packets import INFY_FULL, frame

SECOND = 1_000_000_000
T = 1_625_461_887 * SECOND


def ticks(at: int, connection: int = 0, data: bytes | None = None) -> Ticks:
    batch = decode_frame(frame(INFY_FULL) if data is None else data)
    return Ticks(connection, batch, np.full(len(batch), at), 1, np.zeros(len(batch), dtype=np.bool_), 0.0)


def changed(state: ConnectionState, at: int, reason: str = "", connection: int = 0) -> ConnectionChanged:
    return ConnectionChanged(connection, state, reason, at)


def heard(messages: Iterable[TickerMessage], lacks: Lacks | None = None) -> list[Lack]:
    lacks = lacks or Lacks()
    return [lack for message in messages for lack in lacks.hear(message)]


def test_an_undisturbed_feed_lacks_nothing() -> None:
    assert heard([changed(ConnectionState.LIVE, T), ticks(T), ticks(T + SECOND)]) == []


def test_an_outage_that_is_over_is_what_the_feed_says_it_was() -> None:
    lacks = Lacks()
    messages = [
        ticks(T),
        changed(ConnectionState.RETRYING, T + 2 * SECOND, "closed"),
        Gap(0, T, T + 3 * SECOND, 12, "closed"),
        ticks(T + 3 * SECOND),
    ]
    assert heard(messages, lacks) == [Lack(T, T + 3 * SECOND, "closed", 0, 12)]
    assert list(lacks.unfinished(T + 9 * SECOND)) == []


def test_an_outage_that_is_not_over_ends_with_the_file() -> None:
    lacks = Lacks()
    assert heard([ticks(T, 1), changed(ConnectionState.RETRYING, T + 2 * SECOND, "closed", 1)], lacks) == []
    assert list(lacks.unfinished(T + 9 * SECOND)) == [Lack(T, T + 9 * SECOND, "closed", 1)]


def test_an_outage_that_is_given_up_ends_there() -> None:
    lacks = Lacks()
    messages = [
        ticks(T),
        changed(ConnectionState.RETRYING, T + SECOND, "closed"),
        changed(ConnectionState.DOWN, T + 2 * SECOND, "403"),
        changed(ConnectionState.UNUSED, T + 5 * SECOND),
    ]
    assert heard(messages, lacks) == [Lack(T, T + 5 * SECOND, "closed", 0)]
    assert list(lacks.unfinished(T + 9 * SECOND)) == []


def test_a_connection_that_never_brought_a_tick_has_no_outage() -> None:
    lacks = Lacks()
    assert heard([changed(ConnectionState.RETRYING, T, "refused")], lacks) == []
    assert list(lacks.unfinished(T + SECOND)) == []


def test_what_a_full_queue_cost_lies_between_the_ticks_around_it() -> None:
    lost = heard([ticks(T), Lagged(3, 30), Lagged(1, 1), ticks(T + SECOND), ticks(T + 2 * SECOND)])
    assert lost == [Lack(T, T + SECOND, "31 ticks lost: the output was slower than the market")]


def test_what_was_lost_last_is_not_forgotten() -> None:
    lacks = Lacks()
    heard([ticks(T), Lagged(3, 30)], lacks)
    (lack,) = lacks.unfinished(T + SECOND)
    assert (lack.start, lack.end) == (T, T + SECOND)
    assert "30 ticks lost" in lack.reason


def test_the_time_that_a_recording_was_not_running_is_a_gap() -> None:
    lacks = Lacks(stopped_at=T - 60 * SECOND)
    assert heard([ticks(T), ticks(T + 1)], lacks) == [Lack(T - 60 * SECOND, T, "not recorded")]


def test_packets_that_cannot_be_read_are_a_gap_without_length() -> None:
    broken = b"\x00\x02\x00\x09123456789\x00\x07"
    (lack,) = heard([ticks(T), ticks(T, data=broken)])
    assert (lack.start, lack.end, lack.connection) == (T, T, 0)
    assert "2 packets could not be read" in lack.reason


def test_a_clock_that_is_set_back_is_said() -> None:
    back = T - 3600 * SECOND
    assert heard([ticks(T), ticks(back), ticks(back + 1)]) == [Lack(T, back, "the clock was set back")]


def test_sockets_that_are_read_in_turns_are_no_clock_set_back() -> None:
    assert heard([ticks(T, 0), ticks(T - SECOND // 2, 1)]) == []
