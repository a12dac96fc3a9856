"""One cell of a row at a time, in plain Python: exact decimals, times in IST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Final

from kitetui.times import ist_seconds
from kitetui.wire import Tick, decimals_of
from kitetui.wire.layout import FIELDS, FieldKind

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


FieldCell = Callable[[Sequence[int], int], str]
"""Makes one cell of a row's words and the decimals of its prices."""

_UNSIGNED: Final = 0xFFFFFFFF

_SECONDS: Final = 1024
"""Times that are kept in mind; most ticks have one of the last few seconds."""


def field_text(tick: Tick, name: str) -> str:
    """Return one field of a tick, by its name in `FIELDS`, as a recording has it: empty where not sent."""
    return field_cell(name, tick.length)(tick.words, decimals_of(tick.instrument_token))


@cache
def field_cell(name: str, length: int) -> FieldCell:
    """Return what makes the cells of a field, by its name in `FIELDS`, for packets of this length."""
    field = FIELDS[name]
    word = field.word
    if length not in field.lengths:
        return lambda words, decimals: ""
    match field.kind:
        case FieldKind.PRICE:
            return lambda words, decimals: price_text(words[word], decimals)
        case FieldKind.COUNT:
            return lambda words, decimals: str(words[word] & _UNSIGNED)
        case FieldKind.TIME:
            return lambda words, decimals: _time(words[word] & _UNSIGNED)


def change_text(last_price: int, close: int, divisor: int) -> str:
    """Return `Tick.change`, as short as it can be written and still be read back the same."""
    before = close / divisor
    return repr((last_price / divisor - before) * 100 / before) if close else "0.0"


@lru_cache(_SECONDS)
def _time(seconds: int) -> str:
    return ist_seconds(seconds) if seconds else ""
