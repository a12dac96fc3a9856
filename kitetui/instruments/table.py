"""A table of instruments in SQLite: in a file, where a list was downloaded, or in memory.

It is written once, in the order in which instruments are listed (`kitetui.instruments.ranking`), and only
read from then on: the first rows that answer a question are its best answers. What is searched are families,
of which there are far fewer than contracts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from kitetui.instruments.instrument import EXCHANGES, Instrument, Kind, ListRow
from kitetui.instruments.ranking import Family, families

_SCHEMA: Final = (
    """CREATE TABLE instruments (
        id INTEGER PRIMARY KEY, instrument_token INTEGER NOT NULL, exchange TEXT NOT NULL,
        tradingsymbol TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, expiry TEXT, strike TEXT,
        tick_size INTEGER NOT NULL, lot_size INTEGER NOT NULL, reference_price INTEGER NOT NULL,
        listed INTEGER NOT NULL
    )""",
    """CREATE TABLE families (
        id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, exchange TEXT NOT NULL,
        expiry TEXT, facts TEXT NOT NULL
    )""",
    """CREATE VIRTUAL TABLE family_words USING fts5(
        symbol, words, kinds, exchange,
        content='', columnsize=0, detail=column, prefix='1', tokenize="ascii tokenchars '.'"
    )""",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
)

_COLUMNS: Final = (
    "instrument_token, exchange, tradingsymbol, name, kind, expiry, strike, "
    "tick_size, lot_size, reference_price, listed"
)

_SELECT: Final = f"SELECT {_COLUMNS} FROM instruments WHERE"  # noqa: S608

_INSERT: Final = f"INSERT INTO instruments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

_INDICES: Final = (
    "CREATE UNIQUE INDEX by_key ON instruments (exchange, tradingsymbol)",
    "CREATE UNIQUE INDEX by_token ON instruments (instrument_token)",
)

_MAPPED: Final = 256 * 2**20
"""Bytes of a file that are read as memory: names that are looked up lie all over it."""

_AFTER_ALL: Final = "\U0010ffff"
"""Stands behind whatever a symbol may go on with."""


class InstrumentTable:
    """Instruments to be asked for, all of a database's or only those on a condition."""

    def __init__(self, database: sqlite3.Connection, condition: str = "1") -> None:
        """Take a database that `fill` has written.

        condition: what SQL asks of each instrument, such as "listed".
        """
        self._database = database
        self._condition = condition
        self._one = f"{_SELECT} exchange = ? AND tradingsymbol = ? AND {condition}"

    @classmethod
    def of(cls, instruments: Iterable[Instrument]) -> InstrumentTable:
        """Return a new table in memory. Raises ValueError where two share a token or a key."""
        # Any thread may ask: SQLite takes its turns by itself.
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            fill(database, map(_row_of, instruments), {})
        except sqlite3.IntegrityError:
            raise ValueError("two instruments of a universe share a token or a key") from None
        return cls(database)

    @classmethod
    def of_rows(cls, rows: Iterable[ListRow]) -> InstrumentTable:
        """Return a new table in memory of rows that stand in a list, each token and key once."""
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        fill(database, rows, {})
        return cls(database)

    @classmethod
    def open(cls, path: Path) -> InstrumentTable:
        """Return the table of a file, to be read alone. Raises sqlite3.Error where it is none."""
        # Nobody changes a file of this name, it is only ever replaced: so there is nothing to lock.
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        database.execute(f"PRAGMA mmap_size = {_MAPPED}")
        return cls(database)

    def where(self, condition: str) -> InstrumentTable:
        """Return what is left of all instruments on another condition."""
        return InstrumentTable(self._database, condition)

    def __len__(self) -> int:
        (count,) = self._ask(f"SELECT count(*) FROM instruments WHERE {self._condition}").fetchone()  # noqa: S608
        return int(count)

    def select(self, where: str = "1", *values: object, before: str = "") -> Iterator[Instrument]:
        """Yield the instruments on a further condition of SQL, in the order in which they are listed.

        before: how they are to be put in order before that, as `"strike DESC, "`.
        """
        return map(
            _instrument_of,
            self._ask(
                # Every value is given apart from this text.
                f"{_SELECT} ({where}) AND {self._condition} ORDER BY {before}id",
                *values,
            ),
        )

    @cached_property
    def exchanges(self) -> tuple[str, ...]:
        """The exchanges that a key can name: those of India, and what the list has beyond them."""
        listed = self._ask("SELECT DISTINCT exchange FROM instruments ORDER BY exchange")
        return (*EXCHANGES, *(each for (each,) in listed if each not in EXCHANGES))

    def by_key(self, key: str) -> Instrument | None:
        """Return the instrument of an exact key such as `NSE:INFY`, or None."""
        exchange, _, symbol = key.partition(":")
        row = self._ask(self._one, exchange, symbol).fetchone()
        return None if row is None else _instrument_of(row)

    def beginning_with(self, symbol: str, exchange: str = "") -> Iterator[Instrument]:
        """Yield the instruments whose symbols begin so, on one exchange or on all of them."""
        exchanges = [each for each in self.exchanges if exchange in ("", each)]
        marks = ", ".join("?" * len(exchanges))
        where = f"exchange IN ({marks}) AND tradingsymbol BETWEEN ? AND ?"
        return self.select(where, *exchanges, symbol, symbol + _AFTER_ALL)

    def families(self, match: str) -> Iterator[tuple[int, int, str]]:
        """Yield the families that fit a query of the full-text index, as they are listed.

        Each is the numbers of its first and its last instrument, and its facts.
        """
        return self._ask(
            "SELECT first, last, facts FROM family_words JOIN families ON families.id = family_words.rowid "
            "WHERE family_words MATCH ? ORDER BY family_words.rowid",
            match,
        )

    def lasting(self, parts: Sequence[str], exchange: str = "") -> Iterator[int]:
        """Yield the number of each share or index with all these parts somewhere in its facts."""
        # A pattern is faster, but has signs of its own, which some part may hold.
        conditions = [
            *["facts GLOB ? AND instr(facts, ?)"] * len(parts),
            "expiry IS NULL",
            *["exchange = ?"] * bool(exchange),
        ]
        query = f"SELECT first FROM families WHERE {' AND '.join(conditions)} ORDER BY id"  # noqa: S608
        values = [value for part in parts for value in (f"*{part}*", part)]
        return (first for (first,) in self._ask(query, *values, *[exchange] * bool(exchange)))

    def fact(self, name: str) -> object:
        """Return what is known of the list as a whole under a name, None where nothing is."""
        found = self._ask("SELECT value FROM facts WHERE name = ?", name).fetchone()
        return None if found is None else found[0]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _ask(self, query: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(query, values)
        except UnicodeEncodeError:
            # Half a character, as bytes that are no text have it on a command line: no list has one.
            return self._database.execute("SELECT 0 WHERE 0")


def fill(database: sqlite3.Connection, rows: Iterable[ListRow], facts: Mapping[str, object]) -> None:
    """Write instruments into a new, empty database. Raises sqlite3.Error, with nothing written.

    facts: what is to be known of the list as a whole.
    """
    listed = families(rows)
    database.execute("BEGIN")
    try:
        for statement in _SCHEMA:
            database.execute(statement)
        database.executemany(_INSERT, chain.from_iterable(family.rows for family in listed))
        database.executemany("INSERT INTO families VALUES (?, ?, ?, ?, ?, ?)", _spans(listed))
        database.executemany(
            "INSERT INTO family_words (rowid, symbol, words, kinds, exchange) VALUES (?, ?, ?, ?, ?)",
            ((at, each.symbol, each.words, each.kinds, each.exchange) for at, each in enumerate(listed, 1)),
        )
        database.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        # Faster once, at the end, than with each row.
        for statement in _INDICES:
            database.execute(statement)
        database.execute("COMMIT")
    except BaseException:
        database.rollback()
        raise


def _spans(listed: Iterable[Family]) -> Iterator[tuple[int, int, int, str, str | None, str]]:
    """The rows of `families`, with the numbers of their first and last instruments."""
    last = 0
    for number, family in enumerate(listed, 1):
        first, last = last + 1, last + len(family.rows)
        yield number, first, last, family.exchange, family.expiry, family.facts


def _row_of(instrument: Instrument) -> ListRow:
    return (
        instrument.instrument_token,
        instrument.exchange,
        instrument.tradingsymbol,
        instrument.name,
        instrument.kind.value,
        None if instrument.expiry is None else instrument.expiry.isoformat(),
        None if instrument.strike is None else f"{instrument.strike.normalize():f}",
        instrument.tick_size,
        instrument.lot_size,
        instrument.reference_price,
        int(instrument.listed),
    )


def _instrument_of(row: ListRow) -> Instrument:
    token, exchange, symbol, name, kind, expiry, strike, tick_size, lot_size, reference_price, listed = row
    return Instrument(
        token,
        exchange,
        symbol,
        name,
        _KINDS[kind],
        None if expiry is None else _day(expiry),
        None if strike is None else Decimal(strike),
        tick_size,
        lot_size,
        reference_price,
        bool(listed),
    )


_KINDS: Final = {kind.value: kind for kind in Kind}

_day = lru_cache(maxsize=512)(date.fromisoformat)
