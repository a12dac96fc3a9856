"""A misspelt symbol finds its neighbours, and nothing far from it."""

from __future__ import annotations

import pytest

from kitetui.instruments import Instrument, simulated_instruments
from kitetui.instruments.search import nearest

LISTED = simulated_instruments()


def keys(symbol: str, count: int = 2) -> list[str]:
    def beginning_with(letters: str) -> list[Instrument]:
        return [each for each in LISTED if each.tradingsymbol.startswith(letters)]

    return [each.key for each in nearest(symbol, beginning_with, count)]


@pytest.mark.parametrize(
    ("symbol", "key"),
    [
        ("RELIANC", "NSE:RELIANCE"),
        ("RELIANCEE", "NSE:RELIANCE"),
        ("HDFCBNAK", "NSE:HDFCBANK"),
        ("GOLDM26DECFTU", "MCX:GOLDM26DECFUT"),
    ],
)
def test_a_slip_finds_the_symbol_first(symbol: str, key: str) -> None:
    assert keys(symbol)[0] == key


def test_a_symbol_of_two_exchanges_is_named_once_and_by_the_first() -> None:
    assert keys("INFYY").count("NSE:INFY") == 1
    assert "BSE:INFY" not in keys("INFYY", 10)


def test_no_more_are_named_than_asked_for() -> None:
    assert len(keys("NIFTY26DEC25000")) == 2
    assert len(keys("NIFTY26DEC25000", 1)) == 1


@pytest.mark.parametrize("symbol", ["", "XYZZY", "R" * 5_000, "रिलायंस"])
def test_what_is_like_nothing_finds_nothing(symbol: str) -> None:
    assert keys(symbol) == []
