"""What a tick costs in each format: to write, to read, and on the disk.

Run on demand, not by pytest: `python -m tests.record.bench`. Full packets of the simulated market, given to
the writers in batches of several sizes, as a busy and a quiet market make them, with a flush each second.
Time is the processor's, memory is what a pass adds to the most that was held, each in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from kitetui.instruments import simulated_instruments
from kitetui.record import COLUMNS, Format, open_reader
from kitetui.record.base import NameOf
from kitetui.record.capture import CaptureWriter
from kitetui.record.formats import new_writer
from kitetui.record.parquet.schema import pyarrow
from kitetui.record.rows import TickRows, frames_of
from kitetui.simulator.market import Market
from kitetui.wire.layout import FULL, INDEX_FULL, TOKEN

TICKS: Final = 200_000
SYMBOLS: Final = 3_000
A_MESSAGE: Final = 20
"""Ticks in one binary message, which have a time of arrival in common."""

LOADS: Final = {1_000: 50_000, 100: 5_000, 1: 10}
"""Ticks that a writer is given at once, and how many come between two flushes."""

FEW: Final = 20_000
"""Ticks of a quiet market, of which each costs more."""

OPENED: Final = 1_795_000_000


def main() -> None:
    pyarrow()  # here, so that no pass has the cost of its import
    ticks, names = _market()
    table = Table(
        *("", "at once", "written a second", "read a second", "bytes a tick", "MB to write", "MB to read"),
        title="full ticks",
        title_justify="left",
    )
    for kind in Format:
        for batch in LOADS:
            rows = ticks if batch > 1 else ticks[:FEW]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"ticks{kind.suffix}"
                written, memory = _apart(lambda: _write(kind, path, rows, batch, names.get))  # noqa: B023 - now
                read, held = _apart(lambda: _read(path))  # noqa: B023 - it is called at once
                size = path.stat().st_size / len(rows)
            speeds = f"{len(rows) / written:,.0f}", f"{len(rows) / read:,.0f}"
            table.add_row(kind, f"{batch:,}", *speeds, f"{size:.1f}", f"{memory:.0f}", f"{held:.0f}")
    Console(width=100, highlight=False).print(table)


def _market() -> tuple[TickRows, dict[int, tuple[str, str]]]:
    """Full ticks as the market moves, and the names of its instruments."""
    listed = simulated_instruments(SYMBOLS)
    market = Market(listed, seed=1, now=OPENED)
    words = np.concatenate(
        [market.words[market.step(A_MESSAGE, OPENED + at // 100)] for at in range(TICKS // A_MESSAGE)]
    )
    number = np.arange(len(words))
    rows = TickRows(
        words,
        np.where(words[:, TOKEN] & 0xFF == 9, INDEX_FULL, FULL).astype(np.uint8),
        OPENED * 10**9 + number // A_MESSAGE * 10_123_456,
        np.zeros(len(words), np.uint8),
        number + 1,
        number < SYMBOLS,
    )
    return rows, {each.instrument_token: (each.exchange, each.tradingsymbol) for each in listed}


def _write(kind: Format, path: Path, rows: TickRows, batch: int, name_of: NameOf) -> None:
    made = new_writer(kind, path, name_of, COLUMNS)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        if isinstance(made, CaptureWriter):
            made.frames(list(frames_of(part)))
        else:
            made.write(part)
        if (start + batch) % LOADS[batch] == 0:
            made.flush(sync=False)
    made.close()


def _read(path: Path) -> None:
    for _ in open_reader(path):
        pass


def _apart(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds and the megabytes that some work takes, in a process of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)

    def run() -> None:
        before, start = _memory(), time.process_time()
        work()
        there.send((time.process_time() - start, _memory() - before))

    process = context.Process(target=run)
    process.start()
    there.close()
    seconds, memory = here.recv()
    process.join()
    return seconds, memory


def _memory() -> float:
    """The most that this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
