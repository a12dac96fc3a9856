"""What a capture costs: bytes and time a tick by the level of zlib, written as a recorder does, and read.

Run on demand, not by pytest: `python -m tests.record.capture.bench`. Full packets of the simulated market,
ten in a message, which a recorder hands over in batches and flushes every second. A share is that of one core
at 50,000 ticks a second.
"""

from __future__ import annotations

import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table

from kitetui.feed import RawFrame
from kitetui.instruments import simulated_instruments
from kitetui.record.base import NameOf
from kitetui.record.capture import CaptureReader, CaptureWriter
from kitetui.record.capture.layout import RecordKind, encode_record
from kitetui.record.output import empty_file
from kitetui.simulator.market import Market
from kitetui.wire.encode import encode_frame
from kitetui.wire.layout import FULL, INDEX_FULL, TOKEN

SYMBOLS: Final = 3_000
A_SECOND: Final = 50_000
"""Ticks."""

A_MESSAGE: Final = 10
A_BATCH: Final = 100
"""Messages that a recorder hands over together."""

SECONDS: Final = 60
MADE: Final = 3
"""Seconds that the market is run for; they come again and again, as zlib looks back no further than 32 KB."""

ROUNDS: Final = 3
"""How often what is short is measured; the best counts, for a machine has other work as well."""

BLOCK: Final = 1_000_000
OPENED: Final = 1_795_000_000

T = TypeVar("T")


def main() -> None:
    listed = simulated_instruments(SYMBOLS)
    names = {each.instrument_token: (each.exchange, each.tradingsymbol) for each in listed}
    market = Market(listed, seed=1, now=OPENED)
    console = Console(width=80, highlight=False)
    made = [
        [_message(market, OPENED + number) for _ in range(A_SECOND // A_MESSAGE)] for number in range(MADE)
    ]
    console.print(_levels(_second(made, 0)))
    with tempfile.TemporaryDirectory() as folder:
        console.print(_written_and_read(Path(folder) / "ticks.kcap", made, names.get))


def _second(made: Sequence[Sequence[bytes]], number: int) -> list[RawFrame]:
    """The messages of one second, on one connection."""
    start, step = (OPENED + number) * 10**9, 10**9 * A_MESSAGE // A_SECOND
    return [
        RawFrame(0, data, start + at * step, number * A_SECOND + at * A_MESSAGE + 1)
        for at, data in enumerate(made[number % MADE])
    ]


def _message(market: Market, second: int) -> bytes:
    words = market.words[market.step(A_MESSAGE, second)]
    return encode_frame(words, np.where(words[:, TOKEN] & 0xFF == 9, INDEX_FULL, FULL).tolist())


def _levels(frames: Sequence[RawFrame]) -> Table:
    """What each level makes of a second."""
    table = Table(
        "level", "MB a second", "bytes a tick", "ratio", "share", title="zlib", title_justify="left"
    )
    content = b"".join(_records(frames))
    blocks = [content[start : start + BLOCK] for start in range(0, len(content), BLOCK)]
    for level in range(10):
        rounds = [_timed(partial(_stored, blocks, level)) for _ in range(ROUNDS)]
        taken, stored = min(rounds)
        rate, ratio = len(content) / taken / 1e6, len(content) / stored
        table.add_row(f"{level}", f"{rate:,.0f}", f"{stored / A_SECOND:.1f}", f"{ratio:.2f}", f"{taken:.1%}")
    return table


def _records(frames: Sequence[RawFrame]) -> Iterator[bytes]:
    for each in frames:
        assert isinstance(each.data, bytes)
        yield encode_record(RecordKind.DATA, each.connection, each.received_at, each.sequence, each.data)


def _stored(blocks: Sequence[bytes], level: int) -> int:
    return sum(len(zlib.compress(each, level)) for each in blocks)


def _written_and_read(path: Path, made: Sequence[Sequence[bytes]], name_of: NameOf) -> Table:
    """What a minute takes to write, to read, and to read as rows."""
    table = Table("", "ticks a second", "share", "MB of memory", title_justify="left")
    writer = CaptureWriter(empty_file(path), name_of=name_of)
    taken = 0.0
    for number in range(SECONDS):
        frames = _second(made, number)
        taken += _timed(partial(_write, writer, frames))[0]
        if number == SECONDS // 10:
            memory = _memory()
    writer.close()
    ticks = SECONDS * A_SECOND
    table.add_row("written", f"{ticks / taken:,.0f}", f"{taken / SECONDS:.1%}", f"{_memory() - memory:+.1f}")
    table.title = f"{ticks:,} ticks, {writer.size / ticks:.1f} bytes each"
    passes: dict[str, Callable[[], int]] = {
        "read": lambda: sum(1 for _ in CaptureReader(path).records()),
        "read as rows": lambda: sum(map(len, CaptureReader(path))),
    }
    for what, work in passes.items():
        memory = _memory()
        taken, _ = _timed(work)
        table.add_row(what, f"{ticks / taken:,.0f}", f"{taken / SECONDS:.1%}", f"{_memory() - memory:+.1f}")
    return table


def _write(writer: CaptureWriter, frames: Sequence[RawFrame]) -> None:
    for start in range(0, len(frames), A_BATCH):
        writer.frames(frames[start : start + A_BATCH])
    writer.flush(sync=False)


def _memory() -> float:
    """The most that this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    # The processor's time, not the clock's: a disk and other programs are no cost of this one.
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
