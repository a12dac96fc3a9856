"""What a row has in each column, as text: exact decimals, times in IST, nothing where nothing was sent.

CSV puts a comma between the cells, and JSON lines put each where its object has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from kitetui.record.cells.sheet import Sheet
from kitetui.record.cells.single import change_text, field_cell
from kitetui.record.rows import Rows
from kitetui.times import ist_microseconds
from kitetui.wire import decimals_of
from kitetui.wire.layout import CLOSE, FIELDS, LAST_PRICE, LTP, MODE_OF_LENGTH, PACKET_LENGTHS, TOKEN

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

    def texts(self, rows: Rows) -> Iterator[list[str]]:
        """Yield the cells of each row, of columns in which no cell has a comma."""
        for line in self.lines(rows).decode().splitlines():
            yield line.split(",")

    def lines(self, rows: Rows) -> bytes:
        """Return rows as lines, with a comma between two cells."""
        if len(rows) < _FEW:
            return "".join(self._few(rows)).encode()
        starts = range(0, len(rows), _MANY)
        return b"".join(self._sheet.lines(rows[start : start + _MANY]) for start in starts)

    def _few(self, rows: Rows) -> Iterator[str]:
        columns = (
            rows.words,
            rows.lengths,
            rows.received_at,
            rows.connection,
            rows.sequence,
            rows.snapshot,
        )
        for words, length, received_at, connection, sequence, snapshot in zip(
            *(column.tolist() for column in columns), strict=True
        ):
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
                "snapshot": "1" if snapshot else "",
            }
            cells = [cell(words, decimals) for cell in self._cells[length]]
            for place, name in self._others:
                cells[place] = other[name]
            yield ",".join(cells) + "\n"


def _nothing(words: Sequence[int], decimals: int) -> str:
    return ""
