"""The layout at every size: it fills the screen, nothing overlaps, and columns leave in their order."""

from __future__ import annotations

import itertools

import pytest

from kitetui.tui.layout import (
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
WISHES = [Wish(depth, connections) for depth, connections in itertools.product((None, True, False), repeat=2)]


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
        assert {Pane.TOP, Pane.GROUPS, Pane.WATCHLIST, Pane.KEYS} <= set(places)
        assert places[Pane.WATCHLIST].height >= 2


def test_columns_leave_in_order_and_the_price_never_does():
    shown = [columns(width) for width in range(240, 59, -1)]
    left = []
    for before, after in itertools.pairwise(shown):
        assert set(after) <= set(before)
        left += [column for column in before if column not in after]
    expected = [Column.OI, Column.HIGH, Column.LOW, Column.CHANGE, Column.VOLUME, Column.BID, Column.ASK]
    assert left == expected
    assert all({Column.SYMBOL, Column.LTP, Column.PERCENT} <= set(each) for each in shown)


def test_the_age_is_the_last_to_leave():
    assert columns(40) == (Column.SYMBOL, Column.LTP, Column.PERCENT)


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_fit_their_width(width):
    shown = columns(width)
    others = sum(COLUMN_WIDTHS[column] for column in shown if column is not Column.SYMBOL)
    symbol = symbol_width(width, shown)
    assert symbol >= COLUMN_WIDTHS[Column.SYMBOL]
    assert MARK_WIDTH + symbol + others <= width


def test_eighty_columns_show_bid_and_ask_in_the_narrow_and_in_the_framed_layout():
    assert Column.ASK in columns(layout(80, 24)[Pane.WATCHLIST].width)
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
        ((120, 40), Wish(), {Pane.QUOTE, Pane.DEPTH, Pane.CONNECTIONS, Pane.LOG}, {Pane.QUOTE_LINE}),
        ((120, 40), Wish(connections=False), {Pane.DEPTH, Pane.LOG}, {Pane.CONNECTIONS}),
        ((120, 18), Wish(), {Pane.DEPTH}, {Pane.CONNECTIONS}),
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
