"""The instrument master: the list of a service's instruments, kept on this machine for a day.

Kite makes a list anew each morning. It is imported into a file of its own, which then takes the place of
yesterday's: whatever goes wrong before, the list that was there is there still.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import time as clock
from typing import Final

from kitetui.account.profiles import SIMULATOR
from kitetui.errors import UserError
from kitetui.instruments.archive import Archive
from kitetui.instruments.instrument import ListRow
from kitetui.instruments.listing import MADE_AT, ListError, read_listing
from kitetui.instruments.table import InstrumentTable, fill
from kitetui.paths import cache_folder
from kitetui.times import IST

_VERSION: Final = 1
"""Stands in the name of the file, so that no version of this program reads another's."""

_FEWEST: Final = 0.5
"""The part of yesterday's rows that a list has at least; one with fewer is taken for a half one."""

_ABANDONED: Final = 3600.0
"""Seconds after which nobody works on a file any more."""

_ROWS, _FETCHED_AT = "rows", "fetched_at"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has brought: how many instruments, and what there is to say of the list."""

    rows: int
    remarks: list[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """The list that is there: its table, how many instruments it has, and since when, in UTC seconds."""

    table: InstrumentTable
    rows: int
    fetched_at: float


class Master:
    """The list of one service in a file, and its archive where past lists are kept."""

    def __init__(self, path: Path, archive: Archive | None = None) -> None:
        """Take the file's path; there need not be one."""
        self.path = path
        self._archive = archive

    @classmethod
    def of(cls, endpoint: str) -> Master:
        """Return the list of the service of this name, in the folder for what can be downloaded again."""
        # What is made up can be made up again.
        archive = None if endpoint == SIMULATOR.name else Archive.of(endpoint)
        return cls(cache_folder() / "instruments" / f"{endpoint}.v{_VERSION}.sqlite", archive)

    def read(self) -> Stored | None:
        """Return the list, None where there is none. Raises ListError for a file that is damaged."""
        if not self.path.exists():
            return None
        try:
            table = InstrumentTable.open(self.path)
            rows, fetched_at = table.fact(_ROWS), table.fact(_FETCHED_AT)
        except sqlite3.Error:
            rows = fetched_at = None
        if not isinstance(rows, int) or not isinstance(fetched_at, float):
            raise ListError(
                f"the instrument list {self.path} is damaged", "get it anew with kitetui instruments sync"
            )
        return Stored(table, rows, fetched_at)

    def replace(self, downloaded: Path, now: float) -> Imported:
        """Put a list that was downloaded in the place of the one that is there.

        Raises ListError for one that is not whole, UserError where it cannot be written; then the one that
        was there is there still.
        """
        with _collector_resting():
            return self._replace(downloaded, now)

    def _replace(self, downloaded: Path, now: float) -> Imported:
        listing = read_listing(downloaded)
        self._check(len(listing.rows))
        facts = {_ROWS: len(listing.rows), _FETCHED_AT: float(now)}
        with self.temporary() as path:
            self._write(path, listing.rows, facts)
            path.replace(self.path)
        return Imported(len(listing.rows), [*listing.remarks, *self._archived(listing.rows, now)])

    def _archived(self, rows: Iterable[ListRow], now: float) -> list[str]:
        """Keep a list for later, and return what there is to say of that: today's is there all the same."""
        if self._archive is not None:
            try:
                self._archive.keep(rows, now)
            except UserError as error:
                return [str(error)]
        return []

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """Give the path of a file beside the list's, which is removed if it is still there at the end.

        Raises UserError where none can be made, or where it or the list's cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._clear_up()
            descriptor, name = tempfile.mkstemp(prefix=self._prefix, dir=self.path.parent)
        except OSError as error:
            raise self._unwritable(error.strerror) from None
        os.close(descriptor)
        try:
            yield Path(name)
        except OSError as error:
            raise self._unwritable(error.strerror) from None
        finally:
            with suppress(OSError):
                Path(name).unlink()

    @property
    def _prefix(self) -> str:
        return f".{self.path.name}-"

    def _clear_up(self) -> None:
        """Remove what processes left that were killed; what is young may be that of another at work."""
        for left in self.path.parent.glob(f"{self._prefix}*"):
            with suppress(OSError):
                if clock() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()

    def _check(self, rows: int) -> None:
        """Raises ListError for a list that has much fewer instruments than the one that is there."""
        try:
            stored = self.read()
        except ListError:
            return
        if stored is None:
            fewest = 1
        else:
            fewest = max(int(stored.rows * _FEWEST), 1)
            stored.table.close()
        if rows < fewest:
            before = f" and the one before had {stored.rows:,}" if stored else ""
            otherwise = f", or remove {self.path} first" if stored else ""
            raise ListError(
                f"the list that came has {rows:,} instruments{before}", f"try again later{otherwise}"
            )

    def _write(self, path: Path, rows: Iterable[ListRow], facts: Mapping[str, object]) -> None:
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as database:
                # Nobody else knows this file, and half of it is of no use: so there is nothing to undo.
                database.execute("PRAGMA journal_mode = OFF")
                database.execute("PRAGMA synchronous = OFF")
                fill(database, rows, facts)
            with path.open("rb") as file:
                os.fsync(file.fileno())
        except sqlite3.OperationalError as error:
            raise self._unwritable(str(error)) from None

    def _unwritable(self, why: str | None) -> UserError:
        return UserError(
            f"the instrument list cannot be kept in {self.path.parent}: {why}",
            "make room there, or make the folder writable",
        )


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Keep the collector from looking through hundreds of thousands of rows, of which none is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_due(fetched_at: float, now: float) -> bool:
    """Whether the exchanges have made a list since the one of that time; both in UTC seconds."""
    today = datetime.fromtimestamp(now, IST).date()
    made_at = datetime.combine(today, MADE_AT, IST).timestamp()
    if now < made_at:
        made_at = datetime.combine(today - timedelta(days=1), MADE_AT, IST).timestamp()
    # One of a time to come was got while the clock was wrong.
    return not made_at <= fetched_at <= now
