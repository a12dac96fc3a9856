"""Reads Parquet back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from kitetui.errors import UserError
from kitetui.record.base import Damage
from kitetui.record.parquet.schema import MARK, NAMED, file_schema, pyarrow
from kitetui.record.rows import TickRows
from kitetui.wire.layout import FIELDS, PACKET_LENGTHS, TOKEN, WORDS, Kind

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


class ParquetReader:
    """Reads a file. Raises UserError for one that is no recording."""

    def __init__(self, path: Path) -> None:
        self._arrow = pyarrow()
        self._unreadable = OSError, ValueError, LookupError, OverflowError, self._arrow.ArrowException
        self._path = path
        self._names: dict[int, tuple[str, str]] = {}
        self._position = 0.0
        self._damage = Damage()
        with self._opened() as file:
            found = file.schema_arrow
            is_ours = MARK in (found.metadata or {}) and set(file_schema().names) <= set(found.names)
        if not is_ours:
            raise UserError(f"{path} is Parquet, but no recording of kitetui", "name another file")

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
        """A sentence for each stretch of rows that could not be read so far, and how many more there are."""
        return self._damage.sentences

    def __iter__(self) -> Iterator[TickRows]:
        self._damage, self._position = Damage(), 0.0
        with self._opened(NAMED) as file:
            total = file.metadata.num_rows or 1
            first = 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                yield from self._group(file, group, range(first, first + count), total)
                first += count
        self._position = 1.0

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
            self._position = part.stop / total
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
        lengths = _numbers(batch, "length").astype(np.uint8)
        if not np.isin(lengths, PACKET_LENGTHS).all():
            raise ValueError("a row has a length that no packet has")
        words = np.zeros((len(lengths), WORDS), dtype=np.int32)
        for name, field in FIELDS.items():
            numbers = _numbers(batch, name)
            if field.kind is Kind.TIME:
                numbers = numbers // 1000
            # Two fields share a word, of which no packet carries both.
            words[:, field.word] |= numbers.astype(np.uint32).view(np.int32)
        self._learn(batch, words[:, TOKEN].view(np.uint32))
        return TickRows(
            words=words,
            lengths=lengths,
            received_at=_numbers(batch, "received_at"),
            connection=(_numbers(batch, "connection") - 1).astype(np.uint8),
            sequence=_numbers(batch, "sequence"),
            snapshot=_numbers(batch, "snapshot").astype(np.bool_),
        )

    def _learn(self, batch: Any, tokens: np.ndarray) -> None:
        found, places = np.unique(tokens, return_index=True)
        exchanges, symbols = batch.column("exchange"), batch.column("tradingsymbol")
        for token, place in zip(found.tolist(), places.tolist(), strict=True):
            if token not in self._names and (symbol := symbols[place].as_py()):
                self._names[token] = exchanges[place].as_py() or "", symbol


def _numbers(batch: Any, name: str) -> np.ndarray:
    """Return a column as integers, 0 for null."""
    column = batch.column(name)
    kind = str(column.type)
    if kind.startswith("timestamp"):
        column = column.cast("int64")
    elif kind == "bool":
        column = column.cast("uint8")
    numbers: np.ndarray = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
