"""What is known of a recorded market, and whom a connection concerns."""

from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState
from kitetui.feed.replayed import RecordedGap, RecordedState
from kitetui.record.capture.notes import GapNote, NamesNote
from kitetui.record.capture.records import Kind, Record
from kitetui.replay.market import RecordedMarket
from kitetui.replay.packets import Packets, split
from kitetui.wire import Unsubscribe, encode_request
from tests.replay.recordings import INFY, SBIN, full, moment, note, sent, state
from tests.wire.packets import frame


def packets(*parts: bytes) -> Packets:
    found = split(frame(*parts))
    assert found is not None
    return found


def test_the_first_packet_after_a_request_was_a_kept_one_on_its_connection_alone() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY, SBIN))
    assert market.kept(1, packets(full(INFY, 1))) == set()
    assert market.kept(0, packets(full(INFY, 1))) == {INFY}
    assert market.kept(0, packets(full(INFY, 2), full(SBIN, 3))) == {SBIN}


@pytest.mark.parametrize("lost", [ConnectionState.RETRYING, ConnectionState.DOWN, ConnectionState.CONNECTING])
def test_what_was_asked_for_before_an_outage_is_not_awaited_after_it(lost: ConnectionState) -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.noted(state(1, lost))
    assert market.kept(0, packets(full(INFY, 1))) == set()


def test_a_live_connection_awaits_what_it_asked_for() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.noted(state(0, ConnectionState.LIVE))
    assert market.kept(0, packets(full(INFY, 1))) == {INFY}


def test_what_was_unsubscribed_is_not_awaited() -> None:
    market = RecordedMarket()
    market.asked(sent(0, INFY))
    market.asked(Record(Kind.SENT, 0, moment(0), 0, encode_request(Unsubscribe((INFY,))).encode()))
    assert market.kept(0, packets(full(INFY, 1))) == set()


def test_a_request_that_cannot_be_read_is_passed_over() -> None:
    market = RecordedMarket()
    market.asked(Record(Kind.SENT, 0, moment(0), 0, b"\xff"))
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
    market.clear()
    assert market.kept(0, packets(full(INFY, 1))) == set()
    assert market.last == {}
    assert market.concerns(0, [1])


def test_states_and_gaps_are_told_and_other_notes_are_not() -> None:
    market = RecordedMarket()
    assert market.noted(state(1, ConnectionState.LIVE, "₹")) == RecordedState(
        moment(1), ConnectionState.LIVE, "₹"
    )
    assert market.noted(note(1, GapNote(1, 2, 3, "reset"))) == RecordedGap(moment(1), 1, 2, 3, "reset")
    assert market.noted(note(1, NamesNote({INFY: ("NSE", "INFY")}))) is None
    assert market.noted(Record(Kind.NOTE, 0, moment(0), 0, b"{")) is None
