"""One group as data: the selection stays on its symbol, whatever is sorted, filtered or removed."""

from __future__ import annotations

import pytest

from kitetui.instruments import Universe
from kitetui.tui.groups import Watchlist, indices_of

INSTRUMENTS = Universe.load().default_watchlist()
INDEX, OTHER_INDEX, THIRD_INDEX, FIRST, SECOND, THIRD = INSTRUMENTS[:6]


def test_the_first_look_goes_to_something_with_depth():
    assert Watchlist(INSTRUMENTS).selected == FIRST
    assert Watchlist([INDEX]).selected == INDEX
    assert Watchlist().selected is None


def test_the_order_is_that_of_adding_without_duplicates():
    assert list(Watchlist([SECOND, FIRST, SECOND]).instruments) == [SECOND, FIRST]


def test_a_duplicate_moves_the_cursor_to_the_row_that_is_there():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.move(2)
    assert not watchlist.add(FIRST)
    assert watchlist.selected == FIRST


def test_the_selection_follows_its_symbol_when_a_row_above_leaves():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.move(2)
    assert watchlist.remove(FIRST.instrument_token) == 0
    assert watchlist.selected == THIRD


def test_removing_the_last_row_selects_the_one_before_and_then_nothing():
    watchlist = Watchlist([FIRST, SECOND])
    watchlist.move(1)
    watchlist.remove(SECOND.instrument_token)
    assert watchlist.selected == FIRST
    watchlist.remove(FIRST.instrument_token)
    assert watchlist.selected is None
    assert watchlist.remove(FIRST.instrument_token) is None
    assert len(watchlist) == 0


def test_the_cursor_never_leaves_the_list():
    watchlist = Watchlist([FIRST, SECOND])
    for position, expected in ((-5, FIRST), (99, SECOND), (0, FIRST)):
        watchlist.move(position)
        assert watchlist.selected == expected


def test_an_arrangement_changes_what_is_shown_and_not_the_list():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.arrange([2, 0])
    assert list(watchlist.shown) == [THIRD, FIRST]
    assert list(watchlist.instruments) == [FIRST, SECOND, THIRD]
    assert SECOND.instrument_token in watchlist
    watchlist.arrange(None)
    assert list(watchlist.shown) == [FIRST, SECOND, THIRD]


def test_the_selection_follows_its_symbol_through_every_arrangement():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.select(SECOND.instrument_token)
    for order in ([2, 1, 0], [1], [0, 2, 1], None):
        watchlist.arrange(order)
        assert watchlist.selected == SECOND


def test_where_the_selected_symbol_is_filtered_out_the_cursor_stays_at_its_height():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.select(SECOND.instrument_token)
    watchlist.arrange([0, 2])
    assert watchlist.selected == THIRD
    watchlist.arrange([])
    assert watchlist.selected is None


def test_a_newcomer_stands_last_in_an_arrangement_and_in_its_place_in_the_list():
    watchlist = Watchlist([FIRST, SECOND])
    watchlist.arrange([1, 0])
    watchlist.add(THIRD, 0)
    assert list(watchlist.shown) == [SECOND, FIRST, THIRD]
    assert list(watchlist.instruments) == [THIRD, FIRST, SECOND]
    assert watchlist.selected == THIRD


def test_what_is_filtered_out_can_be_removed_too():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.arrange([0, 2])
    assert watchlist.remove(SECOND.instrument_token) == 1
    assert list(watchlist.shown) == [FIRST, THIRD]


def test_commands_go_to_what_is_marked_or_else_to_what_is_selected():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    assert watchlist.chosen == [FIRST]
    for position in (2, 1):
        watchlist.move(position)
        watchlist.toggle_mark()
    assert watchlist.chosen == watchlist.marked == [SECOND, THIRD]
    watchlist.toggle_mark()
    assert watchlist.chosen == [THIRD]
    watchlist.remove(THIRD.instrument_token)
    assert watchlist.marked == []
    watchlist.toggle_mark()
    watchlist.clear_marks()
    assert watchlist.marked == []


@pytest.mark.parametrize(
    ("text", "start", "step", "found"),
    [("infosys", 0, 1, 1), ("nse:", 1, 1, 1), ("nse:", 2, 1, 2), ("NSE:", 3, 1, 0), ("nse:", -1, -1, 2)],
)
def test_finding_looks_at_symbols_and_names_and_goes_round_the_end(text, start, step, found):
    universe = Universe.load()
    watchlist = Watchlist([universe.resolve(each) for each in ("RELIANCE", "INFY", "TCS")])
    assert watchlist.find(text, start, step) == found


def test_finding_what_is_not_there_finds_nothing():
    assert Watchlist([FIRST]).find("zzz", 0) is None
    assert Watchlist().find("a", 0) is None


def test_indices_of_all_lists_come_once_each():
    lists = [Watchlist([FIRST, INDEX]), Watchlist([INDEX, OTHER_INDEX])]
    assert list(indices_of(lists)) == [INDEX, OTHER_INDEX]
