"""The instruments that ship with the program, read from the table beside this module.

The prices of the table are decimals in rupees, for people to read; here they become integers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from kitetui.instruments.instrument import Instrument, Kind
from kitetui.wire import divisor_of

DEFAULT_WATCHLIST = (
    "NSE:NIFTY 50",
    "NSE:NIFTY BANK",
    "BSE:SENSEX",
    "NSE:RELIANCE",
    "NSE:HDFCBANK",
    "NSE:INFY",
    "NSE:TCS",
    "NSE:SBIN",
    "NSE:MRF",
    "NSE:IDEA",
    "NFO:NIFTY26DECFUT",
    "NFO:NIFTY26DEC25000CE",
    "CDS:USDINR26DECFUT",
    "MCX:GOLDM26DECFUT",
)
"""The keys that a monitor opens with: something of everything."""


@cache
def builtin_instruments() -> tuple[Instrument, ...]:
    """Return the instruments of the table, in its order: the default watchlist and each segment first."""
    return tuple(_read())


def _read() -> Iterator[Instrument]:
    table = (resources.files("kitetui.instruments") / "universe.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        token = int(row["instrument_token"])
        yield Instrument(
            instrument_token=token,
            exchange=row["exchange"],
            tradingsymbol=row["tradingsymbol"],
            name=row["name"],
            kind=Kind(row["kind"]),
            expiry=date.fromisoformat(row["expiry"]) if row["expiry"] else None,
            strike=Decimal(row["strike"]) if row["strike"] else None,
            tick_size=_units(row["tick_size"], token),
            lot_size=int(row["lot_size"]),
            reference_price=_units(row["reference_price"], token),
            listed=row["listed"] == "1",
        )


def _units(rupees: str, token: int) -> int:
    return int(Decimal(rupees) * divisor_of(token))
