"""How the tests of the recorder make ticks and read what was written."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from kitetui.feed import Ticks
from kitetui.record import COLUMNS, Files, Folder, Format, Rotation
from kitetui.times import IST
from kitetui.wire import decode_frame
from tests.wire.packets import INFY_FULL, frame

NAMES = {408065: ("NSE", "INFY")}


def at(text: str) -> int:
    """A moment in India, as UTC nanoseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp() * 1_000_000) * 1000


def ticks(*moments: int, sequence: int = 1, connection: int = 0, kept: bool = False) -> Ticks:
    """A message with a full tick of INFY for each moment; `kept`: whether they carry the mark."""
    batch = decode_frame(frame(*[INFY_FULL] * len(moments)))
    received_at = np.array(moments, dtype=np.int64)
    return Ticks(connection, batch, received_at, sequence, np.full(len(moments), kept), 0.0)


class Clock:
    """A clock that stands where it is set, UTC nanoseconds."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def files_in(
    folder: Path,
    clock: Clock,
    *,
    rotate: str | None = None,
    formats: Sequence[Format] = (Format.CSV,),
    columns: Sequence[str] = COLUMNS,
    is_series: bool = False,
) -> Files:
    """The files of a recording in a folder."""
    rotation = Rotation.parse(rotate) if rotate else Rotation(None, None)
    return Files(Folder(folder, formats, columns, rotation, is_series=is_series), NAMES.get, clock)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def sequences(path: Path) -> list[int]:
    """The numbers of the ticks in a CSV file."""
    return [int(row["sequence"]) for row in rows_of(path)]


def names_in(folder: Path) -> list[str]:
    """The names of a folder's files, in order, but for gap logs."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".gaps.csv"))
