"""JSON lines: one object a tick, the official client's tick dictionaries with exact decimals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from kitetui.record.base import LineWriter, NameOf, Reader
from kitetui.record.cells import Cells
from kitetui.record.output import Output
from kitetui.record.repair import repair_lines
from kitetui.record.rows import TickRows
from kitetui.times import ist_nanoseconds, nanoseconds_of
from kitetui.wire import Exchange, decimals_of
from kitetui.wire.layout import (
    CLOSE,
    DEPTH_LEVELS,
    FIELDS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LAST_PRICE,
    LTP,
    MODE_OF_LENGTH,
    PACKET_LENGTHS,
    PRICE_CHANGE,
    QUOTE,
    SIGNED_FROM,
    TOKEN,
    WORDS,
    FieldKind,
)

_BATCH: Final = 5_000
_BEGINNING: Final = b'{"received_at":'
_LONGEST: Final = 1 << 16

_LENGTHS: Final = {
    ("ltp", True): LTP,
    ("ltp", False): LTP,
    ("quote", True): QUOTE,
    ("quote", False): INDEX_QUOTE,
    ("full", True): FULL,
    ("full", False): INDEX_FULL,
}
"""Of the packet, by mode and whether it has a volume."""


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a recording in JSON lines."""
    return head.startswith(_BEGINNING)


def begins(line: bytes) -> bool:
    """Whether a first line, whole or not, may be one of a recording."""
    return line.startswith(_BEGINNING) or (not line.endswith(b"\n") and _BEGINNING.startswith(line))


class JsonlReader(Reader):
    """Reads a file. Raises UserError for one that is no recording."""

    def _batches(self) -> Iterator[TickRows]:
        gathered = _RowBuilder()
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                if not line.endswith(b"\n") and file.tell() == size:
                    self._damage.add(f"line {number:,} is the last and is cut off")
                    break
                self._take(line, number, gathered)
                if len(gathered.words) == _BATCH:
                    self.position = file.tell() / size
                    yield gathered.rows()
                    gathered = _RowBuilder()
        self.position = 1.0
        if gathered.words:
            yield gathered.rows()

    def _take(self, line: bytes, number: int, gathered: _RowBuilder) -> None:
        try:
            tick = json.loads(line, parse_float=str)
            token, exchange, symbol = tick["instrument_token"], tick["exchange"], tick["tradingsymbol"]
            gathered.add(tick)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
            self._damage.add(f"line {number:,} is no tick that can be read")
            return
        if symbol:
            self.names.setdefault(token, (str(exchange), str(symbol)))


@dataclass(slots=True)
class _RowBuilder:
    """Rows in the making."""

    words: list[list[int]] = field(default_factory=list)
    others: list[tuple[int, int, int, int, bool]] = field(default_factory=list)

    def add(self, tick: dict[str, Any]) -> None:
        """Take in an object. Raises ValueError, KeyError or their like where it is no tick."""
        length = _LENGTHS[tick["mode"], "volume_traded" in tick]
        other = (
            length,
            _within(nanoseconds_of(tick["received_at"]), 2**63),
            _within(int(tick["connection"]) - 1, 2**8),
            _within(int(tick["sequence"]), 2**63),
            bool(tick.get("snapshot", False)),
        )
        self.words.append(_words(tick, length))
        self.others.append(other)

    def rows(self) -> TickRows:
        """Return what has gathered."""
        length, received_at, connection, sequence, snapshot = zip(*self.others, strict=True)
        return TickRows(
            words=np.array(self.words, dtype=np.int64).astype(np.uint32).view(np.int32),
            lengths=np.array(length, dtype=np.uint8),
            received_at=np.array(received_at, dtype=np.int64),
            connection=np.array(connection, dtype=np.uint8),
            sequence=np.array(sequence, dtype=np.int64),
            snapshot=np.array(snapshot, dtype=np.bool_),
        )


def _within(number: int, limit: int) -> int:
    if not 0 <= number < limit:
        raise ValueError(f"{number} cannot be")
    return number


def _words(tick: dict[str, Any], length: int) -> list[int]:
    decimals = decimals_of(tick["instrument_token"])
    least = SIGNED_FROM.item(tick["instrument_token"] & 0xFF)
    values = tick | tick.get("ohlc", {})
    if length == FULL:
        depth = tick["depth"]
        values |= {name: depth[side][level][what] for name, side, level, what in _LEVELS}
    words = [0] * WORDS
    for name, word, kind in _FIELDS[length]:
        value = values[name]
        if kind is FieldKind.PRICE:
            value = _price(value, decimals)
            _within(value - least, 2**32)
        elif kind is FieldKind.TIME:
            value = 0 if value is None else _seconds(value)
        words[word] = int(value)
    if min(words) < -(2**31) or max(words) >= 2**32:
        raise ValueError("a number has more than 32 bits")
    if length in (INDEX_QUOTE, INDEX_FULL):
        words[PRICE_CHANGE] = words[LAST_PRICE] - words[CLOSE]
    return words


def _price(value: Any, decimals: int) -> int:
    whole, _, part = str(value).partition(".")
    if len(part) > decimals:
        raise ValueError(f"{value} has more decimals than its segment")
    return int(whole + part.ljust(decimals, "0"))


@lru_cache(1024)
def _seconds(text: str) -> int:
    return nanoseconds_of(text) // 1_000_000_000


_FIELDS: Final = {
    length: [
        (name, each.word, each.kind)
        for name, each in FIELDS.items()
        if length in each.lengths and name != "price_change"
    ]
    for length in PACKET_LENGTHS
}
_LEVELS: Final = [
    (f"{side}_{what}_{level + 1}", key, level, what)
    for side, key in (("bid", "buy"), ("ask", "sell"))
    for level in range(DEPTH_LEVELS)
    for what in ("price", "quantity", "orders")
]
"""Where each field of the depth is: on which side, at which level, and under which name."""


def repair(path: Path) -> str | None:
    """Repair a recording in JSON lines; see `repair_lines`."""
    return repair_lines(path, begins)


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
    place for place, name in enumerate(_CELLS) if name in FIELDS and FIELDS[name].kind is FieldKind.TIME
]


class JsonlWriter(LineWriter):
    """Adds an object for each row to an open destination; `name_of` names the instruments."""

    def __init__(self, output: Output, name_of: NameOf) -> None:
        super().__init__(output, name_of)
        self._cells = Cells(_CELLS)

    def _lines(self, rows: TickRows) -> bytes:
        return "".join(self._objects(rows)).encode()

    def _objects(self, rows: TickRows) -> Iterator[str]:
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
