"""A made-up market: every instrument's row as the exchange last knew it, moved step by step.

The same universe, seed and steps give the same rows, bit for bit. A step draws once for all the
instruments that it moves, never in a loop over them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kitetui.instruments import Instrument
from kitetui.simulator.book import draw_book
from kitetui.simulator.prices import next_prices, opening
from kitetui.simulator.traits import Bools, Ints, Traits
from kitetui.wire import layout

Rows = NDArray[np.intp]

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

    def step(self, count: int, now: float) -> Rows:
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

    def _move_indices(self, rows: Rows, now: int) -> None:
        """Move each index, by a tick towards its open if need be: an index is sent only when it moves."""
        before = self._last[rows]
        last = next_prices(self._rng, self.traits.take(rows), before, self._first[rows])
        nudge = np.where(before > self._first[rows], -1, 1)
        self._last[rows] = np.where(last == before, before + nudge, last)
        self._write_prices(rows)
        self._write_change(rows)
        self._unsigned[rows, layout.EXCHANGE_TIME] = now

    def _update(self, rows: Rows, now: int) -> None:
        trades = self._rng.random(len(rows)) < _TRADES
        moved = np.zeros(len(rows), dtype=bool)
        moved[trades] = self._trade(rows[trades], now)
        self._requote(rows, moved)
        self._unsigned[rows, layout.EXCHANGE_TIME] = now

    def _trade(self, rows: Rows, now: int) -> Bools:
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

    def _change_interest(self, rows: Rows, traded: Ints) -> None:
        unsigned, lot = self._unsigned, self.traits.lot[rows]
        change = self._rng.integers(-traded, traded, endpoint=True) * lot
        interest = np.clip(unsigned[rows, layout.OI] + change, lot, _MAX_UNSIGNED // lot * lot)
        unsigned[rows, layout.OI] = interest
        unsigned[rows, layout.OI_DAY_HIGH] = np.maximum(unsigned[rows, layout.OI_DAY_HIGH], interest)
        unsigned[rows, layout.OI_DAY_LOW] = np.minimum(unsigned[rows, layout.OI_DAY_LOW], interest)

    def _requote(self, rows: Rows, moved: Bools) -> None:
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

    def _write_totals(self, rows: Rows, lots: Ints) -> None:
        typical = self.traits.resting[rows, None] * _HIDDEN
        drift = 1 + 0.01 * self._rng.normal(size=(len(rows), 2))
        self._hidden[rows] = np.clip(self._hidden[rows] * drift, typical / 2, typical * 2)
        shown = lots.reshape(len(rows), 2, layout.DEPTH_LEVELS).sum(axis=2)
        total = (shown + self._hidden[rows].astype(np.int64)) * self.traits.lot[rows, None]
        self._unsigned[rows, layout.BUY_QUANTITY] = total[:, 0]
        self._unsigned[rows, layout.SELL_QUANTITY] = total[:, 1]

    def _write_prices(self, rows: Rows) -> None:
        last, tick = self._last[rows], self.traits.tick[rows]
        self._high[rows] = np.maximum(self._high[rows], last)
        self._low[rows] = np.minimum(self._low[rows], last)
        self.words[rows, layout.LAST_PRICE] = last * tick
        self.words[rows, layout.HIGH] = self._high[rows] * tick
        self.words[rows, layout.LOW] = self._low[rows] * tick

    def _write_change(self, rows: Rows) -> None:
        words = self.words
        words[rows, layout.PRICE_CHANGE] = words[rows, layout.LAST_PRICE] - words[rows, layout.CLOSE]
