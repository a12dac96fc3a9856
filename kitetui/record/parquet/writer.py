"""Writes a recording as Parquet, which can be read only when its last bytes are there.

So every flush goes into a journal first, and whole groups of rows into a file beside it; when the recording
ends, the file is finished and gets its name, and the journal goes. What a kill leaves is made whole from the
journal by `repair`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from kitetui.errors import RecordingError, UserError
from kitetui.record.names import NameOf
from kitetui.record.parquet.arrow import COUNTS, NAMED, PRICES, batch_of, file_schema, pyarrow, schema
from kitetui.record.rows import Rows
from kitetui.wire.layout import TOKEN

GROUP_ROWS: Final = 65_536
"""Rows of a group: enough to compress well, few enough to hold."""

_LEVEL: Final = 3

_BATCH_ROWS: Final = 4096
"""Rows that go into the journal together, if no flush comes before."""

_MANY: Final = 256

_REPEATED: Final = (*NAMED, "divisor", "connection", "length", "instrument_token", "received_at")
"""Columns in which a value comes again and again."""


def journal_of(path: Path) -> Path:
    """Return where the journal of a recording is."""
    return path.with_name(f"{path.name}.journal")


def part_of(path: Path) -> Path:
    """Return where a recording is before it is finished."""
    return path.with_name(f"{path.name}.part")


class ParquetWriter:
    """Makes a file of this name; `rows` are those in it or in its journal. Raises UserError."""

    def __init__(self, path: Path, name_of: NameOf) -> None:
        self.rows = 0
        self._arrow = pyarrow()
        if path.exists() and path.stat().st_size:
            raise UserError(f"{path} is there already and holds data", "name another file with -o")
        self._path = path
        self._name_of = name_of
        self._unflushed: list[Rows] = []
        self._names: list[tuple[str, str]] = []
        self._group: list[Any] = []
        self._group_rows = 0
        self._group_start = 0
        try:
            self._journal_file = journal_of(path).open("xb")
            self._part_file = part_of(path).open("xb")
        except OSError as error:
            raise UserError(
                f"cannot write to {path}: {error.strerror}", "name another file with -o"
            ) from error
        options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
        self._journal = self._arrow.ipc.new_stream(self._journal_file, schema(), options=options)
        self._part = GroupWriter(self._part_file)

    @property
    def size(self) -> int:
        """Bytes that the file has, and those of the journal that are not in it yet."""
        if self._part_file.closed:
            return self._path.stat().st_size if self._path.exists() else 0
        return self._part_file.tell() + self._journal_file.tell() - self._group_start

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come."""
        self._name_of = name_of

    def write(self, rows: Rows) -> None:
        """Add rows. Raises RecordingError."""
        if not len(rows):
            return
        with self._written():
            tokens = rows.words[:, TOKEN].view(np.uint32).tolist()
            self._names += [self._name_of(token) or ("", "") for token in tokens]
            self._unflushed.append(rows)
            if len(self._names) >= _BATCH_ROWS:
                self._flush(sync=False)

    def flush(self, *, sync: bool) -> None:
        """Have all that was written in the journal. Raises RecordingError."""
        with self._written():
            self._flush(sync=sync)

    def close(self) -> None:
        """Finish the file. Raises RecordingError."""
        try:
            with self._written():
                self._flush(sync=False)
                self._write_group()
                self._part.close()
                self._part_file.flush()
                os.fsync(self._part_file.fileno())
                part_of(self._path).replace(self._path)
                journal_of(self._path).unlink()
        finally:
            self._part.abandon()
            with suppress(OSError, self._arrow.ArrowException):
                self._part_file.close()
            with suppress(OSError, self._arrow.ArrowException):
                self._journal_file.close()

    def _flush(self, *, sync: bool) -> None:
        unflushed = len(self._names)
        if self._unflushed:
            batch = batch_of(_joined(self._unflushed), self._names)
            self._unflushed, self._names = [], []
            self._journal.write_batch(batch)
            self._group = few_of([*self._group, batch])
            self._group_rows += len(batch)
        self._journal_file.flush()
        self.rows += unflushed
        if sync:
            os.fsync(self._journal_file.fileno())
        if self._group_rows >= GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        if self._group:
            self._part.write(self._group)
            self._part_file.flush()
        self._group, self._group_rows = [], 0
        self._group_start = self._journal_file.tell()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            if not os.fstat(self._journal_file.fileno()).st_nlink:
                raise RecordingError(f"{self._path} was removed; the recording ends here")
            yield
        except (OSError, self._arrow.ArrowException) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise RecordingError(
                f"cannot write to {self._path}: {why}; "
                "what was flushed before is whole, and the next recording there finishes it"
            ) from error


class GroupWriter:
    """Writes groups of rows to a file, the ticks of an instrument together; `rows` are those written."""

    def __init__(self, file: BinaryIO) -> None:
        self.rows = 0
        self._arrow = pyarrow()
        self._writer = self._arrow.parquet.ParquetWriter(
            file,
            file_schema(),
            compression="zstd",
            compression_level=_LEVEL,
            write_page_checksum=True,
            use_dictionary=list(_REPEATED),
            use_byte_stream_split=[name for name in (*PRICES, *COUNTS) if name not in _REPEATED],
            column_encoding=dict.fromkeys(("sequence", "row"), "DELTA_BINARY_PACKED"),
        )

    def write(self, batches: Sequence[Any]) -> None:
        """Write batches as one group."""
        table = self._arrow.Table.from_batches(batches)
        numbers = self._arrow.array(np.arange(self.rows, self.rows + len(table)))
        table = table.append_column(file_schema().field("row"), numbers)
        order = np.argsort(table["instrument_token"].to_numpy(), kind="stable")
        self._writer.write_table(table.take(self._arrow.array(order)), row_group_size=GROUP_ROWS * 2)
        self.rows += len(table)

    def close(self) -> None:
        """Write what makes the file readable."""
        self._writer.close()

    def abandon(self) -> None:
        """Leave the file as it is, unless it is closed."""
        # pyarrow's writer would try once more when it is collected, and print a traceback.
        self._writer.is_open = False


def few_of(batches: list[Any]) -> list[Any]:
    """Return the same rows in one batch where these are many: one of a row takes a hundred times its size."""
    if len(batches) < _MANY:
        return batches
    few: list[Any] = pyarrow().Table.from_batches(batches).combine_chunks().to_batches()
    return few


def _joined(parts: Sequence[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Rows)))
