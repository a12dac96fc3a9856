"""Writes a recording as JSON lines: the official client's tick dictionaries, with exact decimals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Final

from kitetui.record.cells import Cells
from kitetui.record.names import NameOf
from kitetui.record.output import Output, StalledError
from kitetui.record.rows import Rows
from kitetui.times import ist_nanoseconds
from kitetui.wire import Exchange
from kitetui.wire.layout import (
    DEPTH_LEVELS,
    FIELDS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LTP,
    MODE_OF_LENGTH,
    TOKEN,
    Kind,
)

_OHLC: Final = ("open", "high", "low", "close")
_TRADED: Final = (
    "last_traded_quantity",
    "average_traded_price",
    "volume_traded",
    "total_buy_quantity",
    "total_sell_quantity",
)
_FULL: Final = ("last_trade_time", "oi", "oi_day_high", "oi_day_low", "exchange_timestamp")
_ENTRY: Final = ("quantity", "price", "orders")

_CELLS: Final = (*FIELDS, "change")
"""What is known of a tick by its own packet."""

_TIMES: Final = [
    place for place, name in enumerate(_CELLS) if name in FIELDS and FIELDS[name].kind is Kind.TIME
]


class JsonlWriter:
    """Adds an object for each row to an open destination; `name_of` names the instruments.

    rows: those that it has added.
    """

    def __init__(self, output: Output, name_of: NameOf) -> None:
        self.rows = 0
        self._output = output
        self._name_of = name_of
        self._cells = Cells(_CELLS)

    @property
    def size(self) -> int:
        """Bytes that the file has."""
        return self._output.size

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._name_of = name_of

    def write(self, rows: Rows) -> None:
        """Add rows. Raises RecordingError where they cannot be written; the file is whole then."""
        if not len(rows):
            return
        try:
            self._output.write("".join(self._lines(rows)).encode())
        except StalledError as stalled:
            self.rows += stalled.lines
            raise
        self.rows += len(rows)

    def flush(self, *, sync: bool) -> None:
        """Have the disk keep what was written, if `sync`; readers have it already. Raises RecordingError."""
        if sync:
            self._output.sync()

    def close(self) -> None:
        """Close the destination."""
        self._output.close()

    def _lines(self, rows: Rows) -> Iterator[str]:
        columns = zip(
            self._cells.texts(rows),
            rows.words[:, TOKEN].tolist(),
            rows.lengths.tolist(),
            rows.received_at.tolist(),
            rows.connection.tolist(),
            rows.sequence.tolist(),
            rows.snapshot.tolist(),
            strict=True,
        )
        for cells, token, length, received_at, connection, sequence, snapshot in columns:
            for place in _TIMES:
                cells[place] = f'"{cells[place]}"' if cells[place] else "null"
            template, values = _template(length, is_tradable=token & 0xFF != Exchange.INDICES)
            exchange, symbol = self._name_of(token & 0xFFFFFFFF) or ("", "")
            mark = '"snapshot":true,' if snapshot else ""
            yield (
                f'{{"received_at":"{_received(received_at)}","connection":{connection + 1},'
                f'"sequence":{sequence},"exchange":{_text(exchange)},"tradingsymbol":{_text(symbol)},'
                f"{mark}{template % values(cells)}"
            )


@cache
def _template(length: int, *, is_tradable: bool) -> tuple[str, Callable[[Sequence[str]], tuple[str, ...]]]:
    """Return the text of a packet's object after its head, and what picks the cells to fill in."""
    names: list[str] = []

    def value(name: str) -> str:
        names.append(name)
        return "%s"

    def members(*fields: str) -> str:
        return ",".join(f'"{name}":{value(name)}' for name in fields)

    def levels(side: str) -> str:
        entries = (
            ",".join(f'"{what}":{value(f"{side}_{what}_{level}")}' for what in _ENTRY)
            for level in range(1, DEPTH_LEVELS + 1)
        )
        return ",".join(f"{{{entry}}}" for entry in entries)

    is_index = length in (INDEX_QUOTE, INDEX_FULL)
    tradable = "true" if is_tradable else "false"
    parts = [
        f'"tradable":{tradable},"mode":"{MODE_OF_LENGTH[length]}"',
        members("instrument_token", "last_price"),
    ]
    if length != LTP and not is_index:
        parts.append(members(*_TRADED))
    if length != LTP:
        parts += [f'"ohlc":{{{members(*_OHLC)}}}', members("change")]
    if length == INDEX_FULL:
        parts.append(members("exchange_timestamp"))
    elif length == FULL:
        parts.append(members(*_FULL))
        parts.append(f'"depth":{{"buy":[{levels("bid")}],"sell":[{levels("ask")}]}}')
    return f"{','.join(parts)}}}\n", itemgetter(*map(_CELLS.index, names))


_received = lru_cache(1)(ist_nanoseconds)  # all ticks of a message came at the same time


@lru_cache(1 << 15)
def _text(text: str) -> str:
    return json.dumps(text)
