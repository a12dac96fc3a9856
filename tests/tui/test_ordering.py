"""Sort and filter: what is shown and in which order, and when the list may move."""

from __future__ import annotations

import numpy as np
import pytest

from kitetui.instruments import Universe
from kitetui.market import LastValueCache
from kitetui.market.cache import quotes
from kitetui.tui.filter import EVERYTHING, Filter
from kitetui.tui.layout import Column
from kitetui.tui.ordering import PAUSE, Ordering, Sort, can_sort
from kitetui.wire import decode_frame
from tests.tui.rows import NOW
from tests.wire.packets import FULL, frame, packet

NAMES = ["TCS", "INFY", "SBIN", "RELIANCE"]
INSTRUMENTS = [Universe.load().resolve(f"NSE:{name}") for name in NAMES]
PRICES = {"TCS": 300_00, "INFY": 150_00, "SBIN": 80_00}
"""RELIANCE never ticked."""


def columns(prices=PRICES):
    cache = LastValueCache()
    tokens = [each.instrument_token for each in INSTRUMENTS]
    cache.add(tokens)
    packets = [
        packet(
            FULL, instrument_token=each.instrument_token, last_price=prices[each.tradingsymbol], close=100_00
        )
        for each in INSTRUMENTS
        if each.tradingsymbol in prices
    ]
    batch = decode_frame(frame(*packets))
    count = len(batch)
    cache.apply(batch, np.full(count, int(NOW * 1e9)), np.zeros(count, np.bool_), 0.0)
    return quotes(cache, tokens, NOW, 0.0)


def shown(ordering, prices=PRICES):
    positions = ordering.positions(INSTRUMENTS, columns(prices), NOW)
    return None if positions is None else [NAMES[each] for each in positions]


def ordering(sort=None, text=""):
    made = Ordering()
    made.sort = sort
    made.filter = Filter.parse(text)
    return made


def test_without_a_sort_and_a_filter_all_is_shown_as_it_is_and_never_moves():
    plain = ordering()
    assert plain.is_plain
    assert plain.filter is EVERYTHING
    assert shown(plain) is None
    assert not plain.is_due(NOW)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.by(Column.LTP), ["TCS", "INFY", "SBIN", "RELIANCE"]),
        (Sort.by(Column.PERCENT).reversed(), ["SBIN", "INFY", "TCS", "RELIANCE"]),
        (Sort.by(Column.SYMBOL), ["INFY", "RELIANCE", "SBIN", "TCS"]),
        (Sort.by(Column.SYMBOL).reversed(), ["TCS", "SBIN", "RELIANCE", "INFY"]),
    ],
)
def test_a_column_sorts_from_either_end_and_what_has_no_figure_comes_last(sort, expected):
    assert shown(ordering(sort)) == expected


def test_equal_figures_stay_in_the_order_of_the_list():
    for sort in (Sort(Column.LTP, descending=True), Sort(Column.LTP, descending=False)):
        assert shown(ordering(sort), dict.fromkeys(NAMES, 5_00)) == NAMES


def test_every_column_with_figures_can_be_sorted_by():
    for column in Column:
        assert can_sort(column) == (column is not Column.HOUR)
        if can_sort(column):
            assert sorted(shown(ordering(Sort.by(column)))) == sorted(NAMES)


def test_a_filter_leaves_what_passes_in_the_order_of_the_sort():
    assert shown(ordering(text="ltp>100")) == ["TCS", "INFY"]
    assert shown(ordering(Sort(Column.LTP, descending=False), "ltp>100")) == ["INFY", "TCS"]
    assert shown(ordering(text="ltp>1000")) == []


def test_the_list_is_arranged_anew_at_most_every_two_seconds():
    sorting = ordering(Sort.by(Column.LTP))
    assert sorting.is_due(NOW)
    shown(sorting)
    assert not sorting.is_due(NOW + PAUSE - 0.1)
    assert sorting.is_due(NOW + PAUSE)


def test_the_list_never_moves_under_a_moving_cursor():
    sorting = ordering(Sort.by(Column.LTP))
    shown(sorting)
    sorting.hold(NOW + 1.9)
    assert not sorting.is_due(NOW + PAUSE)
    assert sorting.is_due(NOW + 1.9 + PAUSE)
