"""A contract's symbol is read for what it says, and what is no contract's is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.instruments import Kind, simulated_instruments
from kitetui.instruments.instrument import Contract


@pytest.mark.parametrize(
    ("symbol", "contract"),
    [
        ("NIFTY26DECFUT", Contract("NIFTY", Kind.FUTURE, None, date(2026, 12, 31))),
        ("NIFTY26FEB25000CE", Contract("NIFTY", Kind.CALL, Decimal(25000), date(2026, 2, 28))),
        ("BAJAJ-AUTO28FEB9000PE", Contract("BAJAJ-AUTO", Kind.PUT, Decimal(9000), date(2028, 2, 29))),
        ("M&M26NOV3000PE", Contract("M&M", Kind.PUT, Decimal(3000), date(2026, 11, 30))),
        ("VEDL26NOV97.5CE", Contract("VEDL", Kind.CALL, Decimal("97.5"), date(2026, 11, 30))),
        ("USDINR26DEC84.25CE", Contract("USDINR", Kind.CALL, Decimal("84.25"), date(2026, 12, 31))),
        ("NIFTY2610925000CE", Contract("NIFTY", Kind.CALL, Decimal(25000), date(2026, 1, 9))),
        ("NIFTY26O1325000PE", Contract("NIFTY", Kind.PUT, Decimal(25000), date(2026, 10, 13))),
        ("NIFTY26N0325000PE", Contract("NIFTY", Kind.PUT, Decimal(25000), date(2026, 11, 3))),
        ("NIFTY26D0825000CE", Contract("NIFTY", Kind.CALL, Decimal(25000), date(2026, 12, 8))),
        ("USDINR26D04FUT", Contract("USDINR", Kind.FUTURE, None, date(2026, 12, 4))),
        ("NIFTYNXT5026DECFUT", Contract("NIFTYNXT50", Kind.FUTURE, None, date(2026, 12, 31))),
    ],
)
def test_a_symbol_says_underlying_kind_strike_and_end(symbol: str, contract: Contract) -> None:
    assert Contract.parse(symbol) == contract


@pytest.mark.parametrize(
    "symbol",
    [
        "RELIANCE",
        "NIFTY 50",
        "FUT",
        "26DECFUT",
        "NIFTY26DEC",
        "NIFTY26DECCE",
        "NIFTY26DEC25000FUT",
        "NIFTY26XYZFUT",
        "NIFTY26D3225000CE",
        "NIFTY2623025000CE",
        "NIFTY26D0025000CE",
        "NIFTY26DEC25.CE",
        "NIFTY26DECFUT ",
        "nifty26decfut",
        "",
    ],
)
def test_what_is_no_contract_is_none(symbol: str) -> None:
    assert Contract.parse(symbol) is None


def test_every_contract_that_ships_is_read_as_the_table_has_it() -> None:
    contracts = [each for each in simulated_instruments() if each.expiry is not None]
    assert contracts
    for each in contracts:
        read = Contract.parse(each.tradingsymbol)
        assert read is not None, each.key
        assert (read.kind, read.strike) == (each.kind, each.strike), each.key
        assert each.expiry is not None
        assert each.expiry <= read.ended_by, each.key


def test_no_share_that_ships_is_taken_for_a_contract() -> None:
    lasting = [each.tradingsymbol for each in simulated_instruments() if each.expiry is None]
    assert not any(map(Contract.parse, lasting))


@given(
    st.text(max_size=20) | st.from_regex(r"\w{0,4}\d{0,6}[OND]?\d{0,8}(\.\d*)?(FUT|CE|PE)", fullmatch=True)
)
def test_any_text_is_a_contract_or_none(symbol: str) -> None:
    contract = Contract.parse(symbol)
    assert contract is None or symbol.startswith(contract.name)
