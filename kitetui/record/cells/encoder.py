"""Many rows at once: their cells as words, put together in the order of the columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kitetui.record.cells.digits import (
    Words,
    arrival_words,
    count_words,
    price_words,
    time_words,
    words_of,
)
from kitetui.record.cells.text import change_text, field_cell
from kitetui.record.rows import CARRIED, TickRows
from kitetui.times import ist_microseconds
from kitetui.wire import decimals_of
from kitetui.wire.layout import (
    CLOSE,
    DECIMALS,
    FIELDS,
    FULL,
    LAST_PRICE,
    LTP,
    MODE_OF_LENGTH,
    PACKET_LENGTHS,
    TOKEN,
    FieldKind,
    priced,
    prices_of,
)

_MODES: Final = words_of((MODE_OF_LENGTH.get(length, "").encode() for length in range(FULL + 1)), 2)
_SNAPSHOTS: Final = words_of([b"0", b"1"])
_CONNECTIONS: Final = words_of(b"%d" % (number + 1) for number in range(256))
_BREAKS: Final = words_of([b",", b"\n"])[0]

_CHANGES: Final = 1 << 15
"""How many changes are kept in mind: an instrument comes back to the same few prices."""

_LONGEST_CHANGE: Final = 24
"""Bytes of the longest number that Python writes, such as -1.7976931348623157e+308."""

_SEQUENCE_CHUNKS: Final = 5
"""A year of ticks does not fit into 32 bits."""


Carried = NDArray[np.bool_] | None
"""Which cells there are, shape (columns, n); None for all."""


class Sheet:
    """Rows of some columns as text."""

    def __init__(self, columns: Sequence[str], names: Mapping[int, tuple[bytes, bytes]]) -> None:
        self._columns = tuple(columns)
        self._names = names
        self._prices = _Fields(columns, FieldKind.PRICE)
        self._counts = _Fields(columns, FieldKind.COUNT)
        self._times = _Fields(columns, FieldKind.TIME)

    def lines(self, rows: TickRows) -> bytes:
        """Return rows, each ended by a newline."""
        sheet = _Words(len(rows))
        self._add_fields(sheet, rows)
        self._add_names(sheet, rows)
        sheet.add(["received_at"], arrival_words(rows.received_at))
        sheet.add(["connection"], _CONNECTIONS[:, None, rows.connection])
        sheet.add(["sequence"], count_words(rows.sequence[None], _SEQUENCE_CHUNKS))
        sheet.add(["mode"], _MODES[:, None, rows.lengths])
        sheet.add(["snapshot"], _SNAPSHOTS[:, None, rows.snapshot.view(np.uint8)])
        return sheet.text(self._columns)

    def _add_fields(self, sheet: _Words, rows: TickRows) -> None:
        decimals = DECIMALS[rows.words[:, TOKEN] & 0xFF]
        names, words, carried = self._prices.sent(rows)
        sheet.add(names, price_words(prices_of(words, rows.tokens), decimals), carried)
        names, words, carried = self._counts.sent(rows)
        sheet.add(names, count_words(words.view(np.uint32), 3), carried)
        names, words, carried = self._times.sent(rows)
        sheet.add(names, time_words(words.view(np.uint32)), carried)

    def _add_names(self, sheet: _Words, rows: TickRows) -> None:
        words = rows.words
        tokens = rows.tokens
        if "exchange" in self._columns or "tradingsymbol" in self._columns:
            exchanges, symbols = zip(*map(self._names.__getitem__, tokens.tolist()), strict=True)
            sheet.add(["exchange"], _text_words(exchanges))
            sheet.add(["tradingsymbol"], _text_words(symbols))
        if "change" in self._columns:
            divisors = rows.divisors
            last, close = prices_of(words[:, [LAST_PRICE, CLOSE]].T, tokens)
            cells = b"".join(map(_change, last.tolist(), close.tolist(), divisors.tolist()))
            changes = np.frombuffer(cells, dtype=np.uint32).reshape(len(rows), -1).T
            sheet.add(["change"], (changes * (rows.lengths != LTP))[:, None])


class _Fields:
    """The columns that are fields of one kind."""

    def __init__(self, columns: Iterable[str], kind: FieldKind) -> None:
        fields = [FIELDS[name] for name in columns if name in FIELDS and FIELDS[name].kind is kind]
        self._names = [field.name for field in fields]
        self._words = np.array([field.word for field in fields], dtype=np.intp)
        self._carried = np.array([CARRIED[name] for name in self._names], dtype=np.bool_).reshape(
            -1, FULL + 1
        )

    def sent(self, rows: TickRows) -> tuple[list[str], NDArray[np.int32], Carried]:
        """Return the columns that any of these rows has: names, words and which cells there are."""
        lengths = np.flatnonzero(np.bincount(rows.lengths))
        which = np.flatnonzero(self._carried[:, lengths].any(axis=1))
        carried = self._carried[which][:, rows.lengths] if len(lengths) > 1 else None
        return [self._names[each] for each in which.tolist()], rows.words.T[self._words[which]], carried


class _Words:
    """The cells of n rows as words, piece by piece, so that every step works on what lies side by side."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pieces: dict[str, list[NDArray[np.uint32]]] = {}

    def add(self, names: Sequence[str], words: Words, carried: Carried = None) -> None:
        """Add columns; words: shape (pieces, columns, n)."""
        if carried is not None:
            words *= carried
        # Many pieces are nothing but padding, such as the first four of twelve digits.
        needed = words.max(axis=2).T.tolist()
        for column, name in enumerate(names):
            self._pieces[name] = [words[at, column] for at, most in enumerate(needed[column]) if most]

    def text(self, columns: Iterable[str]) -> bytes:
        """Return the rows with their cells in the order of these columns."""
        comma, newline = np.repeat(_BREAKS[:, None], self._count, axis=1)
        pieces = [piece for name in columns for piece in (*self._pieces.get(name, ()), comma)]
        pieces[-1] = newline
        padded: bytes = np.concatenate(pieces).reshape(-1, self._count).T.tobytes()
        return padded.translate(None, b"\0")


@lru_cache(_CHANGES)
def _change(last_price: int, close: int, divisor: int) -> bytes:
    return change_text(last_price, close, divisor).encode().ljust(_LONGEST_CHANGE, b"\0")


def _text_words(texts: Sequence[bytes]) -> Words:
    """Return cells of any text as words."""
    return words_of(texts, -(-max(map(len, texts)) // 4) or 1)[:, None]


_FEW: Final = 18
"""Fewer rows than this are written faster one cell after the other than all at once."""

_MANY: Final = 2048
"""Rows that are written at once; more would cost memory and be no faster."""

_received = lru_cache(1)(ist_microseconds)  # all ticks of a message came at the same time


class Cells:
    """The cells of some columns; names: of each token, the cells of its exchange and its tradingsymbol."""

    def __init__(
        self, columns: Sequence[str], names: Mapping[int, tuple[bytes, bytes]] = MappingProxyType({})
    ) -> None:
        self._names = names
        self._sheet = Sheet(columns, names)
        self._has_names = not {"exchange", "tradingsymbol"}.isdisjoint(columns)
        self._others = [(place, name) for place, name in enumerate(columns) if name not in FIELDS]
        self._cells = {
            length: [field_cell(name, length) if name in FIELDS else _nothing for name in columns]
            for length in PACKET_LENGTHS
        }

    def texts(self, rows: TickRows) -> Iterator[list[str]]:
        """Yield the cells of each row, of columns in which no cell has a comma."""
        for line in self.lines(rows).decode().splitlines():
            yield line.split(",")

    def lines(self, rows: TickRows) -> bytes:
        """Return rows as lines, with a comma between two cells."""
        if len(rows) < _FEW:
            return "".join(self._few(rows)).encode()
        starts = range(0, len(rows), _MANY)
        return b"".join(self._sheet.lines(rows[start : start + _MANY]) for start in starts)

    def _few(self, rows: TickRows) -> Iterator[str]:
        columns = (
            rows.words,
            rows.lengths,
            rows.received_at,
            rows.connection,
            rows.sequence,
            rows.snapshot,
        )
        for sent, length, received_at, connection, sequence, snapshot in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            words = priced(sent)
            token = words[TOKEN] & 0xFFFFFFFF
            decimals = decimals_of(token)
            exchange, symbol = self._names[token] if self._has_names else (b"", b"")
            other = {
                "received_at": _received(received_at),
                "connection": str(connection + 1),
                "sequence": str(sequence),
                "exchange": exchange.decode(),
                "tradingsymbol": symbol.decode(),
                "mode": MODE_OF_LENGTH[length],
                "change": "" if length == LTP else change_text(words[LAST_PRICE], words[CLOSE], 10**decimals),
                "snapshot": "1" if snapshot else "0",
            }
            cells = [cell(words, decimals) for cell in self._cells[length]]
            for place, name in self._others:
                cells[place] = other[name]
            yield ",".join(cells) + "\n"


def _nothing(words: Sequence[int], decimals: int) -> str:
    return ""
