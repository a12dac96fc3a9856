"""Which segment an instrument token belongs to, and what its integer prices are worth.

The low byte of a token is its segment; prices are integers of the segment's smallest unit. Segments
1 to 9 are those of Kite's documents, 12 (NCO, commodity derivatives of the NSE) that of the official
Python client 5.2.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Exchange(IntEnum):
    """A segment of a token, numbered as on the wire; `UNKNOWN` stands for every number not known."""

    UNKNOWN = 0
    NSE = 1
    NFO = 2
    CDS = 3
    BSE = 4
    BFO = 5
    BCD = 6
    MCX = 7
    MCXSX = 8
    INDICES = 9
    NCO = 12

    @classmethod
    def of(cls, instrument_token: int) -> Exchange:
        """Return the segment of a token."""
        return _BY_NUMBER.get(instrument_token & 0xFF, cls.UNKNOWN)


_BY_NUMBER: Final = {int(exchange): exchange for exchange in Exchange}

_DECIMALS: Final = {Exchange.CDS: 7, Exchange.BCD: 4, Exchange.NCO: 4}
_DEFAULT_DECIMALS: Final = 2

DECIMALS: Final[NDArray[np.int64]] = np.array(
    [_DECIMALS.get(_BY_NUMBER.get(number, Exchange.UNKNOWN), _DEFAULT_DECIMALS) for number in range(256)]
)
"""Decimal places of a price as sent, by segment number: shape (256,), int64."""

DIVISORS: Final[NDArray[np.float64]] = np.float_power(10.0, DECIMALS)
"""What an integer price is divided by, by segment number: shape (256,), float64."""

_DIVISORS: Final[tuple[int, ...]] = tuple(10**decimals for decimals in DECIMALS.tolist())


def decimals_of(instrument_token: int) -> int:
    """Return the decimal places of this token's prices as sent: 7 on CDS, 4 on BCD and NCO, else 2."""
    return int(DECIMALS[instrument_token & 0xFF])


def divisor_of(instrument_token: int) -> int:
    """Return what this token's integer prices are divided by: 10,000,000, 10,000 or 100."""
    return _DIVISORS[instrument_token & 0xFF]
