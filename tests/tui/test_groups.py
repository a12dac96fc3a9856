"""The groups: nine at most, one shown, and every removal can be taken back."""

from __future__ import annotations

from kitetui.config import MAX_GROUPS
from kitetui.instruments import Universe
from kitetui.tui.groups import Groups, Watchlist
from kitetui.wire import Mode

INDEX, OTHER_INDEX, _, FIRST, SECOND, THIRD = Universe.load().default_watchlist()[:6]
CHOSEN = [(FIRST, Mode.QUOTE), (THIRD, Mode.LTP)]


def two():
    return Groups([Watchlist([FIRST, SECOND, THIRD], "Core"), Watchlist([INDEX, FIRST], "More")])


def names(groups):
    return [each.name for each in groups.lists]


def test_there_is_always_a_group():
    assert names(Groups()) == ["Core"]


def test_a_number_shows_its_group_and_others_do_nothing():
    groups = two()
    assert groups.show(2)
    assert groups.shown.name == "More"
    for number in (0, 4, -1, 99):
        assert not groups.show(number)
    assert groups.number == 2


def test_steps_go_round_the_ends():
    groups = two()
    groups.step(-1)
    assert groups.number == 2
    groups.step(1)
    assert groups.number == 1


def test_the_number_after_the_last_begins_a_group_that_goes_again_if_it_stays_empty():
    groups = two()
    assert groups.show(3)
    assert names(groups) == ["Core", "More", "List 3"]
    assert not groups.show(4), "one empty group is enough"
    groups.show(1)
    assert names(groups) == ["Core", "More"]
    groups.show(3)
    groups.add(groups.shown, SECOND)
    groups.show(1)
    assert names(groups) == ["Core", "More", "List 3"]


def test_there_are_no_more_groups_than_digits():
    groups = Groups([Watchlist([FIRST], str(number)) for number in range(12)])
    assert len(groups.lists) == MAX_GROUPS
    assert not groups.show(MAX_GROUPS + 1)


def test_a_symbol_is_watched_as_long_as_one_group_has_it():
    groups = two()
    groups.remove(groups.shown, [(FIRST, Mode.FULL)])
    assert FIRST.instrument_token in groups
    groups.remove(groups.lists[1], [(FIRST, Mode.FULL)])
    assert FIRST.instrument_token not in groups
    assert groups.tokens == {each.instrument_token for each in (SECOND, THIRD, INDEX)}


def test_what_was_removed_at_once_comes_back_at_once_each_in_its_place():
    groups = two()
    groups.remove(groups.shown, CHOSEN)
    assert list(groups.shown.instruments) == [SECOND]
    removal = groups.last_removal
    assert [(item.instrument, item.mode) for item in removal.items] == CHOSEN
    groups.undo(removal)
    assert list(groups.shown.instruments) == [FIRST, SECOND, THIRD]
    assert groups.last_removal is None


def test_what_was_removed_from_another_group_comes_back_there_and_is_shown():
    groups = two()
    groups.remove(groups.shown, CHOSEN)
    groups.show(2)
    groups.undo(groups.last_removal)
    assert groups.number == 1


def test_a_group_that_went_meanwhile_comes_back_with_its_symbols():
    groups = two()
    groups.show(3)
    groups.add(groups.shown, SECOND)
    groups.remove(groups.shown, [(SECOND, Mode.FULL)])
    groups.show(1)
    groups.undo(groups.last_removal)
    assert names(groups) == ["Core", "More", "List 3"]
    assert groups.shown.selected == SECOND


def test_removing_what_is_not_there_is_nothing_to_undo():
    groups = two()
    groups.remove(groups.shown, [(INDEX, Mode.FULL)])
    assert groups.last_removal is None


def test_the_indices_are_those_of_all_groups_at_any_time():
    groups = two()
    assert list(groups.indices) == [INDEX]
    groups.add(groups.shown, OTHER_INDEX)
    assert set(groups.indices) == {INDEX, OTHER_INDEX}
    groups.remove(groups.lists[1], [(INDEX, Mode.FULL)])
    assert list(groups.indices) == [OTHER_INDEX]


def test_other_lists_in_the_same_place_keep_the_selection():
    groups = two()
    groups.shown.select(THIRD.instrument_token)
    groups.replace([Watchlist([INDEX, THIRD], "New")])
    assert groups.shown.selected == THIRD
    groups.replace([])
    assert names(groups) == ["Core"]
