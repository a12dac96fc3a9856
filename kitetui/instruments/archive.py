"""The lists of past days: what a name or a token meant then, which nobody can ask for later.

A file a month, of gzip members one after the other: the first has a whole list, each that follows what the
next list changed. `zcat` shows lines of CSV: `day` begins a list, `+` adds an instrument or changes it, `-`
takes one away.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.instruments.instrument import ListRow
from kitetui.instruments.listing import MADE_AT
from kitetui.paths import data_folder
from kitetui.times import IST
from kitetui.writing import put_whole

_LEVEL: Final = 6
_DAY, _PUT, _GONE = "day", "+", "-"
_NUMBERS: Final = (0, 7, 8, 9, 10)
"""The places of a row's whole numbers."""

_OPTIONAL: Final = (5, 6)
"""The places of its expiry and strike, which only contracts have."""

_PRICE: Final = 9
"""The place of the price that a simulated market starts from, which is no fact of a list."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A list as it was: of which day in India it is, and its rows."""

    day: date
    rows: list[ListRow]


class Archive:
    """The past lists of one service, in a folder for what cannot be made again."""

    def __init__(self, folder: Path, name: str) -> None:
        """Take the folder, which need not be there, and the service's name."""
        self._folder = folder
        self._name = name

    @classmethod
    def of(cls, endpoint: str) -> Archive:
        """Return the archive of the service of this name."""
        return cls(data_folder() / "instruments", endpoint)

    def keep(self, rows: Iterable[ListRow], now: float) -> None:
        """Add a list that was got now, UTC seconds; one that is there already changes nothing.

        Raises UserError where it cannot be written; what was kept is whole then.
        """
        day, listed = list_day(now), {row[0]: row for row in rows}
        path = self._file_of(day)
        try:
            before = path.read_bytes() if path.exists() else b""
            members, whole = _members(before)
            known: dict[int, ListRow] = {}
            for member in members:
                _apply(member, known)
            lines = list(_changes(known, listed))
            if not lines and members:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            put_whole(path, before[:whole] + _member([(_DAY, day.isoformat()), *lines]))
        except OSError as error:
            raise UserError(
                f"today's instruments cannot be kept in {self._folder}: {error.strerror}",
                "make room there, or make the folder writable",
            ) from None

    def on(self, day: date) -> Kept | None:
        """Return the list of a day in India, or the last one before it; None where none is kept.

        Raises UserError for a file that cannot be read.
        """
        for path in sorted(self._folder.glob(f"{self._name}-*.csv.gz"), reverse=True):
            if not _MONTH.search(path.name) or path.name > self._file_of(day).name:
                continue
            try:
                members, _ = _members(path.read_bytes())
            except OSError as error:
                raise UserError(f"cannot read {path}: {error.strerror}", "make the file readable") from None
            found, known = None, dict[int, ListRow]()
            for member in members:
                if (listed := _day_of(member)) > day:
                    break
                found = listed
                _apply(member, known)
            if found is not None:
                return Kept(found, list(known.values()))
        return None

    def _file_of(self, day: date) -> Path:
        return self._folder / f"{self._name}-{day:%Y-%m}.csv.gz"


_MONTH: Final = re.compile(r"-\d{4}-\d{2}\.csv\.gz$")


def list_day(now: float) -> date:
    """Return the day in India whose list is the newest at a moment, UTC seconds."""
    moment = datetime.fromtimestamp(now, IST)
    return moment.date() if moment.time() >= MADE_AT else moment.date() - timedelta(days=1)


def _changes(known: dict[int, ListRow], listed: dict[int, ListRow]) -> Iterator[tuple[object, ...]]:
    """Yield the lines that make one list of another."""
    for token in known.keys() - listed.keys():
        yield _GONE, token
    for token, row in listed.items():
        before = known.get(token)
        if before is None or _facts(before) != _facts(row):
            yield _PUT, *row


def _facts(row: ListRow) -> tuple[object, ...]:
    return (*row[:_PRICE], *row[_PRICE + 1 :])


def _member(lines: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    # Without a time of its own, so that the same list makes the same bytes.
    return gzip.compress(text.getvalue().encode(), _LEVEL, mtime=0)


def _members(content: bytes) -> tuple[list[str], int]:
    """Return the texts of all whole members, and where the last of them ends."""
    texts: list[str] = []
    end = 0
    while end < len(content):
        reader = zlib.decompressobj(wbits=31)
        try:
            text = reader.decompress(content[end:]).decode()
        except (zlib.error, UnicodeDecodeError):
            break
        if not reader.eof or not text.startswith(_DAY):
            break
        texts.append(text)
        end = len(content) - len(reader.unused_data)
    return texts, end


def _day_of(member: str) -> date:
    return date.fromisoformat(member[len(_DAY) + 1 : len(_DAY) + 11])


def _apply(member: str, known: dict[int, ListRow]) -> None:
    """Bring a list up to the next one."""
    for sign, *fields in csv.reader(io.StringIO(member, newline="")):
        if sign == _GONE:
            known.pop(int(fields[0]), None)
        elif sign == _PUT:
            row = _row(fields)
            known[row[0]] = row


def _row(fields: list[str]) -> ListRow:
    values: list[object] = list(fields)
    for place in _NUMBERS:
        values[place] = int(fields[place])
    for place in _OPTIONAL:
        values[place] = fields[place] or None
    row: ListRow = tuple(values)  # type: ignore[assignment]
    return row
