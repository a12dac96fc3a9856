"""Log, second line and line of keys, as text."""

from __future__ import annotations

import pytest

from kitetui.tui.commands import ON_LIST, Keymap
from kitetui.tui.events import EventLog, Weight
from kitetui.tui.render.bars import groups_line, keys_line, placed_keys, placed_tabs
from kitetui.tui.render.log import log_lines
from kitetui.tui.render.spans import Style, fitted, framed, rule, text_of, width_of
from tests.tui.rows import INDEX, NOW, instrument, row, tick

MONITOR_KEYS = Keymap().of(*ON_LIST)


def test_the_log_is_bounded_folds_and_shows_the_newest_last():
    log = EventLog()
    for number in range(2000):
        log.add(NOW, f"entry {number}")
    log.add(NOW, "ws1 server: \x1b[2J one two three four five six", Weight.ALARM)
    lines = [text_of(line) for line in log_lines(log.last(3), 36, 4)]
    assert len(log.last(10_000)) == 500
    assert lines == [
        " 10:42:17 entry 1998",
        " 10:42:17 entry 1999",
        " 10:42:17 ws1 server: �[2J one two",
        "          three four five six",
    ]


ONE = [("Core", 14)]


def second_line(groups, width, indices=(), what_is_left="", shown=1):
    tabs = placed_tabs(groups, shown, width, len(what_is_left))
    line = groups_line(tabs, what_is_left, indices, width)
    assert width_of(line) == width
    for tab in tabs:
        assert text_of(line)[tab.start : tab.end] == tab.text
    return text_of(line)


def test_indices_are_pinned_as_many_as_fit_whole():
    pinned = [row(tick(INDEX), which=instrument(f"INDEX {number}", INDEX)) for number in range(3)]
    assert second_line(ONE, 120, pinned).count("INDEX") == 3
    assert second_line(ONE, 80, pinned).count("INDEX") == 2
    assert second_line(ONE, 60).split() == ["▐1", "Core▌"]


def test_the_group_that_is_shown_stands_out_without_colour_and_all_are_counted_where_there_is_room():
    groups = [("Core", 14), ("Banks", 12), ("F&O", 240)]
    assert second_line(groups, 80, shown=2).startswith("  1 Core ▐2 Banks▌ 3 F&O ")
    assert second_line(groups, 120).startswith(" ▐1 Core 14▌ 2 Banks 12  3 F&O 240 ")


@pytest.mark.parametrize("width", [60, 80, 99, 120, 200])
def test_nine_groups_with_long_names_leave_room_for_an_index_and_show_every_digit(width):
    groups = [(f"A name of twenty {number}", 1000) for number in range(1, 10)]
    pinned = [row(tick(INDEX), which=instrument("NIFTY 50", INDEX))]
    text = second_line(groups, width, pinned, shown=9)
    assert [digit for digit in "123456789" if f" {digit}" in text or f"▐{digit}" in text] == list("123456789")


def test_a_filter_says_what_it_leaves():
    assert "chg>2 · 3 of 14" in second_line(ONE, 80, what_is_left="chg>2 · 3 of 14")


@pytest.mark.parametrize("width", range(40, 200))
def test_the_line_of_keys_drops_what_does_not_fit_but_never_help_and_quit(width):
    text = text_of(keys_line(MONITOR_KEYS, width))
    assert width_of(keys_line(MONITOR_KEYS, width)) == width
    assert "? Help" in text
    assert "q Quit" in text
    for start, end, command in placed_keys(MONITOR_KEYS, width):
        assert command.label in text[start:end]


@pytest.mark.parametrize("width", [20, 38, 80])
def test_frames_and_rules_are_exactly_as_wide_as_they_should_be(width):
    title, foot = [("A title that is rather long", Style.TITLE)], [("foot", Style.DIM)]
    lines = framed([[("content", Style.TEXT)]], width, 5, title, foot)
    assert [width_of(line) for line in lines] == [width] * 5
    assert width_of(rule(title, foot, width)) == width
    assert width_of(rule([], [], width)) == width


def test_wide_characters_count_as_the_cells_they_take():
    line = [("数字数字数字", Style.TEXT)]
    assert width_of(fitted(line, 8)) == 8
    assert text_of(fitted(line, 8)).endswith("…")
