"""Reads Parquet back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kitetui.errors import UserError
from kitetui.record.base import Reader
from kitetui.record.parquet.schema import COUNTS, MARK, NAMED, PRICES, TIMES, pyarrow
from kitetui.record.rows import TickRows
from kitetui.wire.layout import DIVISORS, FIELDS

_BATCH: Final = 10_000

_READ: Final = (
    *("received_at", "connection", "sequence", "snapshot", "length", "row"),
    *("exchange", "tradingsymbol"),
    *FIELDS,
)
"""The columns that are read; the others follow from them."""


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this may be Parquet."""
    return head.startswith(b"PAR1")


class ParquetReader(Reader):
    """Reads a file. Raises UserError for one that is no recording."""

    def __init__(self, path: Path) -> None:
        self._arrow = pyarrow()
        self._unreadable = OSError, ValueError, LookupError, OverflowError, self._arrow.ArrowException
        super().__init__(path)
        with self._opened() as file:
            found = file.schema_arrow
            is_ours = MARK in (found.metadata or {}) and set(_READ) <= set(found.names)
        if not is_ours:
            raise UserError(f"{path} is Parquet, but no recording of kitetui", "name another file")

    def _batches(self) -> Iterator[TickRows]:
        with self._opened(NAMED) as file:
            total = file.metadata.num_rows or 1
            first = 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                yield from self._group(file, group, range(first, first + count), total)
                first += count

    def _group(self, file: Any, group: int, places: range, total: int) -> Iterator[TickRows]:
        """Yield what can be read of a group, which has these rows of the file, of so many in total."""
        try:
            # Its ticks stand by instrument, and are given in the order in which they came.
            table = file.read_row_group(group, columns=list(_READ))
            order = np.argsort(table["row"].to_numpy())
        except self._unreadable as error:
            self._note(places, error)
            return
        for start in range(0, len(order), _BATCH):
            part = places[start : start + _BATCH]
            try:
                batches = table.take(order[start : start + _BATCH]).combine_chunks().to_batches()
                rows = self._rows(batches[0])
            except self._unreadable as error:
                self._note(part, error)
                continue
            self.position = part.stop / total
            yield rows

    def _note(self, places: range, error: Exception) -> None:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        self._damage.add(f"rows {places.start + 1:,} to {places.stop:,} cannot be read: {why}")

    def _opened(self, texts: Sequence[str] = ()) -> Any:
        try:
            return self._arrow.parquet.ParquetFile(
                self._path, read_dictionary=texts, pre_buffer=False, page_checksum_verification=True
            )
        except self._unreadable as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise UserError(f"cannot read {self._path}: {why}", "name another recording") from error

    def _rows(self, batch: Any) -> TickRows:
        divisors = DIVISORS.take(_numbers(batch, "instrument_token") & 0xFF)
        prices = {name: _prices(batch, name, divisors) for name in PRICES}
        times = {name: _seconds(batch, name) for name in TIMES}
        rows = TickRows.of_columns(
            _numbers(batch, "length"),
            {name: _numbers(batch, name) for name in COUNTS} | prices | times,
            received_at=_numbers(batch, "received_at"),
            connection=_numbers(batch, "connection"),
            sequence=_numbers(batch, "sequence"),
            snapshot=_numbers(batch, "snapshot"),
        )
        exchanges, symbols = batch.column("exchange"), batch.column("tradingsymbol")
        self._learn(rows.tokens, lambda at: (exchanges[at].as_py() or "", symbols[at].as_py() or ""))
        return rows


def _prices(batch: Any, name: str, divisors: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return prices as sent; a recording has them in rupees or, with a divisor, as they are."""
    column = batch.column(name)
    if str(column.type) != "double":
        return _numbers(batch, name)
    rupees = column.fill_null(0).to_numpy(zero_copy_only=False)
    if not np.isfinite(rupees).all():
        raise ValueError(f"{name} has a price that is no number")
    prices: NDArray[np.int64] = np.rint(rupees * divisors).astype(np.int64)
    return prices


def _seconds(batch: Any, name: str) -> NDArray[np.int64]:
    column = batch.column(name)
    whole = column.cast(pyarrow().timestamp("s", column.type.tz), safe=False)
    seconds: NDArray[np.int64] = whole.cast("int64").fill_null(0).to_numpy(zero_copy_only=False)
    return seconds


def _numbers(batch: Any, name: str) -> NDArray[np.int64]:
    """Return a column as integers, 0 for null."""
    column = batch.column(name)
    kind = str(column.type)
    if kind.startswith("timestamp"):
        column = column.cast("int64")
    elif kind == "bool":
        column = column.cast("uint8")
    numbers: NDArray[np.int64] = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
