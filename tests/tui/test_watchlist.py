"""The watchlist as data: the selection stays on its symbol, and removals can be undone."""

from __future__ import annotations

from kitetui.instruments import Universe
from kitetui.tui.watchlist import Removal, Watchlist
from kitetui.wire import Mode

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
    watchlist.remove(FIRST.instrument_token, Mode.FULL)
    assert watchlist.selected == THIRD


def test_removing_the_last_row_selects_the_one_before_and_then_nothing():
    watchlist = Watchlist([FIRST, SECOND])
    watchlist.move(1)
    watchlist.remove(SECOND.instrument_token, Mode.FULL)
    assert watchlist.selected == FIRST
    watchlist.remove(FIRST.instrument_token, Mode.FULL)
    assert watchlist.selected is None
    watchlist.remove(FIRST.instrument_token, Mode.FULL)
    assert len(watchlist) == 0


def test_removals_come_back_in_reverse_with_place_and_mode():
    watchlist = Watchlist([FIRST, SECOND, THIRD])
    watchlist.remove(SECOND.instrument_token, Mode.QUOTE)
    watchlist.remove(THIRD.instrument_token, Mode.LTP)
    assert watchlist.last_removal == Removal(THIRD, Mode.LTP, 1)
    watchlist.forget_removal()
    assert watchlist.last_removal == Removal(SECOND, Mode.QUOTE, 1)
    watchlist.forget_removal()
    assert watchlist.last_removal is None


def test_the_cursor_never_leaves_the_list():
    watchlist = Watchlist([FIRST, SECOND])
    for position, expected in ((-5, FIRST), (99, SECOND), (0, FIRST)):
        watchlist.move(position)
        assert watchlist.selected == expected


def test_indices_are_those_in_the_list_at_any_time():
    watchlist = Watchlist([FIRST, INDEX])
    assert list(watchlist.indices) == [INDEX]
    watchlist.add(OTHER_INDEX)
    watchlist.remove(INDEX.instrument_token, Mode.FULL)
    assert list(watchlist.indices) == [OTHER_INDEX]
