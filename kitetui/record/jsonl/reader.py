"""Reads JSON lines back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from kitetui.errors import UserError
from kitetui.record.formats import Damage
from kitetui.record.rows import Rows
from kitetui.times import nanoseconds_of
from kitetui.wire import decimals_of
from kitetui.wire.layout import (
    CLOSE,
    DEPTH_LEVELS,
    FIELDS,
    FULL,
    INDEX_FULL,
    INDEX_QUOTE,
    LAST_PRICE,
    LTP,
    PACKET_LENGTHS,
    PRICE_CHANGE,
    QUOTE,
    WORDS,
    Kind,
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


class JsonlReader:
    """Reads a file. Raises UserError for one that is no recording."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[int, tuple[str, str]] = {}
        self._position = 0.0
        self._damage = Damage()

    @property
    def names(self) -> Mapping[int, tuple[str, str]]:
        """The exchange and tradingsymbol of each token that was seen with one."""
        return self._names

    @property
    def position(self) -> float:
        """How far the iteration is, from 0 to 1."""
        return self._position

    @property
    def damage(self) -> Sequence[str]:
        """A sentence for each line that could not be read so far, and how many more there are."""
        return self._damage.sentences

    def __iter__(self) -> Iterator[Rows]:
        self._damage, self._position = Damage(), 0.0
        gathered = _Gathered()
        try:
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
                        self._position = file.tell() / size
                        yield gathered.rows()
                        gathered = _Gathered()
        except OSError as error:
            raise UserError(f"cannot read {self._path}: {error.strerror}") from error
        self._position = 1.0
        if gathered.words:
            yield gathered.rows()

    def _take(self, line: bytes, number: int, gathered: _Gathered) -> None:
        try:
            tick = json.loads(line, parse_float=str)
            token, exchange, symbol = tick["instrument_token"], tick["exchange"], tick["tradingsymbol"]
            gathered.add(tick)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
            self._damage.add(f"line {number:,} is no tick that can be read")
            return
        if symbol:
            self._names.setdefault(token, (str(exchange), str(symbol)))


@dataclass(slots=True)
class _Gathered:
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

    def rows(self) -> Rows:
        """Return what has gathered."""
        length, received_at, connection, sequence, snapshot = zip(*self.others, strict=True)
        return Rows(
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
    values = tick | tick.get("ohlc", {})
    if length == FULL:
        depth = tick["depth"]
        values |= {name: depth[side][level][what] for name, side, level, what in _LEVELS}
    words = [0] * WORDS
    for name, word, kind in _FIELDS[length]:
        value = values[name]
        if kind is Kind.PRICE:
            value = _price(value, decimals)
        elif kind is Kind.TIME:
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
