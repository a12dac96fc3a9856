"""What an instrument says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kitetui.instruments import Instrument, Kind
from kitetui.wire import Exchange

FUTURE = Instrument(
    instrument_token=18304770,
    exchange="NFO",
    tradingsymbol="NIFTY26DECFUT",
    name="NIFTY",
    kind=Kind.FUTURE,
    expiry=date(2026, 12, 29),
    strike=None,
    tick_size=10,
    lot_size=65,
    reference_price=2_500_000,
    listed=True,
)


def test_its_key_is_its_exchange_and_symbol() -> None:
    assert FUTURE.key == "NFO:NIFTY26DECFUT"


def test_its_segment_is_what_its_token_says() -> None:
    assert FUTURE.segment is Exchange.NFO
    assert replace(FUTURE, exchange="NSE", instrument_token=256265).segment is Exchange.INDICES


@pytest.mark.parametrize(
    ("day", "tradable"),
    [(date(2026, 12, 28), True), (date(2026, 12, 29), True), (date(2026, 12, 30), False)],
)
def test_it_is_tradable_until_the_day_it_expires(day: date, tradable: bool) -> None:
    assert FUTURE.tradable_on(day) is tradable


def test_what_never_expires_is_tradable_on_any_day() -> None:
    assert replace(FUTURE, expiry=None).tradable_on(date(2099, 1, 1))


def test_what_is_made_up_is_tradable_on_no_day() -> None:
    assert not replace(FUTURE, listed=False).tradable_on(date(2026, 12, 1))
    assert not replace(FUTURE, listed=False, expiry=None).tradable_on(date(2026, 12, 1))
