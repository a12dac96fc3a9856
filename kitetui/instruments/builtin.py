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
from kitetui.wire import Exchange, divisor_of

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


FIRST_EXCHANGE_TOKEN = 8_100_000
"""Real lists stay far below it, and the tokens still fit the signed 32 bits of a careless client."""

_TICKS_BY_PRICE = ((25_000, 1), (100_000, 5), (500_000, 10))
"""Below so many paise, a tick of so many: the exchange's own bands, as far as these prices go."""


def simulated_instruments(count: int | None = None) -> tuple[Instrument, ...]:
    """Return the first so many instruments that ship with the program, all of them if not told."""
    shipped = builtin_instruments()
    if count is None:
        return shipped
    return (*shipped[:count], *simulated_shares(max(count - len(shipped), 0)))


def simulated_shares(count: int) -> Iterator[Instrument]:
    """Yield SIM0001, SIM0002 … at prices between 20 and 5,000 rupees."""
    for number in range(1, count + 1):
        price = 2_000 + number * 7_919 % 490_000
        tick = next(tick for limit, tick in _TICKS_BY_PRICE if price < limit)
        yield Instrument(
            instrument_token=(FIRST_EXCHANGE_TOKEN + number) << 8 | Exchange.NSE,
            exchange="NSE",
            tradingsymbol=f"SIM{number:04d}",
            name=f"SIMULATED SHARE {number}",
            kind=Kind.EQUITY,
            expiry=None,
            strike=None,
            tick_size=tick,
            lot_size=1,
            reference_price=price // tick * tick,
            listed=False,
        )
