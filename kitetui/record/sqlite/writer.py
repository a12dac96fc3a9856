"""Writes a recording into a SQLite database: one transaction a flush, readable by others all the time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from kitetui.errors import RecordingError, UserError
from kitetui.record.base import NameOf, Writer
from kitetui.record.output import GRACE_PERIOD, GracePeriod, write_error
from kitetui.record.rows import CARRIED, TickRows
from kitetui.record.sqlite.schema import APPLICATION_ID, INSERT, IS_PRICE, PRICE_WORDS, SCHEMA, WORDS
from kitetui.wire.layout import FIELDS, FieldKind, prices_of

_TIMES = [place for place, field in enumerate(FIELDS.values()) if field.kind is FieldKind.TIME]

GRACE_SECONDS: Final = 10.0
"""Seconds that a database which another program writes is waited for, once the recording is to end."""

_LOOK_MS: Final = 50
"""Milliseconds between two looks whether the grace period is over."""


class SqliteWriter(Writer):
    """Adds rows to a database, which it makes if there is none; `rows` are those that others see.

    Raises UserError.

    One program alone can write at a time. While another does, this one waits, and what is received gathers in
    the recorder's queue, which counts what it has no room for; `grace` says for how long.
    """

    def __init__(self, path: Path, name_of: NameOf, grace: GracePeriod = GRACE_PERIOD) -> None:
        super().__init__(name_of)
        self._uncommitted = 0
        self._path = path
        self._grace = grace
        self._wal = path.with_name(f"{path.name}-wal")
        self._named: set[int] = set()
        try:
            is_new = not path.exists() or not path.stat().st_size
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            if is_new:
                self._database.executescript(SCHEMA)
                self._database.execute("INSERT INTO meta VALUES ('kitetui', ?)", (version("kitetui"),))
            (found,) = self._database.execute("PRAGMA application_id").fetchone()
            if found != APPLICATION_ID:
                raise UserError(f"{path} is no recording of kitetui", "name another file with -o")
            # A reader sees what was there when it began, and holds up nobody.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(f"PRAGMA busy_timeout = {_LOOK_MS}")
        except (sqlite3.Error, OSError) as error:
            raise UserError(f"cannot write to {path}: {error}", "name another file with -o") from error

    @property
    def size(self) -> int:
        """Bytes that the database has, its write-ahead log included."""
        return sum(each.stat().st_size for each in (self._path, self._wal) if each.exists())

    def rename(self, name_of: NameOf) -> None:
        """Name by this the rows to come; a token has the last of its names for all rows of a database."""
        super().rename(name_of)
        self._named.clear()

    def write(self, rows: TickRows) -> None:
        """Add rows; others see them after the next flush. Raises RecordingError."""
        if not len(rows):
            return
        with self._written():
            self._begin()
            self._name(rows)
            self._database.executemany(INSERT, _values(rows))
            self._uncommitted += len(rows)

    def flush(self, *, sync: bool) -> None:
        """Have readers see what was written; `sync`: and the disk keep it. Raises RecordingError."""
        with self._written():
            self._commit()
            if sync and self._wal.exists():
                with self._wal.open("rb") as file:
                    os.fsync(file.fileno())

    def close(self) -> None:
        """Finish the database, and leave one file. Raises RecordingError."""
        try:
            with self._written():
                self._commit()
                # Another program that reads it just now keeps the log, and takes it away itself.
                with suppress(sqlite3.OperationalError):
                    self._database.execute("PRAGMA journal_mode = DELETE")
        finally:
            self._database.close()

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._with_retries("BEGIN IMMEDIATE")  # so that others are waited for here, and never half-way

    def _commit(self) -> None:
        if self._database.in_transaction:
            self._with_retries("COMMIT")
        self.rows += self._uncommitted
        self._uncommitted = 0

    def _with_retries(self, statement: str) -> None:
        """Execute a statement that can be tried again, once nobody else writes. Raises sqlite3.Error."""
        while True:
            try:
                self._database.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or self._grace.is_over(GRACE_SECONDS):
                    raise
            else:
                return

    def _name(self, rows: TickRows) -> None:
        """Add the names of instruments that are new."""
        tokens = set(np.unique(rows.tokens).tolist()) - self._named
        names = {token: name for token in tokens if (name := self._name_of(token)) is not None}
        self._database.executemany(
            "INSERT OR REPLACE INTO instruments VALUES (?, ?, ?)",
            [(token, *name) for token, name in names.items()],
        )
        self._named.update(names)

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Say what keeps the database from being written; what was not finished is taken back."""
        try:
            if not self._path.exists():
                raise RecordingError(f"{self._path} was removed", "the recording ends here")
            yield
        except (sqlite3.Error, OSError) as error:
            self._uncommitted = 0
            with suppress(sqlite3.Error):
                self._database.rollback()
            raise write_error(self._path, error, "what was flushed before is whole") from error


def _values(rows: TickRows) -> list[list[int | None]]:
    """Return the values of rows, in the order of the columns."""
    fields = rows.words[:, WORDS].view(np.uint32).astype(np.int64)
    fields[:, IS_PRICE] = prices_of(rows.words[:, PRICE_WORDS].T, rows.tokens).T
    is_there = np.stack([carried[rows.lengths] for carried in CARRIED.values()], axis=1)
    is_there[:, _TIMES] &= fields[:, _TIMES] != 0
    own = np.stack(
        [
            rows.received_at,
            rows.connection.astype(np.int64) + 1,
            rows.sequence,
            rows.snapshot.astype(np.int64),
            rows.lengths.astype(np.int64),
            rows.divisors,
        ],
        axis=1,
    )
    values = np.hstack([own, fields]).astype(object)
    values[:, own.shape[1] :][~is_there] = None
    listed: list[list[int | None]] = values.tolist()
    return listed


def repair(path: Path) -> str | None:
    """Take over what is in the log beside a database; return what was done, None where there is no log.

    Raises UserError.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists():
        return None
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            (found,) = database.execute("PRAGMA application_id").fetchone()
            if found != APPLICATION_ID:
                raise UserError(f"{path} is no recording of kitetui", "name another file with -o")
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise UserError(f"cannot repair {path}: {error}", "name another file with -o") from error
    return f"took over what was in the write-ahead log of {path.name}"
