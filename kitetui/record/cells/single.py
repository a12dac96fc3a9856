"""One cell of a row at a time: what each column says of a tick, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Final

from kitetui.record.decimals import price_text
from kitetui.times import ist_seconds
from kitetui.wire import Tick, decimals_of
from kitetui.wire.layout import FIELDS, Kind

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
        case Kind.PRICE:
            return lambda words, decimals: price_text(words[word], decimals)
        case Kind.COUNT:
            return lambda words, decimals: str(words[word] & _UNSIGNED)
        case Kind.TIME:
            return lambda words, decimals: _time(words[word] & _UNSIGNED)


def change_text(last_price: int, close: int, divisor: int) -> str:
    """Return `Tick.change`, as short as it can be written and still be read back the same."""
    before = close / divisor
    return repr((last_price / divisor - before) * 100 / before) if close else "0.0"


@lru_cache(_SECONDS)
def _time(seconds: int) -> str:
    return ist_seconds(seconds) if seconds else ""
