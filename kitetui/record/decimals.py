"""Prices as exact decimal text, without passing through a float."""

from __future__ import annotations

from typing import Final

_AT_LEAST: Final = {2: 2, 4: 4, 7: 4}
"""Decimals that are always written, by the decimals that a segment sends."""


def price_text(price: int, decimals: int) -> str:
    """Return an integer price with this many decimals as text: 157315 with 2 is `1573.15`.

    Zeros at the end beyond the segment's customary places are left out: a currency pair is sent with
    seven decimals and quoted in four.
    """
    if decimals == 2 and price > 99:  # nearly every price there is: the fast way
        text = str(price)
        return f"{text[:-2]}.{text[-2:]}"
    whole, part = divmod(abs(price), 10**decimals)
    digits = f"{part:0{decimals}d}"
    least = _AT_LEAST.get(decimals, decimals)
    shown = digits[:least] + digits[least:].rstrip("0")
    return f"{'-' if price < 0 else ''}{whole}.{shown}"
