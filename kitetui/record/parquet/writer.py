"""Writes a recording as Parquet, which can be read only when its last bytes are there.

So every flush goes into a journal first, and whole groups of rows into a file beside it; when the recording
ends, the file is finished and gets its name, and the journal goes. What a crash leaves is made whole from the
journal by `repair`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from kitetui.errors import RecordingError, UserError
from kitetui.record.base import NameOf, Writer
from kitetui.record.output import write_error, writing
from kitetui.record.parquet.schema import COUNTS, MARK, NAMED, batch_of, pyarrow, schema, with_row
from kitetui.record.rows import TickRows

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


class ParquetWriter(Writer):
    """Makes a file of this name; `rows` are those in it or in its journal. Raises UserError.

    integers: prices are as sent, with their divisor, and not in rupees.
    """

    def __init__(self, path: Path, name_of: NameOf, *, integers: bool = False) -> None:
        super().__init__(name_of)
        self._integers = integers
        self._arrow = pyarrow()
        if path.exists() and path.stat().st_size:
            raise UserError(f"{path} is there already and holds data", "name another file with -o")
        self._path = path
        self._unflushed: list[TickRows] = []
        self._names: list[tuple[str, str]] = []
        self._group: list[Any] = []
        self._group_rows = 0
        self._group_start = 0
        with writing(path):
            self._journal_file = journal_of(path).open("xb")
            self._part_file = part_of(path).open("xb")
        columns = schema(integers=integers)
        options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
        self._journal = self._arrow.ipc.new_stream(self._journal_file, columns, options=options)
        self._part = GroupWriter(self._part_file, columns)

    @property
    def size(self) -> int:
        """Bytes that the file has, and those of the journal that are not in it yet."""
        if self._part_file.closed:
            return self._path.stat().st_size if self._path.exists() else 0
        return self._part_file.tell() + self._journal_file.tell() - self._group_start

    def write(self, rows: TickRows) -> None:
        if not len(rows):
            return
        with self._written():
            tokens = rows.tokens.tolist()
            self._names += [self._name_of(token) or ("", "") for token in tokens]
            self._unflushed.append(rows)
            if len(self._names) >= _BATCH_ROWS:
                self._flush(sync=False)

    def flush(self, *, sync: bool) -> None:
        with self._written():
            self._flush(sync=sync)

    def close(self) -> None:
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
            batch = batch_of(TickRows.joined(self._unflushed), self._names, integers=self._integers)
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
                raise RecordingError(f"{self._path} was removed", "the recording ends here")
            yield
        except (OSError, self._arrow.ArrowException) as error:
            rest = "what was flushed before is whole, and the next recording there finishes it"
            raise write_error(self._path, error, rest) from error


class GroupWriter:
    """Writes groups of rows to a file, the ticks of an instrument together; `rows` are those written.

    columns: the schema of the rows.
    """

    def __init__(self, file: BinaryIO, columns: Any) -> None:
        self.rows = 0
        self._columns = with_row(columns)
        self._arrow = pyarrow()
        self._sink = _Sink(file)
        self._writer = self._arrow.parquet.ParquetWriter(
            self._sink,
            self._columns,
            compression="zstd",
            compression_level=_LEVEL,
            write_page_checksum=True,
            use_dictionary=[name for name in _REPEATED if name in columns.names],
            use_byte_stream_split=[name for name in COUNTS if name not in _REPEATED],
            column_encoding=dict.fromkeys(("sequence", "row"), "DELTA_BINARY_PACKED"),
        )

    def write(self, batches: Sequence[Any]) -> None:
        """Write batches as one group."""
        table = self._arrow.Table.from_batches(batches)
        numbers = self._arrow.array(np.arange(self.rows, self.rows + len(table)))
        table = table.append_column(self._columns.field("row"), numbers)
        order = np.argsort(table["instrument_token"].to_numpy(), kind="stable")
        self._writer.write_table(table.take(self._arrow.array(order)), row_group_size=GROUP_ROWS * 2)
        self.rows += len(table)

    def close(self) -> None:
        """Write what makes the file readable."""
        self._writer.close()

    def abandon(self) -> None:
        """Leave the file as it is, unless it is closed."""
        # pyarrow's writer would go on writing when it is collected, fail once more, and print a traceback.
        self._sink.is_abandoned = True
        with suppress(OSError, self._arrow.ArrowException):
            self._writer.close()


class _Sink(io.RawIOBase):
    """A file for pyarrow to write to, which takes nothing more once it is abandoned."""

    def __init__(self, file: BinaryIO) -> None:
        self.is_abandoned = False
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data) if self.is_abandoned else self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()


def few_of(batches: list[Any]) -> list[Any]:
    """Return the same rows in one batch where these are many: one of a row takes a hundred times its size."""
    if len(batches) < _MANY:
        return batches
    few: list[Any] = pyarrow().Table.from_batches(batches).combine_chunks().to_batches()
    return few


def repair(path: Path) -> str | None:
    """Make the file of what was flushed; return what was done, None where nothing was left unfinished.

    Raises UserError.
    """
    journal, part = journal_of(path), part_of(path)
    if not journal.exists():
        return None
    arrow = pyarrow()
    found = _Journal(arrow, journal)
    is_finished = path.exists() and path.stat().st_size > 0
    if not found.is_ours:
        if is_finished:
            return None
        raise UserError(f"{journal} is no journal of kitetui", "move it away, or name another file with -o")
    try:
        if is_finished:  # but for the tidying up
            journal.unlink()
            return None
        with part.open("wb") as file:
            writer = GroupWriter(file, found.columns)
            try:
                for group in _groups(found):
                    writer.write(group)
                writer.close()
            finally:
                writer.abandon()
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        journal.unlink()
    except (OSError, arrow.ArrowException) as error:
        raise UserError(f"cannot repair {path}: {error}", "name another file with -o") from error
    torn = f", whose last {found.torn:,} bytes were torn" if found.torn else ""
    return f"finished {path.name} with the {writer.rows:,} rows of its journal{torn}"


def _groups(journal: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the batches of a journal, as many together as make a group."""
    batches: list[Any] = []
    rows = 0
    for batch in journal:
        batches = few_of([*batches, batch])
        rows += batch.num_rows
        if rows >= GROUP_ROWS:
            yield batches
            batches, rows = [], 0
    if batches:
        yield batches


class _Journal:
    """The batches of a journal up to where it is torn; `torn` is how many bytes cannot be read, then."""

    def __init__(self, arrow: Any, path: Path) -> None:
        self.torn = 0
        self._arrow = arrow
        self._path = path

        self.columns = self._schema()

    @property
    def is_ours(self) -> bool:
        """Whether it has the columns of a recording, or the beginning of that, as a crash leaves it."""
        return self.columns is not None

    def _schema(self) -> Any:
        """Return its columns, those of a recording where it ends within them, None for another file."""
        ours = [schema(integers=integers) for integers in (False, True)]
        with self._path.open("rb") as file:
            try:
                found = self._arrow.ipc.open_stream(file).schema
            except (OSError, self._arrow.ArrowException):
                file.seek(0)
                begun = file.read()
                heads = ((each, each.serialize().to_pybytes()) for each in ours)
                return next((each for each, head in heads if head.startswith(begun)), None)
        return found if MARK in (found.metadata or {}) and set(schema().names) <= set(found.names) else None

    def __iter__(self) -> Iterator[Any]:
        whole = 0
        with self._path.open("rb") as file:
            try:
                stream = self._arrow.ipc.open_stream(file)
                while True:
                    batch = stream.read_next_batch()
                    whole = file.tell()
                    yield batch
            except StopIteration:
                return
            except (OSError, self._arrow.ArrowException):
                self.torn = os.fstat(file.fileno()).st_size - whole
