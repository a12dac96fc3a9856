"""Sparklines, as text."""

from __future__ import annotations

from math import nan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kitetui.tui.render.row import sparkline
from kitetui.tui.render.spans import Style, width_of

VALUES = st.lists(st.none() | st.just(nan) | st.floats(-1e9, 1e9), max_size=200)


def test_the_lowest_value_is_the_lowest_bar_and_the_highest_the_highest():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([-20, 50, 15], 3) == "▁█▅"


def test_what_is_not_known_is_blank():
    assert sparkline([1, None, 8, nan], 4) == "▁ █ "
    assert sparkline([None, nan], 3) == "   "
    assert sparkline([], 3) == "   "


def test_the_newest_stands_at_the_right():
    assert sparkline([1, 2], 5) == "   ▁█"


def test_values_that_are_all_the_same_stand_in_the_middle():
    assert sparkline([14, 14, None, 14], 4) == "▄▄ ▄"


def test_a_floor_is_the_lowest_bar_whatever_the_values():
    assert sparkline([6, 8], 2, floor=0) == "▇█"
    assert sparkline([4, 8], 2, floor=0) == "▅█"
    assert sparkline([0, 0, 0], 3, floor=0) == "▁▁▁"
    assert sparkline([-5, 8], 2, floor=0) == "▁█"


def test_a_cell_stands_for_the_mean_of_several_values():
    assert sparkline([0, 2, 9, 11, None, 20], 3) == "▁▄█"
    assert sparkline([0, 0, None, None, 5, 5], 3) == "▁ █"


def test_an_hour_of_minutes_fits_seven_cells_with_the_newest_group_whole():
    hour = [0.0] * 51 + [9.0] * 9
    assert sparkline(hour, 7) == "▁▁▁▁▁▁█"
    assert sparkline(np.array(hour), 7) == "▁▁▁▁▁▁█"


@given(VALUES, st.integers(1, 80), st.none() | st.floats(-10, 10))
def test_a_sparkline_takes_its_cells_and_nothing_but_bars(values, width, floor):
    line = sparkline(values, width, floor)
    assert width_of([(line, Style.TEXT)]) == len(line) == width
    assert set(line) <= set(" ▁▂▃▄▅▆▇█")
