"""Figures: grouped the Indian way, rounded exactly, and never wider than their cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui import formatting
from kitetui.formatting import group, plain, price, price_within, quantity_within, short, ungroup

SENT = st.integers(-(2**31), 2**31 - 1)
COUNT = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (99_999, "99,999"),
        (1_00_000, "1,00,000"),
        (12_34_567, "12,34,567"),
        (429_49_67_295, "4,29,49,67,295"),
        (-1_36_450, "-1,36,450"),
    ],
)
def test_integers_are_grouped_by_three_and_then_by_two(number, text):
    assert group(number) == text


@given(st.integers())
def test_ungrouping_gives_back_what_was_grouped(number):
    assert ungroup(group(number)) == number


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1_36_450_00, 2, "1,36,450.00"),
        (157315, 2, "1,573.15"),
        (5, 2, "0.05"),
        (-3763, 2, "-37.63"),
        (88_652_500_0, 7, "88.6525"),
        (842_575, 4, "84.2575"),
        (842_575_500, 7, "84.2576"),
        (842_574_500, 7, "84.2574"),
        (842_575_499, 7, "84.2575"),
        (42, 0, "42"),
    ],
)
def test_prices_are_exact_and_seven_decimals_become_four_half_to_even(value, decimals, text):
    assert price(value, decimals) == text


@given(SENT)
def test_any_price_that_the_wire_can_carry_fits_its_column(value):
    text = price_within(value, 2, 11)
    assert len(text) <= 11
    if -99_999_99 <= value <= 9_99_999_99:
        assert ungroup(text.replace(".", "")) == value


@given(COUNT)
def test_any_volume_fits_seven_cells(number):
    assert len(short(number)) <= 7


@given(COUNT)
def test_any_quantity_fits_nine_cells_and_is_in_full_when_it_can_be(number):
    text = quantity_within(number, 9)
    assert len(text) <= 9
    assert number >= 1_00_00_000 or ungroup(text) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (99_999, "99,999"),
        (1_00_000, "1.00L"),
        (86_12_000, "86.12L"),
        (99_99_499, "99.99L"),
        (99_99_501, "1.00Cr"),
        (1_24_08_771, "1.24Cr"),
        (429_49_67_295, "429.5Cr"),
        (99_99_50_000, "100.0Cr"),
        (-1_24_08_771, "-1.24Cr"),
    ],
)
def test_lakhs_become_crores_by_the_rounded_figure(number, text):
    assert short(number) == text


def test_a_change_has_its_sign_always_and_zero_has_none():
    assert formatting.change(1175, 2) == "+11.75"
    assert formatting.change(-1175, 2) == "-11.75"
    assert formatting.change(0, 2) == "0.00"


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [
        (84, "+0.84%"),
        (-21, "-0.21%"),
        (0, "0.00%"),
        (99_99, "+99.99%"),
        (100_00, "+100.0%"),
        (-1_234_56, "-1235%"),
    ],
)
def test_a_percentage_loses_decimals_before_it_loses_its_cell(hundredths, text):
    assert formatting.percent(hundredths) == text


@given(SENT, st.integers(1, 2**31 - 1))
def test_any_percentage_fits_seven_cells_or_is_beyond_every_market(last, close):
    text = formatting.percent(formatting.percent_of(last - close, close))
    assert len(text) <= 7 or abs(last - close) / close > 999


def test_directions_are_told_by_glyphs():
    assert [formatting.arrow(value) for value in (3, -3, 0)] == ["▲", "▼", " "]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (0, "0s"), (41.9, "41s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (86_400 * 5, "5d")],
)
def test_an_age_is_told_in_its_largest_unit(seconds, text):
    assert formatting.age(seconds) == text


def test_times_are_those_of_india_whatever_the_machine_says():
    assert formatting.clock(1_625_461_887) == "10:41:27"
    assert formatting.moment(1_625_461_887, 1_625_470_000) == "10:41"
    assert formatting.moment(1_625_461_887, 1_625_461_887 + 86_400) == "05 Jul"


def test_a_duration_reads_as_a_clock_and_runs_past_a_day():
    assert formatting.duration(5_231) == "01:27:11"
    assert formatting.duration(100 * 3600) == "100:00:00"


@given(st.text() | st.text(alphabet="\x1b[]0;31m\x07\u202e\ud800\x9b\n"))
def test_text_from_the_network_keeps_no_power_over_a_terminal(text):
    safe = plain(text)
    safe.encode("utf-8")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in safe)
    assert not set(safe) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def test_ordinary_text_is_left_as_it_is():
    assert plain("Order placed: ₹1,573.15 [bold] नमस्ते") == "Order placed: ₹1,573.15 [bold] नमस्ते"


@given(st.integers(), st.integers(1, 10**9))
def test_rounding_is_to_the_nearest_and_half_to_even(value, divisor):
    result = formatting.rounded(value, divisor)
    distance = abs(result * divisor - value)
    assert 2 * distance < divisor or (2 * distance == divisor and result % 2 == 0)


WESTERN = formatting.Numerals(formatting.Units.WESTERN)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (99_999, "99,999"),
        (862_130, "862.13K"),
        (999_994, "999.99K"),
        (999_995, "1.00M"),
        (12_408_771, "12.41M"),
        (2**32 - 1, "4.29B"),
        (-862_130, "-862.13K"),
    ],
)
def test_western_units_are_thousands_millions_and_billions(number, text):
    assert WESTERN.short(number) == text


def test_western_prices_are_grouped_in_threes():
    assert WESTERN.price(1_36_450_00, 2) == "136,450.00"
    assert WESTERN.group(-1_234_567) == "-1,234,567"


@given(st.integers(0, 2**32 - 1))
def test_no_western_quantity_is_wider_than_its_cell(number):
    assert len(WESTERN.short(number)) <= 7


def test_an_opening_is_told_by_its_day():
    assert formatting.weekday_clock(1_795_324_337) == "Sun 10:42"
