"""What a simulated exchange trades: what ships with the program, and made-up shares beyond that."""

from __future__ import annotations

from collections.abc import Iterator

from kitetui.instruments.builtin import builtin_instruments
from kitetui.instruments.instrument import Instrument, Kind
from kitetui.wire import Exchange

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
