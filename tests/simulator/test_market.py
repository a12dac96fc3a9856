"""What a market never does, over many steps of many markets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kitetui.instruments import Instrument, Kind, Universe, simulated_instruments
from kitetui.simulator.market import Market
from kitetui.wire import layout

OPENED = 1_795_000_000
SEEDS = st.integers(0, 2**32 - 1)
LISTED = simulated_instruments(2_000)
"""The instruments that ship, of every kind, and made-up shares beside them."""

KINDS = np.array([each.kind for each in LISTED])
INDEX = KINDS == Kind.INDEX
TRADED = ~INDEX
DERIVATIVE = np.isin(KINDS, [Kind.FUTURE, Kind.CALL, Kind.PUT])
TICK = np.array([each.tick_size for each in LISTED], dtype=np.int64)
LOT = np.array([each.lot_size for each in LISTED], dtype=np.int64)
PRICES = (layout.LAST_PRICE, layout.OPEN, layout.HIGH, layout.LOW, layout.CLOSE)

properties = settings(max_examples=5, deadline=None, derandomize=True)

Words = NDArray[np.int64]


def moved(seed: int, steps: int, count: int = 1_000) -> Iterator[tuple[Words, Words]]:
    """Yield the rows before and after each step, unsigned but for an index's price change."""
    market = Market(LISTED, seed=seed, now=OPENED)
    before = snapshot(market)
    yield before, before
    for number in range(steps):
        market.step(count, OPENED + number)
        after = snapshot(market)
        yield before, after
        before = after


def snapshot(market: Market) -> Words:
    words = market.words.view(np.uint32).astype(np.int64)
    words[:, layout.PRICE_CHANGE] = market.words[:, layout.PRICE_CHANGE]
    return words


def depth(words: Words, entry: int) -> Words:
    """One field of the depth of all but the indices: shape (n, 10), bids first."""
    return words[TRADED, layout.DEPTH :].reshape(-1, 10, layout.DEPTH_ENTRY_WORDS)[:, :, entry]


@properties
@given(SEEDS)
def test_prices_stay_in_order_in_ticks_and_near_the_close(seed: int) -> None:
    for before, now in moved(seed, 40):
        last, low, high = (now[:, word] for word in (layout.LAST_PRICE, layout.LOW, layout.HIGH))
        first, close = now[:, layout.OPEN], now[:, layout.CLOSE]
        assert (low > 0).all()
        assert (low <= last).all()
        assert (last <= high).all()
        assert ((low <= first) & (first <= high)).all()
        assert ((close - low) * 10 <= close).all()
        assert ((high - close) * 10 <= close).all()
        assert (now[:, PRICES] % TICK[:, None] == 0).all()
        assert (now[:, layout.OPEN] == before[:, layout.OPEN]).all()
        assert (close == before[:, layout.CLOSE]).all()


@properties
@given(SEEDS)
def test_the_book_never_crosses_and_surrounds_the_last_price(seed: int) -> None:
    for _, now in moved(seed, 40):
        prices, last = depth(now, layout.ENTRY_PRICE), now[TRADED, layout.LAST_PRICE]
        assert (prices % TICK[TRADED, None] == 0).all()
        assert (prices > 0).all()
        assert (np.diff(prices[:, :5]) < 0).all()
        assert (np.diff(prices[:, 5:]) > 0).all()
        assert (prices[:, 0] < prices[:, 5]).all()
        assert ((prices[:, 0] == last) | (prices[:, 5] == last)).all()


@properties
@given(SEEDS)
def test_quantities_are_lots_and_orders_fill_them(seed: int) -> None:
    for _, now in moved(seed, 20):
        quantity, orders = depth(now, layout.ENTRY_QUANTITY), depth(now, layout.ENTRY_ORDERS)
        assert (quantity % LOT[TRADED, None] == 0).all()
        assert (orders >= 1).all()
        assert (orders <= quantity).all()
        assert (orders < 2**16).all()
        assert (now[TRADED, layout.BUY_QUANTITY] >= quantity[:, :5].sum(axis=1)).all()
        assert (now[TRADED, layout.SELL_QUANTITY] >= quantity[:, 5:].sum(axis=1)).all()
        assert (now[TRADED, layout.LAST_QUANTITY] % LOT[TRADED] == 0).all()
        assert (now[TRADED, layout.LAST_QUANTITY] > 0).all()


@properties
@given(SEEDS)
def test_volume_only_grows_and_the_average_is_a_price_of_the_day(seed: int) -> None:
    for before, now in moved(seed, 40):
        gained = now[TRADED, layout.VOLUME] - before[TRADED, layout.VOLUME]
        assert (gained >= 0).all()
        assert (gained % LOT[TRADED] == 0).all()
        average = now[TRADED, layout.AVERAGE_PRICE]
        assert (average >= now[TRADED, layout.LOW]).all()
        assert (average <= now[TRADED, layout.HIGH]).all()


@properties
@given(SEEDS)
def test_open_interest_belongs_to_derivatives_and_keeps_its_range(seed: int) -> None:
    for _, now in moved(seed, 40):
        interest, high, low = (now[:, word] for word in (layout.OI, layout.OI_DAY_HIGH, layout.OI_DAY_LOW))
        assert (interest[DERIVATIVE] > 0).all()
        assert (interest[DERIVATIVE] % LOT[DERIVATIVE] == 0).all()
        assert ((low <= interest) & (interest <= high)).all()
        assert not interest[~DERIVATIVE].any()


@properties
@given(SEEDS)
def test_an_index_has_a_price_change_and_nothing_that_is_traded(seed: int) -> None:
    sent = set(layout.INDEX_WORDS)
    unsent = [word for word in range(layout.WORDS) if word not in sent]
    for _, now in moved(seed, 20):
        indices = now[INDEX]
        change = indices[:, layout.LAST_PRICE] - indices[:, layout.CLOSE]
        assert (indices[:, layout.PRICE_CHANGE] == change).all()
        assert not indices[:, unsent].any()


@properties
@given(SEEDS)
def test_a_step_changes_exactly_the_rows_that_it_returns(seed: int) -> None:
    market = Market(LISTED, seed=seed, now=OPENED)
    for _ in range(50):
        before = market.words.copy()
        rows = market.step(300, OPENED)
        assert rows.tolist() == np.flatnonzero((market.words != before).any(axis=1)).tolist()
        assert len(rows) == 300


@pytest.mark.parametrize("seed", range(3))
def test_a_long_day_in_one_small_market_keeps_its_band_and_moves_everything_each_step(seed: int) -> None:
    market = Market(LISTED[:30], seed=seed, now=OPENED)
    close = market.words[:, layout.CLOSE].astype(np.int64)
    for number in range(1_500):
        before = market.words.copy()
        assert len(market.step(30, OPENED + number)) == 30
        assert (market.words != before).any(axis=1).all()
        assert (np.abs(market.words[:, layout.LAST_PRICE] - close) * 10 <= close).all()


def test_a_step_of_nothing_changes_nothing() -> None:
    market = Market(LISTED, seed=4, now=OPENED)
    before = market.words.copy()
    assert len(market.step(0, OPENED + 9)) == 0
    assert (market.words == before).all()


def test_steps_of_one_instrument_reach_all_of_them() -> None:
    market, reached = Market(LISTED[:30], seed=4, now=OPENED), set[int]()
    for _ in range(500):
        (row,) = market.step(1, OPENED)
        reached.add(int(row))
    assert reached == set(range(30))


@pytest.mark.parametrize("kind", [Kind.INDEX, Kind.EQUITY, Kind.FUTURE, Kind.CALL])
def test_a_market_of_one_kind_moves(kind: Kind) -> None:
    listed = [each for each in LISTED if each.kind is kind][:5]
    market = Market(listed, seed=4, now=OPENED)
    before = market.words.copy()
    assert len(market.step(5, OPENED)) == 5
    assert (market.words != before).any(axis=1).all()


def test_a_step_stamps_its_rows_with_the_time() -> None:
    market = Market(LISTED, seed=4, now=OPENED)
    rows = market.step(100, OPENED + 7.9)
    now = market.words
    assert (now[rows, layout.EXCHANGE_TIME] == OPENED + 7).all()
    assert (np.delete(now, rows, axis=0)[:, layout.EXCHANGE_TIME] == OPENED).all()
    assert set(now[rows, layout.LAST_TRADE_TIME].tolist()) <= {0, OPENED, OPENED + 7}
    assert (now[rows, layout.LAST_TRADE_TIME] == OPENED + 7).any()


def test_a_row_keeps_when_it_last_changed() -> None:
    market = Market(LISTED, seed=4, now=OPENED + 0.25)
    assert set(market.changed_at.tolist()) == {OPENED + 0.25}
    rows = market.step(100, OPENED + 7.9)
    assert (market.changed_at[rows] == OPENED + 7.9).all()
    assert set(np.delete(market.changed_at, rows).tolist()) == {OPENED + 0.25}


def test_a_step_updates_no_instrument_twice() -> None:
    assert len(Market(LISTED, seed=1, now=OPENED).step(100_000, OPENED)) == len(LISTED)


def test_the_same_seed_and_steps_give_the_same_market() -> None:
    first, second = (Market(LISTED, seed=11, now=OPENED) for _ in range(2))
    for number in range(50):
        assert (first.step(80, OPENED + number) == second.step(80, OPENED + number)).all()
    assert (first.words == second.words).all()


def test_another_seed_gives_another_market() -> None:
    first, second = (Market(LISTED, seed=seed, now=OPENED) for seed in (1, 2))
    assert (first.words != second.words).any()


def test_prices_do_move() -> None:
    market = Market(LISTED, seed=5, now=OPENED)
    before = market.words[:, layout.LAST_PRICE].copy()
    for _ in range(30):
        market.step(len(LISTED), OPENED)
    assert (market.words[:, layout.LAST_PRICE] != before).mean() > 0.9


def test_volume_stops_at_what_the_wire_can_carry() -> None:
    market = Market(LISTED, seed=5, now=OPENED)
    volume = market.words.view(np.uint32)[:, layout.VOLUME]
    market.words.view(np.uint32)[TRADED, layout.VOLUME] = 2**32 - 2
    market.step(len(LISTED), OPENED)
    assert (volume[TRADED] >= 2**32 - 2).all()
    assert (volume[TRADED] == 2**32 - 1).any()


def test_an_instrument_too_cheap_for_a_book_is_refused() -> None:
    stray: Instrument = Universe.load().resolve("779777")
    with pytest.raises(ValueError, match="NSE:779777 is too cheap"):
        Market([stray], seed=0, now=OPENED)
