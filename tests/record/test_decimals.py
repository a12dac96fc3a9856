from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitetui.record.cells.text import price_text


@pytest.mark.parametrize(
    ("price", "decimals", "text"),
    [
        (157315, 2, "1573.15"),
        (157370, 2, "1573.70"),
        (5, 2, "0.05"),
        (0, 2, "0.00"),
        (-3763, 2, "-37.63"),
        (-5, 2, "-0.05"),
        (-2147483648, 2, "-21474836.48"),
        (842575000, 7, "84.2575"),
        (842575001, 7, "84.2575001"),
        (840000000, 7, "84.0000"),
        (-1, 7, "-0.0000001"),
        (842575, 4, "84.2575"),
        (840000, 4, "84.0000"),
    ],
)
def test_a_price_is_written_as_it_was_sent(price: int, decimals: int, text: str) -> None:
    assert price_text(price, decimals) == text


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from([2, 4, 7]))
def test_nothing_of_a_price_is_rounded_away(price: int, decimals: int) -> None:
    assert Decimal(price_text(price, decimals)) == Decimal(price).scaleb(-decimals)
