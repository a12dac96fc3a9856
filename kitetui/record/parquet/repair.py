"""Finishing a Parquet file that a kill left unfinished, from its journal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kitetui.errors import UserError
from kitetui.record.parquet.arrow import pyarrow, schema
from kitetui.record.parquet.writer import GROUP_ROWS, GroupWriter, few_of, journal_of, part_of


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
            writer = GroupWriter(file)
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
        raise UserError(f"cannot mend {path}: {error}", "name another file with -o") from error
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

    @property
    def is_ours(self) -> bool:
        """Whether it has the columns of a recording, or the beginning of that, as a kill leaves it."""
        head = schema().serialize().to_pybytes()
        with self._path.open("rb") as file:
            if head.startswith(file.read(len(head))):
                return True
            file.seek(0)
            try:
                found: bool = self._arrow.ipc.open_stream(file).schema.equals(schema())
            except (OSError, self._arrow.ArrowException):
                return False
            return found

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
