"""What is known of a recorded market, and whom a connection concerns."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState
from kitetui.record.capture.layout import GapNote, NamesNote, Record, RecordKind, StateNote
from kitetui.replay.market import MessagePackets, RecordedMarket, split
from tests.replay.recordings import BEGUN, INFY, SBIN, data, full, marked, moment, note, sent, state
from tests.wire.packets import frame

STRANGE = INFY.to_bytes(4, "big") + bytes(200)


def packets(*parts: bytes) -> MessagePackets:
    found = split(frame(*parts))
    assert found is not None
    return found


def test_the_marks_of_a_message_are_those_that_were_noted_of_it() -> None:
    market = RecordedMarket()
    assert market.noted(BEGUN) is None
    market.asked(sent(0, INFY, SBIN))
    assert market.marked(data(0, full(INFY, 1))) == ()
    assert market.noted(marked(0, 1, 2)) is None
    assert market.marked(data(0, full(INFY, 1), connection=1)) == ()
    assert market.marked(data(0, full(INFY, 2), full(SBIN, 3), full(SBIN, 3))) == (1, 2)
    assert market.marked(data(0, full(INFY, 2))) == ()


def test_where_nothing_is_noted_what_follows_a_request_carries_the_mark_until_it_differs() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY, SBIN))
    assert market.marked(data(0, full(INFY, 1), connection=1)) == ()
    assert market.marked(data(0, STRANGE, full(INFY, 1), full(INFY, 2), full(SBIN, 3))) == (0, 2)
    assert market.marked(data(0, full(INFY, 2), full(SBIN, 4))) == (0,)


@pytest.mark.parametrize("lost", [ConnectionState.RETRYING, ConnectionState.DOWN, ConnectionState.CONNECTING])
def test_where_nothing_is_noted_what_a_lost_connection_asked_for_does_not_come(lost: ConnectionState) -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.noted(state(1, lost))
    assert market.marked(data(0, full(INFY, 1))) == ()


def test_where_nothing_is_noted_a_live_connection_awaits_what_it_asked_for() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.noted(state(0, ConnectionState.LIVE))
    assert market.marked(data(0, full(INFY, 1))) == (0,)


def test_a_message_that_ends_early_has_the_marks_of_what_can_be_read_of_it() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY, SBIN))
    broken = Record(RecordKind.DATA, 0, moment(0), 1, frame(full(INFY, 1), full(SBIN, 2))[:-1])
    assert market.marked(broken) == (0,)


def test_a_request_that_cannot_be_read_is_passed_over() -> None:
    market = RecordedMarket()
    market.asked(Record(RecordKind.SENT, 0, moment(0), 0, b"\xff"))
    assert market.concerns(0, [INFY])


def test_a_connection_concerns_who_listens_to_its_tokens() -> None:
    market = RecordedMarket()
    assert market.concerns(0, [SBIN])
    market.came(0, packets(full(INFY, 1)))
    assert market.concerns(0, [SBIN, INFY])
    assert market.concerns(0, [])
    assert not market.concerns(0, [SBIN])


def test_a_token_that_moves_takes_its_listeners_with_it() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.asked(sent(0, SBIN, connection=1))
    market.asked(sent(1, INFY, connection=1))
    assert market.concerns(1, [INFY])
    assert not market.concerns(0, [INFY])


def test_the_last_packet_of_each_token_is_kept_until_it_begins_anew() -> None:
    market = RecordedMarket()
    market.came(0, packets(full(INFY, 1), full(SBIN, 2)))
    market.came(0, packets(full(INFY, 3)[:8]))
    assert market.last == {INFY: full(INFY, 3)[:8], SBIN: full(SBIN, 2)}
    market.asked(sent(0, INFY))
    market.noted(marked(0, 0))
    market.clear()
    assert market.marked(data(0, full(INFY, 1))) == ()
    assert market.last == {}
    assert market.concerns(0, [1])


def test_states_and_gaps_are_told_and_other_notes_are_not() -> None:
    market = RecordedMarket()
    assert market.noted(state(1, ConnectionState.LIVE, "₹")) == StateNote(ConnectionState.LIVE, "₹")
    assert market.noted(note(1, GapNote(1, 2, 3, "reset"))) == GapNote(1, 2, 3, "reset")
    assert market.noted(note(1, NamesNote({INFY: ("NSE", "INFY")}))) is None
    assert market.noted(Record(RecordKind.NOTE, 0, moment(0), 0, b"{")) is None
