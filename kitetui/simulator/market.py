"""A made-up market: every instrument's row as the exchange last knew it, moved step by step.

The same universe, seed and steps give the same rows, bit for bit. A step draws once for all the
instruments that it moves, never in a loop over them.

What is fixed about an instrument are its traits, in columns. Prices are a random walk in whole ticks, pulled
back and inside the day's band, counted in ticks of the instrument, so that no arithmetic can leave the tick's
multiples; they become the wire's integers only when a row is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import count as counting

import numpy as np
from numpy.typing import NDArray

from kitetui.instruments import Instrument, Kind
from kitetui.wire import divisor_of, layout
from kitetui.wire.layout import DEPTH_LEVELS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MIN_PRICE_TICKS = 100
"""A cheaper instrument would have no room for a band of a tenth and five levels of depth below it."""

_MOVE = 5e-5
_MIN_MOVE_TICKS = 0.5
_OPTION_MOVE = 4.0
_BAND = 10
_RESTING_RUPEES = 300_000
_MIN_RESTING_LOTS = 4


@dataclass(frozen=True, slots=True)
class Traits:
    """Columns with an entry for each instrument; prices in ticks, quantities in lots.

    `tick` is what one tick is on the wire; `close` the previous session's close; `low`, `high` the day's
    price band; `move` the typical step of a price; `gap` the most ticks between neighbouring levels of
    the book; `resting` the typical quantity of a level.
    """

    tick: Ints
    lot: Ints
    close: Ints
    low: Ints
    high: Ints
    move: Floats
    gap: Ints
    resting: Floats
    is_index: Bools
    has_oi: Bools

    @classmethod
    def of(cls, instruments: Sequence[Instrument]) -> Traits:
        """Derive the traits of instruments, in their order.

        Raises ValueError for a reference price below `MIN_PRICE_TICKS` ticks.
        """
        for each in instruments:
            if each.reference_price < MIN_PRICE_TICKS * each.tick_size:
                raise ValueError(f"{each.key} is too cheap to simulate: below {MIN_PRICE_TICKS} ticks")
        kinds = [each.kind for each in instruments]
        tick = _ints(each.tick_size for each in instruments)
        lot = _ints(each.lot_size for each in instruments)
        close = _ints(each.reference_price for each in instruments) // tick
        divisor = _ints(divisor_of(each.instrument_token) for each in instruments)
        is_option = np.array([kind in (Kind.CALL, Kind.PUT) for kind in kinds], dtype=bool)
        move = np.maximum(close * _MOVE, _MIN_MOVE_TICKS) * np.where(is_option, _OPTION_MOVE, 1.0)
        lot_rupees = close * tick / divisor * lot
        return cls(
            tick=tick,
            lot=lot,
            close=close,
            low=close - close // _BAND,
            high=close + close // _BAND,
            move=move,
            gap=1 + np.ceil(move).astype(np.int64),
            resting=np.maximum(_RESTING_RUPEES / lot_rupees, _MIN_RESTING_LOTS),
            is_index=np.array([kind is Kind.INDEX for kind in kinds], dtype=bool),
            has_oi=np.array(
                [kind is Kind.FUTURE or option for kind, option in zip(kinds, is_option, strict=True)]
            ),
        )

    def take(self, rows: NDArray[np.intp]) -> Traits:
        """Return the traits of some rows."""
        return Traits(*(getattr(self, field.name)[rows] for field in fields(self)))


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


_PULL = 1e-4
"""The share of its distance from the open that a step takes back: strays of some 70 typical steps."""

_OPENING_GAP = 20.0
_OPENING_RANGE = 40.0


def opening(rng: np.random.Generator, traits: Traits) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw a session some hours old: open, high, low and last price of each instrument, in ticks."""
    count = len(traits.close)
    gap = np.rint(rng.normal(size=count) * traits.move * _OPENING_GAP).astype(np.int64)
    first = np.clip(traits.close + gap, traits.low, traits.high)
    above, below = np.abs(rng.normal(size=(2, count)) * traits.move * _OPENING_RANGE).astype(np.int64)
    high = np.minimum(first + above, traits.high)
    low = np.maximum(first - below, traits.low)
    last = rng.integers(low, high, endpoint=True)
    return first, high, low, last


def next_prices(rng: np.random.Generator, traits: Traits, last: Ints, first: Ints) -> Ints:
    """Draw the prices that follow `last` on a day that opened at `first`, in ticks; some stay as they are."""
    step = rng.normal(size=len(last)) * traits.move + (first - last) * _PULL
    return np.clip(last + np.rint(step).astype(np.int64), traits.low, traits.high)


_MOST_ORDERS = 40


@dataclass(frozen=True, slots=True)
class Book:
    """Prices in ticks, quantities in lots and numbers of orders: each of shape (n, 10), bids first."""

    prices: Ints
    lots: Ints
    orders: Ints


def draw_book(rng: np.random.Generator, traits: Traits, last: Ints) -> Book:
    """Draw books whose best bid or best offer is at the last price, which the last trade hit or lifted."""
    shape = (len(last), DEPTH_LEVELS)
    gap = traits.gap[:, None]
    bid_gaps, ask_gaps = rng.integers(1, gap, size=(2, *shape), endpoint=True)
    spread = ask_gaps[:, 0]
    bid_gaps[:, 0] = np.where(rng.random(len(last)) < 0.5, 0, spread)
    best_bid = last - bid_gaps[:, 0]
    ask_gaps[:, 0] = spread
    bids = last[:, None] - np.cumsum(bid_gaps, axis=1)
    asks = best_bid[:, None] + np.cumsum(ask_gaps, axis=1)
    lots = 1 + (rng.standard_exponential((len(last), 2 * DEPTH_LEVELS)) * traits.resting[:, None]).astype(
        np.int64
    )
    orders = rng.integers(1, np.minimum(lots, _MOST_ORDERS), endpoint=True)
    return Book(prices=np.concatenate([bids, asks], axis=1), lots=lots, orders=orders)


STEPS_A_SECOND = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """Steps `interval` seconds apart; `counts()` yields how many updates each of them makes, forever."""

    rate: float
    interval: float

    @classmethod
    def of(cls, rate: float, instruments: int) -> Pace:
        """Spread a rate evenly: fewer steps where it is small, more where one step cannot hold its share.

        rate: updates a second, above 0; a step updates each of the instruments at most once.
        """
        steps = max(min(rate, STEPS_A_SECOND), rate / instruments)
        return cls(rate=rate, interval=1 / steps)

    def counts(self) -> Iterator[int]:
        """Yield the updates of each step; they add up to the rate over time."""
        made = 0
        for number in counting(1):
            due = round(number * self.rate * self.interval)
            yield due - made
            made = due


RowNumbers = NDArray[np.intp]

_MAX_UNSIGNED = 2**32 - 1
_TRADES = 0.7
"""The share of updates that report a trade; the others change the book alone."""

_KEPT_LEVELS = 0.6
"""The share of levels that keep their quantity when only the book changes."""

_HIDDEN = 200.0
"""What rests below the five levels, in typical quantities of a level."""

_OPEN_INTEREST = 2_000.0

_DEPTH_SHAPE = (2 * layout.DEPTH_LEVELS, layout.DEPTH_ENTRY_WORDS)


class Market:
    """The rows of a universe, moved like a market.

    `words[row]` is a row as `kitetui.wire.layout` has it, and `changed_at[row]` when it last changed, in UTC
    seconds.
    """

    def __init__(self, instruments: Iterable[Instrument], *, seed: int, now: float) -> None:
        """Open a session some hours old, in which everything last traded at `now`, in UTC seconds."""
        listed = tuple(instruments)
        self.row_of = {each.instrument_token: row for row, each in enumerate(listed)}
        self.words: NDArray[np.int32] = np.zeros((len(listed), layout.WORDS), dtype=np.int32)
        self.changed_at: NDArray[np.float64] = np.full(len(listed), now, dtype=np.float64)
        self.traits = Traits.of(listed)
        self._rng = np.random.default_rng(seed)
        self._unsigned = self.words.view(np.uint32)
        self._unsigned[:, layout.TOKEN] = [each.instrument_token for each in listed]
        self._open(int(now))

    def __len__(self) -> int:
        return len(self.words)

    def step(self, count: int, now: float) -> RowNumbers:
        """Update `count` instruments, at most each once, and return their rows, sorted.

        Each row returned differs from what it was: now is in UTC seconds, and does not go back.
        """
        rows = self._rng.choice(len(self), size=min(count, len(self)), replace=False, shuffle=False)
        rows.sort()
        is_index = self.traits.is_index[rows]
        self._move_indices(rows[is_index], int(now))
        self._update(rows[~is_index], int(now))
        self.changed_at[rows] = now
        return rows

    def _open(self, now: int) -> None:
        traits, rng, unsigned = self.traits, self._rng, self._unsigned
        self._first, self._high, self._low, self._last = opening(rng, traits)
        rows = np.arange(len(self))
        self._write_prices(rows)
        self.words[:, layout.OPEN] = self._first * traits.tick
        self.words[:, layout.CLOSE] = traits.close * traits.tick
        unsigned[:, layout.EXCHANGE_TIME] = now
        indices, rows = rows[traits.is_index], rows[~traits.is_index]
        self._write_change(indices)
        traded = (traits.resting * rng.uniform(200, 2_000, len(self))).astype(np.int64) * traits.lot
        traded[traits.is_index] = 0
        self._turnover = traded * (self._high + self._low) // 2 * traits.tick
        unsigned[:, layout.VOLUME] = traded
        self._hidden = np.repeat(traits.resting[:, None] * _HIDDEN, 2, axis=1)
        derivatives = rows[traits.has_oi[rows]]
        interest = 1 + (traits.resting[derivatives] * rng.uniform(0.2, 1, len(derivatives)) * _OPEN_INTEREST)
        unsigned[derivatives, layout.OI] = interest.astype(np.int64) * traits.lot[derivatives]
        unsigned[derivatives, layout.OI_DAY_HIGH] = unsigned[derivatives, layout.OI]
        unsigned[derivatives, layout.OI_DAY_LOW] = unsigned[derivatives, layout.OI]
        self._trade(rows, now)
        self._requote(rows, np.ones(len(rows), dtype=bool))

    def _move_indices(self, rows: RowNumbers, now: int) -> None:
        """Move each index, by a tick towards its open if need be: an index is sent only when it moves."""
        before = self._last[rows]
        last = next_prices(self._rng, self.traits.take(rows), before, self._first[rows])
        nudge = np.where(before > self._first[rows], -1, 1)
        self._last[rows] = np.where(last == before, before + nudge, last)
        self._write_prices(rows)
        self._write_change(rows)
        self._unsigned[rows, layout.EXCHANGE_TIME] = now

    def _update(self, rows: RowNumbers, now: int) -> None:
        trades = self._rng.random(len(rows)) < _TRADES
        moved = np.zeros(len(rows), dtype=bool)
        moved[trades] = self._trade(rows[trades], now)
        self._requote(rows, moved)
        self._unsigned[rows, layout.EXCHANGE_TIME] = now

    def _trade(self, rows: RowNumbers, now: int) -> Bools:
        """Trade the instruments of these rows, and return which prices moved."""
        rng, unsigned, traits = self._rng, self._unsigned, self.traits.take(rows)
        last = next_prices(rng, traits, self._last[rows], self._first[rows])
        moved: Bools = last != self._last[rows]
        self._last[rows] = last
        self._write_prices(rows)
        lots = 1 + (rng.standard_exponential(len(rows)) * traits.resting / 4).astype(np.int64)
        # An update is a snapshot: what was traded since the one before is more than its last trade.
        since = (lots + rng.integers(0, lots, endpoint=True)) * traits.lot
        before = unsigned[rows, layout.VOLUME].astype(np.int64)
        volume = np.minimum(before + since, _MAX_UNSIGNED)
        self._turnover[rows] += (volume - before) * last * traits.tick
        unsigned[rows, layout.LAST_QUANTITY] = lots * traits.lot
        unsigned[rows, layout.VOLUME] = volume
        unsigned[rows, layout.AVERAGE_PRICE] = self._turnover[rows] // volume
        unsigned[rows, layout.LAST_TRADE_TIME] = now
        self._change_interest(rows[traits.has_oi], lots[traits.has_oi])
        return moved

    def _change_interest(self, rows: RowNumbers, traded: Ints) -> None:
        unsigned, lot = self._unsigned, self.traits.lot[rows]
        change = self._rng.integers(-traded, traded, endpoint=True) * lot
        interest = np.clip(unsigned[rows, layout.OI] + change, lot, _MAX_UNSIGNED // lot * lot)
        unsigned[rows, layout.OI] = interest
        unsigned[rows, layout.OI_DAY_HIGH] = np.maximum(unsigned[rows, layout.OI_DAY_HIGH], interest)
        unsigned[rows, layout.OI_DAY_LOW] = np.minimum(unsigned[rows, layout.OI_DAY_LOW], interest)

    def _requote(self, rows: RowNumbers, moved: Bools) -> None:
        """Write new books where the price moved, and new quantities at some levels where it did not."""
        rng, traits = self._rng, self.traits.take(rows)
        book = draw_book(rng, traits, self._last[rows])
        depth = self.words[rows, layout.DEPTH :].reshape(len(rows), *_DEPTH_SHAPE)
        kept = ~moved[:, None] & (rng.random(book.lots.shape) < _KEPT_LEVELS)
        kept[:, 0] = False
        lot, tick = traits.lot[:, None], traits.tick[:, None]
        before = depth[:, :, layout.ENTRY_QUANTITY] // lot
        book.lots[:, 0] += book.lots[:, 0] == before[:, 0]
        lots = np.where(kept, before, book.lots)
        depth[:, :, layout.ENTRY_QUANTITY] = lots * lot
        depth[:, :, layout.ENTRY_ORDERS] = np.where(kept, depth[:, :, layout.ENTRY_ORDERS], book.orders)
        depth[moved, :, layout.ENTRY_PRICE] = (book.prices * tick)[moved]
        self.words[rows, layout.DEPTH :] = depth.reshape(len(rows), layout.WORDS - layout.DEPTH)
        self._write_totals(rows, lots)

    def _write_totals(self, rows: RowNumbers, lots: Ints) -> None:
        typical = self.traits.resting[rows, None] * _HIDDEN
        drift = 1 + 0.01 * self._rng.normal(size=(len(rows), 2))
        self._hidden[rows] = np.clip(self._hidden[rows] * drift, typical / 2, typical * 2)
        shown = lots.reshape(len(rows), 2, layout.DEPTH_LEVELS).sum(axis=2)
        total = (shown + self._hidden[rows].astype(np.int64)) * self.traits.lot[rows, None]
        self._unsigned[rows, layout.BUY_QUANTITY] = total[:, 0]
        self._unsigned[rows, layout.SELL_QUANTITY] = total[:, 1]

    def _write_prices(self, rows: RowNumbers) -> None:
        last, tick = self._last[rows], self.traits.tick[rows]
        self._high[rows] = np.maximum(self._high[rows], last)
        self._low[rows] = np.minimum(self._low[rows], last)
        self.words[rows, layout.LAST_PRICE] = last * tick
        self.words[rows, layout.HIGH] = self._high[rows] * tick
        self.words[rows, layout.LOW] = self._low[rows] * tick

    def _write_change(self, rows: RowNumbers) -> None:
        words = self.words
        words[rows, layout.PRICE_CHANGE] = words[rows, layout.LAST_PRICE] - words[rows, layout.CLOSE]
