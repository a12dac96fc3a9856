"""What a tick costs in CSV, written and read, beside the standard library's writer in the same run.

Run on demand, not by pytest: `python -m tests.record.csv.bench`. `csv.writer` is given the values of the same
ticks, made beforehand: numbers, prices as floats, and times as text.
"""

from __future__ import annotations

import csv
import gc
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from kitetui.instruments import simulated_instruments
from kitetui.record.base import NameOf
from kitetui.record.csv import CsvEncoder, CsvReader, CsvWriter
from kitetui.record.output import empty_file
from kitetui.record.rows import TickRows
from kitetui.simulator.market import Market
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE, TOKEN

TICKS: Final = 50_000
SYMBOLS: Final = 3_000
A_MESSAGE: Final = 200
"""Ticks in one binary message, which have a time of arrival in common."""

BATCHES: Final = (1, 3, 10, 30, 100, 1_000, 10_000)
ROUNDS: Final = 5
"""How often each is measured, in turns; the best of each counts, for a machine has other work as well."""

OPENED: Final = 1_795_000_000


def main() -> None:
    listed = simulated_instruments(SYMBOLS)
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in listed}
    market = Market(listed, seed=1, now=OPENED)
    ticks = _ticks(market)
    table = Table(
        "", "a batch", "ns a tick", "csv.writer", "ratio", title="CSV, written", title_justify="left"
    )
    for what, rows in _kinds(ticks):
        for batch in BATCHES if what == "full" else (1_000,):
            ours, theirs = _measured(names.get, rows, batch)
            table.add_row(what, f"{batch:,}", f"{ours:,.0f}", f"{theirs:,.0f}", f"{theirs / ours:.1f}")
    console = Console(width=80, highlight=False)
    console.print(table)
    for what, rows in _kinds(ticks):
        console.print(f"read, {what}: {_read(names.get, rows):,.0f} rows a second")


def _ticks(market: Market) -> TickRows:
    """Full ticks, and those of indices, as the market moves."""
    words = np.concatenate(
        [market.words[market.step(A_MESSAGE, OPENED + at // 50)] for at in range(TICKS // A_MESSAGE)]
    )
    is_index = words[:, TOKEN] & 0xFF == 9
    number = np.arange(len(words))
    return TickRows(
        words,
        np.where(is_index, INDEX_FULL, FULL).astype(np.uint8),
        OPENED * 10**9 + number // A_MESSAGE * 20_123_456,
        np.zeros(len(words), np.uint8),
        number + 1,
        number < SYMBOLS,
    )


def _kinds(ticks: TickRows) -> list[tuple[str, TickRows]]:
    """The ticks as full ones alone, as quotes, as prices, and as all of them in turns."""
    full = ticks[ticks.lengths == FULL]
    mixed = np.random.default_rng(1).choice([FULL, QUOTE, LTP], len(ticks), p=[0.65, 0.2, 0.15])
    of_index = np.where(mixed == FULL, INDEX_FULL, np.where(mixed == QUOTE, INDEX_QUOTE, LTP))
    lengths = np.where(ticks.lengths == FULL, mixed, of_index).astype(np.uint8)
    return [
        ("full", full),
        ("quote", _with_lengths(full, np.full(len(full), QUOTE, np.uint8))),
        ("ltp", _with_lengths(full, np.full(len(full), LTP, np.uint8))),
        ("mixed", _with_lengths(ticks, lengths)),
    ]


def _with_lengths(rows: TickRows, lengths: np.ndarray[Any, np.dtype[np.uint8]]) -> TickRows:
    words = rows.words.copy()
    words[lengths == QUOTE, QUOTE // 4 :] = 0
    words[lengths == LTP, LTP // 4 :] = 0
    return TickRows(words, lengths, rows.received_at, rows.connection, rows.sequence, rows.snapshot)


def _measured(name_of: NameOf, rows: TickRows, batch: int) -> tuple[float, float]:
    """Return nanoseconds a tick, ours and those of `csv.writer`."""
    few = rows[: max(batch, min(len(rows), 2_000 * batch))][:20_000]
    batches = [few[start : start + batch] for start in range(0, len(few), batch)]
    encoder = CsvEncoder(name_of)
    text = "".join(encoder.rows(each).decode() for each in batches)
    values = [[_value(cell) for cell in row] for row in csv.reader(io.StringIO(text))]
    parts = [values[start : start + batch] for start in range(0, len(values), batch)]
    # What the benchmark holds for itself is nothing that the program's collector would look through.
    gc.freeze()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_timed(lambda: [encoder.rows(each) for each in batches]))
        theirs.append(_timed(lambda: [_standard(each) for each in parts]))
    return min(ours) / len(few) * 1e9, min(theirs) / len(few) * 1e9


def _standard(values: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(values)
    return text.getvalue().encode()


def _value(cell: str) -> object:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    return cell


def _read(name_of: NameOf, rows: TickRows) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ticks.csv"
        writer = CsvWriter(empty_file(path), name_of, is_new=True)
        writer.write(rows)
        writer.close()
        return len(rows) / min(_timed(lambda: sum(map(len, CsvReader(path)))) for _ in range(ROUNDS))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
