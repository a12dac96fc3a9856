"""The layout at every size: it fills the screen, nothing overlaps, and columns leave in their order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.tui.layout import (
    ALWAYS,
    COLUMN_WIDTHS,
    MARK_WIDTH,
    Column,
    Pane,
    Wish,
    columns,
    layout,
    symbol_width,
    too_small,
)

WIDTHS = range(60, 241)
HEIGHTS = range(15, 81)
CHOICES = (None, True, False)
WISHES = [
    *(Wish(depth, None, connections) for depth, connections in itertools.product(CHOICES, repeat=2)),
    Wish(chart=True),
    Wish(chart=False),
    Wish(detail=True),
]


@pytest.mark.parametrize("wish", WISHES)
def test_panes_fill_the_screen_and_never_overlap(wish):
    for width, height in itertools.product(WIDTHS, HEIGHTS):
        places = layout(width, height, wish).values()
        assert sum(place.width * place.height for place in places) == width * height
        assert all(place.width > 0 and place.height > 0 for place in places)
        assert all(place.x >= 0 and place.x + place.width <= width for place in places)
        assert all(place.y >= 0 and place.y + place.height <= height for place in places)
        assert not any(overlap(one, other) for one, other in itertools.combinations(places, 2))


@pytest.mark.parametrize("wish", WISHES)
def test_the_state_the_watchlist_and_the_keys_are_always_there(wish):
    for width, height in itertools.product(WIDTHS, HEIGHTS):
        places = layout(width, height, wish)
        main = Pane.QUOTE if wish.detail else Pane.WATCHLIST
        assert {Pane.TOP, Pane.GROUPS, main, Pane.KEYS} <= set(places)
        assert places[main].height >= 2


def test_columns_leave_in_order_and_the_price_never_does():
    shown = [columns(width) for width in range(240, 59, -1)]
    left = []
    for before, after in itertools.pairwise(shown):
        assert set(after) <= set(before)
        left += [column for column in before if column not in after]
    first = [Column.HOUR, Column.OI, Column.HIGH, Column.LOW, Column.CHANGE, Column.VOLUME]
    assert left == [*first, Column.BID, Column.ASK]
    assert all({Column.SYMBOL, Column.LTP, Column.PERCENT} <= set(each) for each in shown)


def test_the_age_is_the_last_to_leave():
    assert columns(40) == (Column.SYMBOL, Column.LTP, Column.PERCENT)


CHOSEN = st.lists(st.sampled_from([column for column in Column if column is not Column.SYMBOL]), unique=True)


@given(CHOSEN, st.sampled_from(WIDTHS))
def test_chosen_columns_keep_their_order_and_fit_and_the_price_is_among_them(chosen, width):
    shown = columns(width, (Column.SYMBOL, *chosen))
    assert [each for each in chosen if each in shown] == [each for each in shown if each in chosen]
    assert set(shown) <= {*chosen, *ALWAYS}
    assert set(ALWAYS) <= set(shown)
    assert shown[0] is Column.SYMBOL
    assert_they_fit(shown, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_fit_their_width(width):
    assert_they_fit(columns(width), width)


def assert_they_fit(shown, width):
    others = sum(COLUMN_WIDTHS[column] for column in shown if column is not Column.SYMBOL)
    symbol = symbol_width(width, shown)
    assert symbol >= COLUMN_WIDTHS[Column.SYMBOL]
    assert MARK_WIDTH + symbol + others <= width


def test_eighty_columns_show_bid_and_ask_in_the_narrow_and_in_the_framed_layout():
    assert Column.ASK in columns(layout(80, 24)[Pane.WATCHLIST].width)
    assert Column.ASK in columns(layout(119, 40)[Pane.WATCHLIST].width)
    assert Column.ASK in columns(layout(120, 40)[Pane.WATCHLIST].width - 2)
    assert columns(layout(200, 60)[Pane.WATCHLIST].width - 2) == tuple(Column)


@pytest.mark.parametrize(
    ("size", "wish", "shown", "hidden"),
    [
        ((80, 24), Wish(), {Pane.DEPTH, Pane.QUOTE_LINE}, {Pane.CONNECTIONS, Pane.LOG, Pane.QUOTE}),
        ((80, 24), Wish(depth=False), {Pane.QUOTE_LINE}, {Pane.DEPTH, Pane.CONNECTIONS}),
        ((80, 24), Wish(connections=True), {Pane.CONNECTIONS, Pane.LOG}, {Pane.DEPTH}),
        ((60, 15), Wish(), {Pane.QUOTE_LINE}, {Pane.DEPTH}),
        ((60, 15), Wish(depth=True), {Pane.DEPTH}, {Pane.CONNECTIONS}),
        (
            (120, 40),
            Wish(),
            {Pane.QUOTE, Pane.DEPTH, Pane.CHART, Pane.CONNECTIONS},
            {Pane.QUOTE_LINE, Pane.LOG},
        ),
        ((120, 40), Wish(connections=False), {Pane.DEPTH, Pane.CHART}, {Pane.CONNECTIONS}),
        ((120, 40), Wish(chart=False), {Pane.DEPTH, Pane.LOG}, {Pane.CHART}),
        ((120, 40), Wish(depth=False), {Pane.QUOTE, Pane.CHART, Pane.LOG}, {Pane.DEPTH}),
        ((120, 18), Wish(), {Pane.DEPTH}, {Pane.CONNECTIONS, Pane.CHART}),
        ((200, 60), Wish(), {Pane.QUOTE, Pane.DEPTH, Pane.CHART, Pane.LOG, Pane.CONNECTIONS}, set()),
        ((80, 24), Wish(detail=True), {Pane.QUOTE, Pane.DEPTH, Pane.CHART}, {Pane.WATCHLIST}),
        ((60, 24), Wish(detail=True), {Pane.QUOTE, Pane.DEPTH}, {Pane.WATCHLIST, Pane.CHART}),
        ((60, 15), Wish(detail=True), {Pane.QUOTE}, {Pane.WATCHLIST, Pane.DEPTH}),
        ((200, 60), Wish(detail=True), {Pane.QUOTE, Pane.DEPTH, Pane.CHART}, {Pane.WATCHLIST}),
    ],
)
def test_optional_panes_follow_the_size_and_the_wish(size, wish, shown, hidden):
    places = set(layout(*size, wish))
    assert shown <= places
    assert not hidden & places


@pytest.mark.parametrize("size", [(59, 24), (80, 14), (1, 1)])
def test_below_the_least_size_there_is_one_sentence(size):
    assert list(layout(*size)) == [Pane.TOO_SMALL]
    assert too_small(52, 12) == "terminal too small: need 60x15, have 52x12"


def overlap(one, other):
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
