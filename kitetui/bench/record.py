"""`record`: what a tick costs in each format, in time and on the disk.

Full packets of the simulated market are given to the writers in batches, as a busy feed does. The rival
is the standard library's `csv.writer`, spared the work of names, times and decimals: it writes the integers.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from kitetui.bench.frames import frames_of_shares
from kitetui.bench.results import BenchSettings, Figure, Outcome, ResultTable, Spread
from kitetui.feed import Ticks
from kitetui.instruments.builtin import simulated_shares
from kitetui.record import COLUMNS, Format
from kitetui.record.base import NameOf
from kitetui.record.capture import CaptureWriter
from kitetui.record.formats import new_writer
from kitetui.record.rows import TickRows, frames_of
from kitetui.wire import decode_frames

SYMBOLS: Final = 3000
RIVAL: Final = "csv.writer"

_TICKS: Final = 50_000
"""Ticks that are made beforehand."""

_BATCH: Final = 1000
_A_MESSAGE: Final = 20
_OPENED: Final = 1_795_000_000 * 10**9

Put = Callable[[TickRows], None]
Work = tuple[Put, Callable[[], None]]
"""What writes rows, and what finishes the file."""


def bench_record(settings: BenchSettings) -> Outcome:
    """Measure each format; its file is a new one in each round."""
    shares = list(simulated_shares(settings.symbols_or(SYMBOLS)))
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in shares}
    batches = _batches(frames_of_shares(shares, _A_MESSAGE, ticks=_TICKS))
    remarks = [] if find_spec("pyarrow") else ["parquet is left out: pip install 'kitetui[parquet]'"]
    kinds = [each for each in Format if each is not Format.PARQUET or not remarks]
    speeds: dict[str, list[float]] = {name: [] for name in (*kinds, RIVAL)}
    sizes: dict[str, float] = {}
    for _ in range(settings.rounds):
        for name, found in speeds.items():
            with tempfile.TemporaryDirectory(prefix="kitetui-bench-") as folder:
                path = Path(folder) / "ticks.out"
                rows, taken = _written(_work(name, path, names.get), batches, settings.seconds / 3)
                found.append(rows / taken)
                sizes[name] = path.stat().st_size / rows
    table = ResultTable("record", "full ticks", ("format", "rows_a_second", "bytes_a_row", "spread_percent"))
    for name, found in speeds.items():
        spread = Spread.of(found)
        table.rows.append((name, round(spread.median), round(sizes[name], 1), round(spread.percent, 1)))
    return Outcome([table], [_figure(speeds)], remarks)


def _batches(frames: list[bytes]) -> list[TickRows]:
    batch = decode_frames(frames)
    count = len(batch)
    received_at = _OPENED + batch.frames.astype(np.int64) * 1_012_345
    whole = TickRows.of([Ticks(0, batch, received_at, 1, np.zeros(count, np.bool_), 0.0)])
    return [whole[at : at + _BATCH] for at in range(0, count, _BATCH)]


def _work(name: str, path: Path, name_of: NameOf) -> Work:
    if name == RIVAL:
        file = path.open("w", newline="", encoding="ascii")
        plain = csv.writer(file)
        return lambda rows: plain.writerows(rows.words.tolist()), file.close
    writer = new_writer(Format(name), path, name_of, COLUMNS)
    if isinstance(writer, CaptureWriter):
        capture = writer
        return lambda rows: capture.frames(list(frames_of(rows))), capture.close
    return writer.write, writer.close


def _written(work: Work, batches: list[TickRows], seconds: float) -> tuple[int, float]:
    """Write batches for so long, all of them again after the last; return the rows and the seconds."""
    put, finish = work
    written = number = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or not written:
        rows = batches[number % len(batches)]
        put(rows)
        written += len(rows)
        number += 1
    finish()
    return written, time.perf_counter() - start


def _figure(speeds: dict[str, list[float]]) -> Figure:
    times = Spread.of(speeds[Format.CSV]).median / Spread.of(speeds[RIVAL]).median
    return Figure("CSV, against csv.writer", times, "times")
