"""Reads a database back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from kitetui.errors import UserError
from kitetui.record.base import Reader
from kitetui.record.rows import TickRows
from kitetui.record.sqlite.schema import APPLICATION_ID, NAMES, OWN, VERSION

_BATCH: Final = 5_000
_LONGEST_REASON: Final = 100
_HEAD: Final = b"SQLite format 3\x00"
_APPLICATION_ID: Final = slice(68, 72)

_COLUMNS: Final = ", ".join(f"COALESCE({name}, 0)" for name in (*OWN, *NAMES))
_SELECT: Final = f"SELECT rowid, {_COLUMNS} FROM ticks WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608
_MOST_ROWS: Final = 1 << 62


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a database of kitetui."""
    return head.startswith(_HEAD) and head[_APPLICATION_ID] == APPLICATION_ID.to_bytes(4, "big")


class SqliteReader(Reader):
    """Reads a database, also one that is being written. Raises UserError for one that is no recording."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            with closing(self._connect()) as database:
                (found,) = database.execute("PRAGMA user_version").fetchone()
                if found > VERSION:
                    raise UserError(
                        f"{path} is a database of version {found}, and this kitetui reads up to {VERSION}",
                        "install a later one",
                    )
                rows = database.execute("SELECT instrument_token, exchange, tradingsymbol FROM instruments")
                self.names = {token: (exchange, symbol) for token, exchange, symbol in rows}
        except (sqlite3.Error, ValueError) as error:
            raise UserError(f"cannot read {path}: {reason(error)}", "name another recording") from error

    def _batches(self) -> Iterator[TickRows]:
        try:
            with closing(self._connect()) as database:
                database.execute("BEGIN")  # what is added meanwhile is for the next time
                yield from self._stretches(database)
        except sqlite3.Error as error:
            self._damage.add(f"the database cannot be read: {reason(error)}")

    def _stretches(self, database: sqlite3.Connection) -> Iterator[TickRows]:
        """Yield rows, fewer at a time the nearer they are to a damaged place, and go on behind it."""
        last = _last_row(database)
        done, many = 0, _BATCH
        lost_from, step, why = 0, 1, ""
        while done < _MOST_ROWS:
            try:
                numbers, rows = _read(database, done, many)
            except _UNREADABLE as error:
                if many > 1:
                    many //= 2
                    continue
                if not lost_from:
                    lost_from, step, why = done + 1, 1, reason(error)
                done, step = done + step, step * 2
                continue
            if lost_from:
                self._lose(lost_from, numbers[0] - 1 if numbers else None, why)
                lost_from = 0
            if not numbers:
                return
            done, many = numbers[-1], min(_BATCH, many * 2)
            self.position = min(1.0, done / max(done, last))
            yield rows
        self._lose(lost_from, None, why)

    def _lose(self, first: int, last: int | None, why: str) -> None:
        which = f"rows {first:,} to {last:,}" if last is not None else f"rows from {first:,} on"
        self._damage.add(f"{f'row {first:,}' if first == last else which} cannot be read: {why}")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)


def reason(error: Exception) -> str:
    """Return why a database cannot be used, on one line: SQLite may quote a whole table."""
    return " ".join(str(error).split())[:_LONGEST_REASON]


_UNREADABLE: Final = (sqlite3.Error, ValueError, OverflowError, TypeError)


def _last_row(database: sqlite3.Connection) -> int:
    """Return the number of the last row, 1 where it cannot be read."""
    with suppress(*_UNREADABLE):
        return int(database.execute("SELECT COALESCE(MAX(rowid), 1) FROM ticks").fetchone()[0])
    return 1


def _read(database: sqlite3.Connection, done: int, many: int) -> tuple[list[int], TickRows]:
    """Return so many rows behind one, with their numbers. Raises what is in `_UNREADABLE`."""
    values = database.execute(_SELECT, (done, many)).fetchall()
    if not values:
        return [], TickRows.none()
    table = np.array(values, dtype=np.int64)
    return table[:, 0].tolist(), _rows(table[:, 1:])


def _rows(values: np.ndarray) -> TickRows:
    received_at, connection, sequence, snapshot, length, _, *fields = values.T
    return TickRows.of_columns(
        length,
        dict(zip(NAMES, fields, strict=True)),
        received_at=received_at,
        connection=connection,
        sequence=sequence,
        snapshot=snapshot,
    )
