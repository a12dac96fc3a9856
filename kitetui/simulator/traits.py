"""What is fixed about each instrument of a simulated market, in columns.

Prices inside the market are counted in ticks of the instrument, so that no arithmetic can leave the
tick's multiples; they become the wire's integers only when a row is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kitetui.instruments import Instrument, Kind
from kitetui.wire import divisor_of

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
