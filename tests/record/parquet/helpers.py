"""Parquet files as other programs see them, and as a kill leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from kitetui.record.base import NameOf
from kitetui.record.parquet import ParquetWriter
from kitetui.record.parquet.schema import pyarrow
from kitetui.record.parquet.writer import journal_of, part_of
from kitetui.record.rows import TickRows
from kitetui.wire.layout import TOKEN
from tests.record.csv.helpers import infy, name_of


def written(path: Path, *batches: TickRows, names: NameOf = name_of, integers: bool = False) -> Path:
    """Write a file of these rows."""
    writer = ParquetWriter(path, names, integers=integers)
    for rows in batches:
        writer.write(rows)
        writer.flush(sync=False)
    writer.close()
    return path


def table_of(path: Path) -> Any:
    """The file as pyarrow gives it."""
    return pyarrow().parquet.read_table(path)


def left_by_a_kill(path: Path, *batches: TickRows) -> Path:
    """What a recorder leaves that was killed after a flush of these, each of them a flush."""
    live = path.with_name(f"live-{path.name}")
    writer = ParquetWriter(live, name_of)
    for rows in batches:
        writer.write(rows)
        writer.flush(sync=False)
    shutil.copy(journal_of(live), journal_of(path))
    shutil.copy(part_of(live), part_of(path))
    writer.close()
    live.unlink()
    return path


def in_turns(count: int) -> TickRows:
    """Ticks of three instruments in turns: more than a group has, if need be."""
    few = infy(1000)
    number = np.arange(count)
    words = few.words[number % 1000]
    words[:, TOKEN] += number.astype(np.int32) % 3 * 256
    return TickRows(
        words,
        few.lengths[number % 1000],
        few.received_at[0] + number * 1000,
        few.connection[number % 1000],
        number + 1,
        number < 3,
    )
