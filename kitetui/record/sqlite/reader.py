"""Reads a database back: the words that were received, a few thousand rows at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from kitetui.errors import UserError
from kitetui.record.rows import Rows
from kitetui.record.sqlite.schema import APPLICATION_ID, CARRIED, NAMES, OWN, VERSION, WORDS
from kitetui.wire.layout import PACKET_LENGTHS
from kitetui.wire.layout import WORDS as ROW_WORDS

_BATCH: Final = 5_000
_LONGEST_REASON: Final = 100
_HEAD: Final = b"SQLite format 3\x00"
_APPLICATION_ID: Final = slice(68, 72)

_COLUMNS: Final = ", ".join(f"COALESCE({name}, 0)" for name in (*OWN, *NAMES))
_SELECT: Final = f"SELECT rowid, {_COLUMNS} FROM ticks ORDER BY rowid"  # noqa: S608


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a database of kitetui."""
    return head.startswith(_HEAD) and head[_APPLICATION_ID] == APPLICATION_ID.to_bytes(4, "big")


class SqliteReader:
    """Reads a database, also one that is being written. Raises UserError for one that is no recording."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[int, tuple[str, str]] = {}
        self._position = 0.0
        self._damage: list[str] = []
        try:
            with closing(self._connect()) as database:
                (found,) = database.execute("PRAGMA user_version").fetchone()
                if found > VERSION:
                    raise UserError(
                        f"{path} is a database of version {found}, and this kitetui reads up to {VERSION}; "
                        "install a later one"
                    )
                rows = database.execute("SELECT instrument_token, exchange, tradingsymbol FROM instruments")
                self._names = {token: (exchange, symbol) for token, exchange, symbol in rows}
        except (sqlite3.Error, ValueError) as error:
            raise UserError(f"cannot read {path}: {reason(error)}; name another recording") from error

    @property
    def names(self) -> Mapping[int, tuple[str, str]]:
        """The exchange and tradingsymbol of each token."""
        return self._names

    @property
    def position(self) -> float:
        """How far the iteration is, from 0 to 1."""
        return self._position

    @property
    def damage(self) -> Sequence[str]:
        """Why the database could not be read to its end, if it could not."""
        return self._damage

    def __iter__(self) -> Iterator[Rows]:
        self._damage, self._position = [], 0.0
        try:
            with closing(self._connect()) as database:
                (last,) = database.execute("SELECT COALESCE(MAX(rowid), 1) FROM ticks").fetchone()
                cursor = database.execute(_SELECT)
                while values := cursor.fetchmany(_BATCH):
                    self._position = min(1.0, max(0.0, values[-1][0] / max(1, last)))
                    yield _rows(np.array(values, dtype=np.int64)[:, 1:])
        except (sqlite3.Error, ValueError, OverflowError) as error:
            self._damage.append(f"the database cannot be read any further: {reason(error)}")
        self._position = 1.0

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)


def reason(error: Exception) -> str:
    """Return why a database cannot be used, on one line: SQLite may quote a whole table."""
    return " ".join(str(error).split())[:_LONGEST_REASON]


def _rows(values: np.ndarray) -> Rows:
    received_at, connection, sequence, snapshot, length, _ = values[:, : len(OWN)].T
    if not np.isin(length, PACKET_LENGTHS).all():
        raise ValueError("a row has a length that no packet has")
    lengths = length.astype(np.uint8)
    # Two fields share a word, of which no packet carries both.
    fields = np.where(CARRIED[lengths], values[:, len(OWN) :], 0).astype(np.uint32).view(np.int32)
    words = np.zeros((len(values), ROW_WORDS), dtype=np.int32)
    for place, word in enumerate(WORDS):
        words[:, word] |= fields[:, place]
    return Rows(
        words=words,
        lengths=lengths,
        received_at=np.ascontiguousarray(received_at),
        connection=(connection - 1).astype(np.uint8),
        sequence=np.ascontiguousarray(sequence),
        snapshot=snapshot.astype(np.bool_),
    )
