"""Finishing a Parquet file that a kill left unfinished, from its journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kitetui.errors import UserError
from kitetui.record.parquet.arrow import pyarrow
from kitetui.record.parquet.writer import GROUP_ROWS, GroupWriter, journal_of, part_of


def repair(path: Path) -> str | None:
    """Make the file of what was flushed; return what was done, None where nothing was left unfinished.

    Raises UserError.
    """
    journal, part = journal_of(path), part_of(path)
    if not journal.exists():
        return None
    arrow = pyarrow()
    try:
        if path.exists() and path.stat().st_size:  # finished, but for the tidying up
            journal.unlink()
            return None
        with part.open("wb") as file:
            writer = GroupWriter(file)
            for group in _groups(arrow, journal):
                writer.write(group)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        journal.unlink()
    except (OSError, arrow.ArrowException) as error:
        raise UserError(f"cannot mend {path}: {error}; name another file with -o") from error
    return f"finished {path.name} with the {writer.rows:,} rows of its journal"


def _groups(arrow: Any, journal: Path) -> Iterator[list[Any]]:
    """Yield the batches of a journal up to where it is torn, many together."""
    batches: list[Any] = []
    for batch in _batches(arrow, journal):
        batches.append(batch)
        if sum(each.num_rows for each in batches) >= GROUP_ROWS:
            yield batches
            batches = []
    if batches:
        yield batches


def _batches(arrow: Any, journal: Path) -> Iterator[Any]:
    with journal.open("rb") as file:
        try:
            stream = arrow.ipc.open_stream(file)
            while True:
                yield stream.read_next_batch()
        except (StopIteration, OSError, arrow.ArrowException):
            return
