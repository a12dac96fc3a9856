"""Ticks as CSV: one row a tick, prices as exact decimals, times in IST, nothing where nothing was sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from kitetui.feed import Ticks
from kitetui.record.decimals import price_text
from kitetui.times import ist_microseconds, ist_seconds
from kitetui.wire import Exchange, Tick, decimals_of, divisor_of
from kitetui.wire.fields import FIELDS, MODE_OF_LENGTH, Kind
from kitetui.wire.layout import CLOSE, DEPTH_LEVELS, LAST_PRICE, LTP, PACKET_LENGTHS, TOKEN

_DEPTH: Final = tuple(
    f"{side}_{what}_{level}"
    for side in ("bid", "ask")
    for level in range(1, DEPTH_LEVELS + 1)
    for what in ("price", "quantity", "orders")
)
_BEFORE_CHANGE: Final = (
    "last_price",
    "last_traded_quantity",
    "average_traded_price",
    "volume_traded",
    "total_buy_quantity",
    "total_sell_quantity",
    "open",
    "high",
    "low",
    "close",
)
_AFTER_CHANGE: Final = (
    "last_trade_time",
    "exchange_timestamp",
    "oi",
    "oi_day_high",
    "oi_day_low",
    *_DEPTH,
)

COLUMNS: Final = (
    "received_at",
    "connection",
    "sequence",
    "instrument_token",
    "exchange",
    "tradingsymbol",
    "mode",
    *_BEFORE_CHANGE,
    "change",
    *_AFTER_CHANGE,
)
"""The columns, in order. `connection` counts from 1, as on the screen; `sequence` numbers the ticks of a
connection from 1, so that a jump is a loss; `change` is in percent of the previous close."""

HEADER: Final = ",".join(COLUMNS) + "\n"

NameOf = Callable[[int], tuple[str, str] | None]
"""Gives the exchange and tradingsymbol of a token, or None if they are not known."""


class CsvEncoder:
    """Makes CSV text of ticks; `name_of` names the instruments."""

    def __init__(self, name_of: NameOf) -> None:
        self._name_of = name_of
        self._identities: dict[int, str] = {}

    def rows(self, ticks: Ticks) -> str:
        """Return the rows of these ticks, each ended by a newline."""
        return "".join(self._rows(ticks))

    def _rows(self, ticks: Ticks) -> Iterator[str]:
        batch = ticks.batch
        connection = ticks.connection + 1
        received_at, received = 0, ""
        numbered = enumerate(
            zip(batch.words.tolist(), batch.lengths.tolist(), ticks.received_at.tolist(), strict=True),
            start=ticks.sequence,
        )
        for sequence, (words, length, nanoseconds) in numbered:
            if nanoseconds != received_at:
                received_at, received = nanoseconds, ist_microseconds(nanoseconds)
            token = words[TOKEN] & _UNSIGNED
            decimals = decimals_of(token)
            before, after = _CELLS[length]
            cells = [f"{received},{connection},{sequence},{self._identity(token)},{MODE_OF_LENGTH[length]}"]
            cells += [cell(words, decimals) for cell in before]
            cells.append(_change(words, divisor_of(token)) if length != LTP else "")
            cells += [cell(words, decimals) for cell in after]
            yield ",".join(cells) + "\n"

    def _identity(self, token: int) -> str:
        """Return the cells that name an instrument, quoted where they must be."""
        identity = self._identities.get(token)
        if identity is None:
            name = self._name_of(token)
            text = io.StringIO()
            csv.writer(text, lineterminator="").writerow((token, *(name or (Exchange.of(token).name, ""))))
            identity = text.getvalue()
            if name is not None:  # one that is not known yet may be known by its next tick
                self._identities[token] = identity
        return identity


def field_text(tick: Tick, name: str) -> str:
    """Return one field of a tick, by its name in `FIELDS`, as a recording has it: empty where not sent."""
    return _cell(name, tick.length)(tick.words, decimals_of(tick.instrument_token))


_UNSIGNED: Final = 0xFFFFFFFF

_Cell = Callable[[Sequence[int], int], str]
"""Makes one cell of a row's words and the decimals of its prices."""


@cache
def _cell(name: str, length: int) -> _Cell:
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


def _time(seconds: int) -> str:
    return ist_seconds(seconds) if seconds else ""


def _change(words: Sequence[int], divisor: int) -> str:
    """Return `Tick.change`, as short as it can be written and still be read back the same."""
    close = words[CLOSE] / divisor
    return repr((words[LAST_PRICE] / divisor - close) * 100 / close) if close else "0.0"


_CELLS: Final = {
    length: (
        tuple(_cell(name, length) for name in _BEFORE_CHANGE),
        tuple(_cell(name, length) for name in _AFTER_CHANGE),
    )
    for length in PACKET_LENGTHS
}
