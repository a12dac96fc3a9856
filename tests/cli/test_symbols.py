from __future__ import annotations

import pytest

from kitetui.cli.symbols import choose_instruments
from kitetui.errors import UserError
from kitetui.instruments import Universe

UNIVERSE = Universe.load()


def keys(*names: str, capacity: int = 9000) -> list[str]:
    return [each.key for each in choose_instruments(names, UNIVERSE, capacity)]


def test_symbols_may_be_repeated_or_listed_with_commas() -> None:
    assert keys("NSE:INFY, tcs", "408065", "NSE:NIFTY 50,") == ["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]


def test_without_symbols_there_is_a_watchlist() -> None:
    assert 10 <= len(keys()) <= 16
    assert "NSE:NIFTY 50" in keys()


def test_an_unknown_symbol_gets_the_nearest() -> None:
    with pytest.raises(UserError, match=r"^no NSE:RELIANC; did you mean NSE:RELIANCE"):
        keys("NSE:RELIANC")


def test_more_symbols_than_fit_are_refused() -> None:
    with pytest.raises(UserError, match="2 symbols are more than the 1"):
        keys("INFY,TCS", capacity=1)
