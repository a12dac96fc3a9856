"""Writes a recording as JSON lines: the official client's tick dictionaries, with exact decimals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from kitetui.record.csv.cells import change_text, field_cell
from kitetui.record.names import NameOf
from kitetui.record.output import Output
from kitetui.record.rows import Rows
from kitetui.times import ist_nanoseconds
from kitetui.wire import decimals_of
from kitetui.wire.fields import FIELDS, MODE_OF_LENGTH, Kind
from kitetui.wire.layout import CLOSE, DEPTH_LEVELS, INDEX_FULL, INDEX_QUOTE, LAST_PRICE, LTP, QUOTE, TOKEN

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
_UNSIGNED: Final = 0xFFFFFFFF


class JsonlWriter:
    """Adds an object for each row to an open destination; `name_of` names the instruments."""

    def __init__(self, output: Output, name_of: NameOf) -> None:
        self._output = output
        self._name_of = name_of

    @property
    def size(self) -> int:
        """Bytes that the file has."""
        return self._output.size

    def write(self, rows: Rows) -> None:
        """Add rows. Raises RecordingError where they cannot be written; the file is whole then."""
        if len(rows):
            self._output.write("".join(self._lines(rows)).encode())

    def flush(self, *, sync: bool) -> None:
        """Have the disk keep what was written, if `sync`; readers have it already. Raises RecordingError."""
        if sync:
            self._output.sync()

    def close(self) -> None:
        """Close the destination."""
        self._output.close()

    def _lines(self, rows: Rows) -> Iterator[str]:
        columns = zip(
            rows.words.tolist(),
            rows.lengths.tolist(),
            rows.received_at.tolist(),
            rows.connection.tolist(),
            rows.sequence.tolist(),
            rows.snapshot.tolist(),
            strict=True,
        )
        for words, length, received_at, connection, sequence, snapshot in columns:
            token = words[TOKEN] & _UNSIGNED
            decimals = decimals_of(token)
            template, names = _template(length)
            values = [_value(name, field_cell(name, length)(words, decimals)) for name in names]
            change = "" if length == LTP else change_text(words[LAST_PRICE], words[CLOSE], 10**decimals)
            exchange, symbol = self._name_of(token) or ("", "")
            head = (
                f'{{"received_at":"{ist_nanoseconds(received_at)}","connection":{connection + 1},'
                f'"sequence":{sequence},"exchange":{_text(exchange)},"tradingsymbol":{_text(symbol)},'
            )
            kept = '"snapshot":true,' if snapshot else ""
            yield f"{head}{kept}{template % tuple(values)}".replace("\x00", change)


@cache
def _template(length: int) -> tuple[str, tuple[str, ...]]:
    """Return the text of a packet's object after its head, and the fields to fill in.

    The change, which is no field, has a NUL in its place.
    """
    names: list[str] = []

    def value(name: str) -> str:
        names.append(name)
        return "%s"

    def members(*fields: str) -> str:
        return ",".join(f'"{name}":{value(name)}' for name in fields)

    def levels(side: str) -> str:
        entries = (
            ",".join(
                f'"{what}":{value(f"{side}_{what}_{level}")}' for what in ("quantity", "price", "orders")
            )
            for level in range(1, DEPTH_LEVELS + 1)
        )
        return ",".join(f"{{{entry}}}" for entry in entries)

    is_index = length in (INDEX_QUOTE, INDEX_FULL)
    tradable = "false" if is_index else "true"
    parts = [
        f'"tradable":{tradable},"mode":"{MODE_OF_LENGTH[length]}"',
        members("instrument_token", "last_price"),
    ]
    if length != LTP and not is_index:
        parts.append(members(*_TRADED))
    if length != LTP:
        parts += [f'"ohlc":{{{members(*_OHLC)}}}', '"change":\x00']
    if length == INDEX_FULL:
        parts.append(members("exchange_timestamp"))
    elif length not in (LTP, QUOTE, INDEX_QUOTE):
        parts.append(members(*_FULL))
        parts.append(f'"depth":{{"buy":[{levels("bid")}],"sell":[{levels("ask")}]}}')
    return f"{','.join(parts)}}}\n", tuple(names)


def _value(name: str, text: str) -> str:
    if FIELDS[name].kind is not Kind.TIME:
        return text
    return f'"{text}"' if text else "null"


@lru_cache(1 << 15)
def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
