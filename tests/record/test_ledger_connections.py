"""What is missing of symbols that share a connection, move to another, or come with a second stream."""

from __future__ import annotations

from kitetui.record.ledgerfile import NO_ANSWER
from tests.record.story import DAY, A, B, C, Story, absence, clock, row, undisturbed
from tests.wire.packets import QUOTE


def two_connections() -> Story:
    """A story of A and B on the first connection, and C on the second, long undisturbed."""
    story = Story()
    story.wants(0, A, B)
    story.wants(0, C, connection=1)
    for number in (0, 1):
        story.live(0.1, connection=number)
    story.comes(1, A, B)
    story.comes(1, C, connection=1)
    assert story.rows(100) == []
    return story


def test_a_lost_connection_makes_no_symbol_of_another_missing() -> None:
    story = two_connections()
    story.lost(103, since=102, connection=1)
    story.live(104, connection=1)
    story.comes(105, C, connection=1)
    assert story.rows(106) == [row(102, 105, "closed", symbols=1, connection=1)]


def test_symbols_that_are_back_within_a_tenth_of_a_second_are_one_row() -> None:
    story = undisturbed(A, B, C)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.50, A)
    story.comes(4.55, B)
    story.comes(4.61, C)
    assert story.rows(5) == [row(1, 4.55, "closed", A, B), row(1, 4.61, "closed", C)]


def test_a_row_of_all_symbols_of_a_connection_names_none() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.50, B)
    story.comes(4.55, A)
    assert story.rows(5) == [row(1, 4.55, "closed", symbols=2)]


def test_symbols_that_are_missing_since_other_moments_are_rows_of_their_own() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.wants(11, C)
    story.rows(20)
    story.comes(20.5, B, C)
    assert story.rows(21) == [row(10, 20.5, NO_ANSWER, B), row(11, 20.5, NO_ANSWER, C)]


def test_a_row_waits_no_longer_for_others_than_a_tenth_of_a_second() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A)
    assert story.rows(4.59) == []
    assert story.rows(4.61) == [row(1, 4.5, "closed", A)]


def test_a_row_of_one_symbol_is_not_of_all_because_the_others_have_left_meanwhile() -> None:
    story = undisturbed(A)
    story.wants(10, B)
    story.leaves(20, A)
    story.comes(30, B)
    assert story.rows(31) == [row(10, 30, NO_ANSWER, B)]


def test_a_symbol_that_moves_is_missing_at_no_time_where_each_connection_brings_it() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    assert story.ledger.wanted == {0: [A, B], 1: [C]}  # it stays until the other brings it
    story.comes(101.5, B)
    story.comes(102, B, connection=1)
    assert story.ledger.wanted == {0: [A], 1: [B, C]}
    story.leaves(103, B)
    assert story.ledger.wanted == {0: [A], 1: [B, C]}
    assert story.rows(DAY) == []
    assert story.cut(DAY) == []


def test_a_symbol_that_left_before_the_other_connection_brought_it_is_missing_if_that_one_does_not() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    story.leaves(102, B)
    assert story.ledger.wanted == {0: [A], 1: [B, C]}
    assert story.rows(110) == []
    story.comes(111, B, connection=1)
    assert story.rows(112) == [row(102, 111, NO_ANSWER, B, connection=1)]


def test_a_symbol_that_left_before_the_other_connection_brought_it_is_not_missing_if_that_one_does() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    story.leaves(102, B)
    story.comes(106.9, B, connection=1)
    assert story.rows(120) == []


def test_a_symbol_that_was_to_move_and_is_not_to_any_more_stays() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    story.leaves(102, B, connection=1)
    story.lost(105, since=104, connection=1)
    story.lost(105, since=104)
    story.live(106)
    story.comes(107, A, B)
    assert story.rows(108) == [row(104, 107, "closed", symbols=2)]


def test_a_symbol_that_moves_from_a_lost_connection_is_missing_to_the_first_packet_of_the_other() -> None:
    story = two_connections()
    story.lost(101, since=100)
    story.wants(102, B, connection=1)
    story.comes(103, B, connection=1)
    story.leaves(103, B)
    assert story.rows(104) == [row(100, 103, "closed", B)]
    story.live(105)
    story.comes(106, A)
    assert story.rows(107) == [row(100, 106, "closed", A)]


def test_a_symbol_is_missing_from_the_loss_of_its_connection_while_it_moves() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    story.lost(102, since=101.5)
    story.leaves(102.5, B)
    assert story.rows(102.7) == []
    story.comes(104, B, connection=1)
    assert story.rows(105) == [row(101.5, 104, "closed", B)]
    assert story.ledger.missing == (absence(101.5, "closed", A),)


def test_a_symbol_that_moved_before_anybody_knew_that_its_connection_was_lost_was_missing_until_it_came() -> (
    None
):
    story = two_connections()
    story.wants(102, B, connection=1)
    story.comes(103, B, connection=1)
    story.lost(105, since=100)
    story.leaves(106, B)
    assert story.rows(107) == [row(100, 103, "closed", B)]
    story.live(108)
    story.comes(109, A)
    assert story.rows(110) == [row(100, 109, "closed", symbols=1)]


def test_a_row_names_its_symbols_where_another_came_to_their_connection_and_left_it_meanwhile() -> None:
    story = two_connections()
    story.lost(101, since=100)
    story.live(102)
    story.wants(102.5, C)
    story.comes(103, C)
    story.leaves(103.5, C, connection=1)
    story.wants(104, C, connection=1)
    story.comes(104.5, C, connection=1)
    story.leaves(105, C)
    story.comes(106, A, B)
    assert story.rows(107) == [row(100, 106, "closed", A, B)]


def test_a_symbol_that_moved_from_a_lost_connection_has_no_answer_from_when_the_other_was_asked() -> None:
    story = two_connections()
    story.lost(101, since=100)
    story.wants(102, B, connection=1)
    story.leaves(102, B)
    assert story.rows(106.9) == []
    assert story.rows(107) == [row(100, 102, "closed", B)]
    assert story.cut(120) == [
        row(100, 120, "closed", A),
        row(102, 120, NO_ANSWER, B, connection=1),
    ]


def test_what_moved_and_is_missing_still_is_not_said_of_those_that_stayed_and_are_back() -> None:
    story = two_connections()
    story.lost(101, since=100)
    story.wants(102, B, connection=1)
    story.leaves(102, B)
    story.live(103)
    story.comes(103.5, A)
    story.rows(104)
    (still,) = story.ledger.missing
    assert (still.since, still.reason, still.tokens) == (clock(100), "closed", (B,))


def test_a_poorer_packet_of_the_connection_that_a_symbol_moved_to_ends_nothing_where_better_follows() -> None:
    story = two_connections()
    story.wants(101, B, connection=1)
    story.lost(102, since=101.5)
    story.leaves(102.5, B)
    story.comes(103, B, connection=1, length=QUOTE)
    story.comes(104, B, connection=1)
    assert story.rows(105) == [row(101.5, 104, "closed", B)]


def test_a_symbol_that_left_a_connection_already_lost_was_missing_until_it_left() -> None:
    story = undisturbed(A, B, C)
    story.leaves(2, B)
    story.lost(3, since=1)
    story.live(4)
    story.comes(4.5, A, C)
    assert story.rows(5) == [row(1, 2, "closed", B), row(1, 4.5, "closed", symbols=2)]


def test_a_symbol_that_left_before_the_last_frame_of_its_connection_was_not_missing() -> None:
    story = undisturbed(A, B)
    story.leaves(2, B)
    story.lost(4, since=3)
    assert story.cut(5) == [row(3, 5, "closed", symbols=1)]


def test_a_feed_that_ends_ends_what_was_missing() -> None:
    story = undisturbed(A, B)
    story.lost(3, since=1)
    story.ends(9)
    assert story.rows(10) == [row(1, 9, "closed", symbols=2)]
    assert story.cut(DAY) == []
    assert story.ledger.missing == ()


def test_what_was_wanted_of_a_feed_that_has_ended_was_wanted() -> None:
    story = undisturbed(A, B)
    story.ends(9)
    assert story.ledger.wanted == {0: [A, B]}


def test_the_time_between_two_streams_is_not_missing_and_the_second_is_as_the_first() -> None:
    story = undisturbed(A, B)
    story.ends(9)
    story.wants(DAY, A, B)
    story.live(DAY + 1)
    story.comes(DAY + 2, A)
    assert story.rows(DAY + 4) == []
    assert story.rows(DAY + 6) == []
    assert story.cut(DAY + 10) == [row(DAY, DAY + 10, NO_ANSWER, B)]
    assert story.ledger.wanted == {0: [A, B]}


def test_a_symbol_may_come_with_another_connection_in_the_second_stream() -> None:
    story = undisturbed(A, B)
    story.ends(9)
    story.wants(DAY, A, connection=1)
    story.wants(DAY, B)
    story.live(DAY + 1)
    story.live(DAY + 1, connection=1)
    story.comes(DAY + 2, A, connection=1)
    story.comes(DAY + 2, B)
    assert story.cut(DAY + 60) == []
    assert story.ledger.wanted == {0: [B], 1: [A]}


def test_a_symbol_that_the_second_stream_does_not_want_is_never_missing() -> None:
    story = undisturbed(A, B)
    story.ends(9)
    story.wants(DAY, A)
    story.live(DAY + 1)
    story.comes(DAY + 2, A)
    story.lost(DAY + 10, since=DAY + 9)
    story.live(DAY + 11)
    story.comes(DAY + 12, A)
    assert story.cut(DAY + 60) == [row(DAY + 9, DAY + 12, "closed", symbols=1)]


def test_a_connection_that_plays_a_recording_is_left_alone() -> None:
    story = Story()
    story.wants(0, A, B)
    assert not story.ledger.is_replayed(0)
    story.replays(1)
    assert story.ledger.is_replayed(0)
    assert story.ledger.wanted == {}
    story.wants(2, C)
    assert story.ledger.wanted == {}
    assert story.cut(DAY) == []
    assert story.ledger.missing == ()


def test_a_connection_beside_one_that_plays_a_recording_is_not() -> None:
    story = two_connections()
    story.replays(101)
    story.lost(103, since=102, connection=1)
    assert story.cut(110) == [row(102, 110, "closed", symbols=1, connection=1)]
