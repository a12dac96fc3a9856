"""Since when and why each wanted symbol is missing, told from what a recorder hears."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kitetui.record.ledgerfile import NO_ANSWER, NOT_RECORDED, PastOutage, SymbolHistory
from kitetui.wire import Mode
from tests.record.helpers import comes
from tests.record.story import DAY, A, B, C, Story, absence, clock, recorded, row, undisturbed
from tests.wire.packets import FULL, INDEX_FULL, LTP, QUOTE


def test_nothing_is_missing_of_an_undisturbed_connection() -> None:
    story = undisturbed(A, B)
    assert story.ledger.missing == ()
    assert story.rows(DAY) == []
    assert story.cut(DAY) == []


def test_each_symbol_is_missing_from_the_last_frame_to_its_own_first_packet() -> None:
    story = undisturbed(A, B, C)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A)
    story.comes(5.5, A, B)
    story.comes(6.5, B, C)
    assert story.rows(7) == [
        row(1, 4.5, "closed", A),
        row(1, 5.5, "closed", B),
        row(1, 6.5, "closed", C),
    ]
    assert story.cut(9) == []


def test_a_packet_that_is_no_news_ends_it_too() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    kept = replace(comes(clock(4.5), A, timed_at=4.5), snapshot=np.array([True]))
    story.hears(kept)
    assert story.rows(5) == [row(1, 4.5, "closed", symbols=1)]


def test_an_outage_is_noticed_later_than_it_begins_and_has_the_first_reason() -> None:
    story = undisturbed(A)
    story.lost(3, since=1, reason="closed")
    story.lost(60, since=1, reason="refused")
    story.live(120)
    story.comes(121, A)
    assert story.rows(122) == [row(1, 121, "closed", symbols=1)]


def test_an_outage_of_which_nobody_knows_since_when_begins_when_it_is_told() -> None:
    story = undisturbed(A)
    story.lost(3)
    story.live(4)
    story.comes(4.5, A)
    assert story.rows(5) == [row(3, 4.5, "closed", symbols=1)]


@pytest.mark.parametrize(
    ("mode", "length"),
    [(Mode.LTP, LTP), (Mode.LTP, QUOTE), (Mode.QUOTE, FULL), (Mode.FULL, FULL), (Mode.FULL, INDEX_FULL)],
)
def test_a_packet_in_the_wanted_mode_or_a_richer_one_ends_it_at_once(mode: Mode, length: int) -> None:
    story = undisturbed(A, mode=mode)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, length=length)
    assert story.rows(4.7) == [row(1, 4.5, "closed", symbols=1)]


@pytest.mark.parametrize(("mode", "length"), [(Mode.QUOTE, LTP), (Mode.FULL, LTP), (Mode.FULL, QUOTE)])
def test_a_packet_in_a_poorer_mode_ends_it_where_none_in_the_wanted_mode_follows(
    mode: Mode, length: int
) -> None:
    story = undisturbed(A, mode=mode)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, length=length)
    story.comes(6, A, length=length)
    assert story.rows(8.9) == []
    assert [*story.rows(9.6), *story.rows(9.8)] == [row(1, 4.5, "closed", symbols=1)]


def test_a_packet_in_a_poorer_mode_ends_nothing_where_one_in_the_wanted_mode_follows() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, length=QUOTE)
    story.comes(8.5, A)
    assert story.rows(20) == [row(1, 8.5, "closed", symbols=1)]


def test_a_late_packet_in_a_poorer_mode_is_given_as_much_time_for_the_wanted_one_to_follow() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    assert story.rows(9) == [row(1, 4, "closed", symbols=1)]
    story.comes(12, A, length=QUOTE)
    assert story.rows(12.5) == []
    story.comes(13, A)
    assert story.rows(20) == [row(4, 13, NO_ANSWER, A)]


def test_what_was_poorer_before_the_connection_was_lost_again_ends_nothing() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, length=QUOTE)
    story.lost(5, since=4.5)
    assert story.rows(30) == []
    story.live(60)
    story.comes(61, A)
    assert story.rows(62) == [row(1, 61, "closed", symbols=1)]


def test_a_symbol_is_missing_in_the_mode_that_is_wanted_by_now() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.wants(3.5, A, mode=Mode.LTP)
    story.live(4)
    story.comes(4.5, A, length=LTP)
    assert story.rows(5) == [row(1, 4.5, "closed", symbols=1)]


def test_a_change_of_mode_makes_nothing_missing() -> None:
    story = undisturbed(A, mode=Mode.LTP)
    story.wants(2, A, mode=Mode.FULL)
    assert story.ledger.missing == ()
    assert story.rows(DAY) == []


def test_packets_of_another_connection_end_nothing() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, connection=1)
    story.comes(5.5, A)
    assert story.rows(6) == [row(1, 5.5, "closed", symbols=1)]


def test_a_symbol_of_which_nothing_comes_after_its_connection_is_back_has_no_answer_from_there() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A)
    assert story.rows(8.9) == [row(1, 4.5, "closed", A)]
    assert story.rows(9) == [row(1, 4, "closed", B)]
    story.comes(20, B)
    assert story.rows(21) == [row(4, 20, NO_ANSWER, B)]


def test_a_symbol_without_an_answer_has_one_row_however_often_its_connection_comes_back() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    assert story.rows(9) == [row(1, 4, "closed", symbols=1)]
    story.lost(20, since=15)
    story.live(30)
    assert story.rows(40) == []
    assert story.cut(50) == [row(4, 50, NO_ANSWER, A)]


def test_a_symbol_that_is_wanted_anew_and_answers_in_time_was_never_missing() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.comes(14.9, B)
    assert story.rows(20) == []
    assert story.ledger.missing == ()


def test_a_symbol_that_is_wanted_anew_and_does_not_answer_is_missing_from_when_it_was_wanted() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    assert story.rows(16) == []
    story.comes(17, B)
    assert story.rows(18) == [row(10, 17, NO_ANSWER, B)]


def test_a_symbol_that_was_asked_for_and_lost_with_its_connection_at_once_is_missing_all_the_same() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.lost(11, since=10.5)
    story.live(12)
    story.comes(12.5, A, B)
    found = sorted(story.rows(13), key=lambda each: each.start)
    assert found == [row(10, 12.5, "closed", B), row(10.5, 12.5, "closed", A)]


def test_a_symbol_that_never_answers_is_missing_to_the_end() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    assert story.cut(14.9) == []
    assert story.cut(16) == [row(10, 16, NO_ANSWER, B)]
    assert story.cut(17) == [row(16, 17, NO_ANSWER, B)]


def test_a_symbol_that_has_answered_before_anybody_listened_is_not_missing() -> None:
    story = Story()
    story.wants(0, A, B, answered=(A,))
    story.live(0)
    assert story.cut(10) == [row(0, 10, NO_ANSWER, B)]


def test_a_connection_that_was_silent_when_a_recording_began_lacks_its_symbols_from_there() -> None:
    story = Story()
    story.wants(10, A, answered=(A,))
    story.live(10)
    story.lost(12, since=7)
    story.live(13)
    story.comes(14, A)
    assert story.rows(15) == [row(10, 14, "closed", symbols=1)]


def test_a_connection_that_is_refused_from_the_start_lacks_its_symbols_since_they_were_wanted() -> None:
    story = Story()
    story.wants(0, A, B)
    story.lost(1, reason="refused")
    story.lost(4, reason="refused again")
    story.live(20)
    story.comes(20.5, A, B)
    assert story.rows(21) == [row(0, 20.5, "refused again", symbols=2)]


def test_a_connection_that_comes_up_at_the_second_try_within_seconds_lacks_nothing() -> None:
    story = Story()
    story.wants(0, A)
    story.lost(1, reason="refused")
    story.live(2)
    story.comes(3, A)
    assert story.rows(10) == []


def test_a_symbol_without_an_answer_after_a_refused_start_is_said_so_from_when_its_connection_is_up() -> None:
    story = Story()
    story.wants(0, A, B)
    story.lost(1, reason="refused")
    story.live(20)
    story.comes(20.5, A)
    found = [*story.rows(21), *story.rows(26), *story.rows(27), *story.cut(60)]
    assert found == [
        row(0, 20.5, "refused", A),
        row(0, 20, "refused", B),
        row(20, 60, NO_ANSWER, B),
    ]


def test_a_symbol_that_is_not_wanted_any_more_while_it_is_missing_was_missing_until_then() -> None:
    story = undisturbed(A, B, C)
    story.lost(3, since=1)
    story.leaves(5, B)
    assert story.rows(6) == [row(1, 5, "closed", B)]
    story.live(7)
    story.comes(7.5, A, B, C)
    assert story.rows(8) == [row(1, 7.5, "closed", A, C)]


def test_a_symbol_that_is_wanted_for_a_moment_was_never_missing() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.leaves(11, B)
    assert story.cut(20) == []


def test_to_leave_what_nobody_wanted_is_nothing() -> None:
    story = undisturbed(A)
    story.leaves(2, B)
    assert story.ledger.wanted == {0: [A]}
    assert story.cut(20) == []


def before_of(*tokens: int, since: float = -600) -> Story:
    """A ledger of a recording that goes on from one that stopped, and had these symbols."""
    absent = PastOutage(clock(since), NOT_RECORDED, connection=0, of=len(tokens))
    return Story(recorded(dict.fromkeys(tokens, absent)))


def test_what_was_not_recorded_in_between_is_missing_to_the_first_packet_of_each_symbol() -> None:
    story = before_of(A, B)
    story.wants(0, A, B, C)
    story.live(1)
    story.comes(1.5, A, C)
    story.comes(2.5, B)
    assert story.rows(10) == [row(-600, 1.5, NOT_RECORDED, A), row(-600, 2.5, NOT_RECORDED, B)]


def test_what_was_not_recorded_in_between_and_does_not_answer_now_is_two_rows() -> None:
    story = before_of(A)
    story.wants(0, A)
    story.live(1)
    assert [*story.rows(6.5), *story.cut(60)] == [
        row(-600, 1, NOT_RECORDED, symbols=1),
        row(1, 60, NO_ANSWER, A),
    ]


def test_a_symbol_that_is_asked_for_on_a_lost_connection_is_given_its_time_from_when_that_is_back() -> None:
    story = before_of(B)
    story.wants(0, A)
    story.live(0.1)
    story.comes(1, A)
    story.lost(3, since=2)
    story.wants(4, B)
    assert story.rows(20) == []
    story.live(30)
    story.comes(34, B)
    assert row(-600, 34, NOT_RECORDED, B) in story.rows(34.5)


def test_what_is_answered_already_when_a_reader_begins_was_not_recorded_until_then() -> None:
    story = before_of(A)
    story.wants(0, A, answered=(A,))
    story.live(0)
    story.comes(60, A)
    assert story.rows(70) == [row(-600, 0, NOT_RECORDED, symbols=1)]


def test_a_recording_before_by_a_clock_that_was_ahead_says_nothing_of_an_answer() -> None:
    story = before_of(A, since=600)
    story.wants(0, A)
    story.live(0.1)
    story.comes(0.2, A)
    assert NO_ANSWER not in {each.reason for each in story.rows(10)}


def test_what_no_recorder_had_between_others_is_a_row_and_what_another_has_now_is_not_missing() -> None:
    def before(token: int) -> SymbolHistory:
        hole = PastOutage(clock(-600), NOT_RECORDED, until=clock(-300))
        return SymbolHistory((hole,) if token == A else (), is_shared=token != C)

    story = Story(before)
    story.wants(0, A, B, C)
    story.live(1)
    assert story.ledger.joined == {A: clock(0), B: clock(0)}
    story.comes(1.5, A, B, C)
    assert story.rows(10) == [row(-600, -300, NOT_RECORDED, A)]
    assert not story.ledger.missing


def test_what_another_recorder_had_is_answered_for_until_it_is_not_wanted_any_more() -> None:
    story = Story(lambda token: SymbolHistory(is_shared=True))
    story.wants(0, A, B)
    story.leaves(5, A)
    assert story.ledger.joined == {B: clock(0)}


def test_a_symbol_that_another_recorder_has_and_that_does_not_answer_here_is_missing() -> None:
    story = Story(lambda token: SymbolHistory(is_shared=True))
    story.wants(0, A)
    story.live(1)
    assert story.cut(10) == [row(0, 10, NO_ANSWER, symbols=1)]


def test_when_each_connection_was_heard_last_is_known() -> None:
    story = undisturbed(A, B)
    story.beats(2)
    assert story.ledger.heard == {0: clock(2)}
    story.comes(3, A)
    story.beats(3.5, connection=1)
    assert story.ledger.heard == {0: clock(3), 1: clock(3.5)}


def test_a_heartbeat_is_no_packet_of_any_symbol() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    story.beats(4.5)
    assert story.rows(4.7) == []
    story.beats(9)
    assert story.rows(9.2) == [row(1, 4, "closed", symbols=1)]


def test_what_is_missing_now_is_told_with_all_that_is_not_logged_yet() -> None:
    story = undisturbed(A, B)
    story.wants(2, C)
    assert story.ledger.missing == (absence(2, NOT_RECORDED, C),)  # it may answer yet
    story.comes(2.5, C)
    assert not story.ledger.missing
    story.lost(3, since=2.5)
    assert story.ledger.missing == (absence(2.5, "closed"),)
    story.live(4)
    story.comes(4.5, A)
    assert story.ledger.missing == (absence(2.5, "closed"),)  # nothing is logged yet
    story.rows(5)
    assert story.ledger.missing == (absence(2.5, "closed", B, C),)


def test_at_the_end_of_a_file_what_is_missing_goes_on_from_there() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    assert story.cut(10) == [row(1, 10, "closed", symbols=2)]
    assert story.ledger.missing == (absence(10, "closed"),)
    story.live(11)
    story.comes(11.5, A)
    story.comes(12.5, B)
    assert story.rows(13) == [row(10, 11.5, "closed", A), row(10, 12.5, "closed", B)]


def test_at_the_end_of_a_file_what_may_still_answer_in_time_is_not_missing_in_either() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    assert story.cut(12) == []
    story.comes(13, B)
    assert story.rows(20) == []


def test_what_is_back_before_the_end_of_a_file_is_in_its_log() -> None:
    story = undisturbed(A)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A)
    assert story.cut(4.51) == [row(1, 4.5, "closed", symbols=1)]
    assert story.rows(DAY) == []


def test_the_wanted_symbols_are_told_by_connection() -> None:
    story = undisturbed(A, B)
    story.wants(2, C, connection=2)
    assert story.ledger.wanted == {0: [A, B], 2: [C]}
    story.leaves(3, A)
    assert story.ledger.wanted == {0: [B], 2: [C]}
