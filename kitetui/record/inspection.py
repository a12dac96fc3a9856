"""What a recording holds: counted in one pass over it, in bounded memory."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kitetui.record.base import Reader
from kitetui.record.gaplog import gap_log_of
from kitetui.record.history import is_at_work
from kitetui.record.ledgerfile import ledger_of, read_ledger
from kitetui.record.rows import TickRows
from kitetui.times import ist_microseconds
from kitetui.wire.layout import MODE_OF_LENGTH

_SECOND = 1_000_000_000


@dataclass(slots=True)
class Inspection:
    """What was counted so far.

    first and last: when the first and the last row were received, UTC nanoseconds, None without rows.
    tokens_of: the tokens of each connection, which count from 0. modes, connections: rows by mode and by
    connection. snapshots: rows that may be no news. busiest: rows in the fullest second. missing: ticks
    that the sequence passes over. repeated: rows whose number their connection has passed already.
    restarts: numbers that begin anew. out_of_order: rows received before the one above them, of the same
    connection.
    """

    rows: int = 0
    first: int | None = None
    last: int | None = None
    tokens_of: dict[int, set[int]] = field(default_factory=dict)
    modes: Counter[str] = field(default_factory=Counter)
    connections: Counter[int] = field(default_factory=Counter)
    snapshots: int = 0
    busiest: int = 0
    missing: int = 0
    repeated: int = 0
    restarts: int = 0
    out_of_order: int = 0
    _before: dict[int, tuple[int, int]] = field(default_factory=dict)
    _second: tuple[int, int] = (0, 0)

    @property
    def symbols(self) -> set[int]:
        """The tokens of all connections."""
        return set().union(*self.tokens_of.values())

    @property
    def seconds(self) -> float:
        """From the first row to the last."""
        return (self.last - self.first) / _SECOND if self.first is not None and self.last is not None else 0.0

    def count(self, rows: TickRows) -> None:
        """Take in the next rows."""
        if not len(rows):
            return
        self.rows += len(rows)
        earliest, latest = int(rows.received_at.min()), int(rows.received_at.max())
        self.first = earliest if self.first is None else min(self.first, earliest)
        self.last = latest if self.last is None else max(self.last, latest)
        self.snapshots += int(rows.snapshot.sum())
        for length, count in zip(*map(list, _counts(rows.lengths)), strict=True):
            self.modes[MODE_OF_LENGTH[length]] += count
        self._count_seconds(rows)
        for connection in np.unique(rows.connection).tolist():
            self._follow(connection, rows[rows.connection == connection])

    def _count_seconds(self, rows: TickRows) -> None:
        seconds, counts = _counts(rows.received_at // _SECOND)
        second, count = self._second
        for each, more in zip(seconds, counts, strict=True):
            second, count = each, count + more if each == second else more
            self.busiest = max(self.busiest, count)
        self._second = second, count

    def _follow(self, connection: int, rows: TickRows) -> None:
        """Look at the order of one connection's rows."""
        self.connections[connection] += len(rows)
        tokens = np.unique(rows.tokens).tolist()
        self.tokens_of.setdefault(connection, set()).update(tokens)
        before = self._before.get(connection)
        first = (int(rows.sequence[0]) - 1, int(rows.received_at[0])) if before is None else before
        sequence = np.concatenate([[first[0]], rows.sequence])
        received_at = np.concatenate([[first[1]], rows.received_at])
        self._before[connection] = int(sequence[-1]), int(received_at[-1])
        steps = np.diff(sequence)
        back = steps <= 0
        restarts = back & (sequence[1:] == 1)
        self.missing += int((steps[steps > 1] - 1).sum())
        self.restarts += int(restarts.sum())
        self.repeated += int((back & ~restarts).sum())
        self.out_of_order += int((np.diff(received_at) < 0).sum())


def inspect(reader: Reader) -> Iterator[Inspection]:
    """Count all rows of a recording; yield what is known so far, after each batch and at the end."""
    found = Inspection()
    for rows in reader:
        found.count(rows)
        yield found
    yield found


def logged_gaps(recording: Path) -> Sequence[Mapping[str, str]] | None:
    """Return the rows of a recording's gap log, None where it has none, or one that cannot be read."""
    try:
        with gap_log_of(recording).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return None


def open_gaps(recording: Path) -> Iterator[Mapping[str, str | int]]:
    """Yield what was missing when a recorder was killed, and has no row yet: the next start adds that."""
    state = read_ledger(ledger_of(recording))
    if state is None or state.until is None or is_at_work(recording):
        return
    for each in state.missing:
        if each.since < state.until:
            yield {
                "from": ist_microseconds(each.since),
                "connection": each.connection + 1,
                "symbols": len(state.tokens_of(each)),
                "reason": each.reason,
            }


def _counts(values: np.ndarray) -> tuple[list[int], list[int]]:
    found, counts = np.unique(values, return_counts=True)
    return found.tolist(), counts.tolist()
