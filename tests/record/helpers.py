"""How the tests of the recorder make ticks and read what was written.

Where a test says nothing else, the stopwatch goes with the clock, and begins when that does.
"""

from __future__ import annotations

import csv
import resource
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from kitetui.feed import ClockStepped, ConnectionChanged, ConnectionState, Heartbeat, SymbolsWanted, Ticks
from kitetui.record import COLUMNS, Files, Folder, Format, Rotation
from kitetui.record.gaplog import GAPS_SUFFIX
from kitetui.times import IST, nanoseconds_of
from kitetui.wire import Mode, decode_frame
from tests.wire.packets import FULL, INFY_FULL, frame, packet

NAMES = {408065: ("NSE", "INFY")}
SECOND = 1_000_000_000


def at(text: str) -> int:
    """A moment in India, as UTC nanoseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp() * 1_000_000) * 1000


def ticks(*moments: int, sequence: int = 1, connection: int = 0, snapshot: bool = False) -> Ticks:
    """A message with a full tick of INFY for each moment; `snapshot`: whether they are snapshots."""
    batch = decode_frame(frame(*[INFY_FULL] * len(moments)))
    received_at = np.array(moments, dtype=np.int64)
    flags = np.full(len(moments), snapshot)
    return Ticks(connection, batch, received_at, sequence, flags, timed(moments[-1]))


def comes(
    at: int, *tokens: int, connection: int = 0, length: int = FULL, timed_at: float | None = None
) -> Ticks:
    """A message with a packet of each token, of this length, received at once."""
    batch = decode_frame(frame(*(packet(length, instrument_token=each) for each in tokens)))
    received_at = np.full(len(tokens), at, dtype=np.int64)
    flags = np.zeros(len(tokens), dtype=np.bool_)
    return Ticks(connection, batch, received_at, 1, flags, timed(at, timed_at))


def beats(at: int, connection: int = 0, *, timed_at: float | None = None) -> Heartbeat:
    """What is told of a connection that is up, and has nothing else to say."""
    return Heartbeat(connection, at, timed(at, timed_at))


def wants(
    at: int,
    *tokens: int,
    connection: int = 0,
    mode: Mode | None = Mode.FULL,
    answered: Iterable[int] = (),
    timed_at: float | None = None,
) -> SymbolsWanted:
    """What is told of a connection that is to carry these symbols; in no mode: that is not to, any more."""
    modes = dict.fromkeys(tokens, mode)
    return SymbolsWanted(connection, modes, at, timed(at, timed_at), frozenset(answered))


def live(at: int, connection: int = 0, *, timed_at: float | None = None) -> ConnectionChanged:
    """What is told of a connection that is up."""
    state = ConnectionState.LIVE
    return ConnectionChanged(connection, state, "", at, timed_at=timed(at, timed_at))


def lost(
    at: int,
    since: int | None = None,
    reason: str = "closed",
    connection: int = 0,
    *,
    timed_at: float | None = None,
) -> ConnectionChanged:
    """What is told of a connection that is down; `since`: when its last frame came."""
    state = ConnectionState.RETRYING
    return ConnectionChanged(connection, state, reason, at, since, timed_at=timed(at, timed_at))


def timed(at: int, by: float | None = None) -> float:
    """The stopwatch when the clock says this, if nothing else is said of it, in seconds."""
    return at / SECOND if by is None else by


def stepped(at: int, seconds: float, since: int | None = None) -> ClockStepped:
    """What is told of a clock that is set; `since`: when it was read before, if that was not just then."""
    return ClockStepped(at, at if since is None else since, seconds)


class Stopwatch:
    """A clock of durations that stands where it is set, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


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
    watch: Callable[[], float] | None = None,
) -> Files:
    """The files of a recording in a folder."""
    rotation = Rotation.parse(rotate) if rotate else Rotation(None, None)
    place = Folder(folder, formats, columns, rotation, is_series=is_series)
    return Files(place, NAMES.get, clock, stopwatch=watch or (lambda: timed(clock())))


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@dataclass(frozen=True, slots=True)
class Hole:
    """A row of a gap log, times in UTC nanoseconds; `which` is empty for all of the connection, or of all."""

    start: int
    end: int
    connection: int | None
    which: frozenset[str]
    reason: str


def holes_in(folder: Path) -> list[Hole]:
    """What the gap logs of a folder say."""
    return [
        Hole(
            nanoseconds_of(row["from"]),
            nanoseconds_of(row["to"]),
            int(row["connection"]) - 1 if row["connection"] else None,
            frozenset(filter(None, row["which"].split(";"))),
            row["reason"],
        )
        for path in folder.glob(f"*{GAPS_SUFFIX}")
        for row in rows_of(path)
    ]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def sequences(path: Path) -> list[int]:
    """The numbers of the ticks in a CSV file."""
    return [int(row["sequence"]) for row in rows_of(path)]


def names_in(folder: Path) -> list[str]:
    """The names of a folder's files, in order, but for gap logs and ledgers."""
    beside = (".gaps.csv", ".ledger")
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(beside))
