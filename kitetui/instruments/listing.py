"""Kite's list of instruments, `/instruments`: read from what was downloaded, row by row.

A list that is none, or only half of one, is refused as a whole. Of a good list a row that cannot be used is
left out, and counted.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.formatting import plain
from kitetui.instruments.instrument import Kind, ListRow
from kitetui.wire import Exchange, divisor_of

COLUMNS: Final = (
    "instrument_token",
    "tradingsymbol",
    "name",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
)
"""The columns that are used, of the twelve that Kite sends; the last price of a list is always 0."""

MADE_AT: Final = time(8, 30)
"""When the list of the day is there, in the time of India."""

_GZIP: Final = b"\x1f\x8b"
_FINEST: Final = Decimal(1) / max(map(divisor_of, Exchange))
_INDICES: Final = "INDICES"
_INDEX: Final = Kind.INDEX.value
_KINDS: Final = {kind.value for kind in Kind} - {_INDEX}
_OPTIONS: Final = (Kind.CALL.value, Kind.PUT.value)
_UNKNOWN: Final = Kind.UNKNOWN.value
_SEGMENTS: Final = {int(each) for each in Exchange if each is not Exchange.UNKNOWN}
_LARGEST: Final = 2**32 - 1
_SMALLEST_TICK: Final = 1


class ListError(UserError):
    """What was downloaded is no list of instruments, or not a whole one."""


@dataclass(slots=True)
class Listing:
    """The rows of a list.

    left_out: how many rows cannot be used, by the reason.
    """

    rows: list[ListRow] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def remarks(self) -> list[str]:
        """What there is to say of the list, in words."""
        return [
            f"{count:,} {'row' if count == 1 else 'rows'} left out: {reason}"
            for reason, count in self.left_out.items()
        ]


def read_listing(path: Path) -> Listing:
    """Read a list that was downloaded, inside gzip or not. Raises ListError, OSError."""
    content = path.read_bytes()
    try:
        text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8", "replace")
        return _listing(csv.reader(io.StringIO(text, newline="")))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ListError(
            "the list of instruments broke off on the way", "try again in a few minutes"
        ) from None
    except csv.Error:
        raise ListError("the list of instruments is damaged", "try again in a few minutes") from None


def _listing(lines: Iterator[list[str]]) -> Listing:
    listing = Listing()
    header = next(lines, [])
    pick, width = _picker(header), len(header)
    rows = []
    for fields in lines:
        try:
            if len(fields) != width:
                raise ValueError
            rows.append(_row(*pick(fields)))
        except (ValueError, ArithmeticError):
            listing.left_out["unreadable"] += 1
    for what, identity in (("token", itemgetter(0)), ("name", itemgetter(1, 2))):
        if duplicates := len(rows) - len(set(map(identity, rows))):
            listing.left_out[f"same {what} as another"] = duplicates
            first: dict[object, ListRow] = {}
            for row in rows:
                first.setdefault(identity(row), row)
            rows = list(first.values())
    listing.rows = rows
    return listing


def _picker(header: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return what picks the columns that are used, wherever they stand. Raises ListError."""
    missing = [name for name in COLUMNS if name not in header]
    if len(missing) == len(COLUMNS):
        raise ListError(
            "what came is no list of instruments", "look whether the network has a login page or a proxy"
        )
    if missing:
        raise ListError(f"the list of instruments has no column {missing[0]}", "update kitetui")
    return itemgetter(*map(header.index, COLUMNS))


def _row(
    token_digits: str,
    symbol: str,
    name: str,
    expiry: str,
    strike: str,
    tick_size: str,
    lot_size: str,
    kind: str,
    segment: str,
    exchange: str,
) -> ListRow:
    """Return the row of an instrument; what has no tick size, as indices, gets the smallest there is.

    Raises ValueError, ArithmeticError.
    """
    token, lot = int(token_digits), int(lot_size or 0)
    if token & 0xFF not in _SEGMENTS or not 0 <= token <= _LARGEST or not 0 <= lot <= _LARGEST:
        raise ValueError
    if not symbol or not exchange or not symbol.isprintable() or not exchange.isprintable():
        raise ValueError
    if segment == _INDICES:
        kind = _INDEX
    elif kind not in _KINDS:
        kind = _UNKNOWN
    return (
        token,
        exchange,
        symbol,
        name if name.isprintable() else plain(name),
        kind,
        _day(expiry),
        _strike(strike) if kind in _OPTIONS else None,
        _units(tick_size, token & 0xFF) or _SMALLEST_TICK,
        lot,
        0,
        1,
    )


@lru_cache(maxsize=4096)
def _day(text: str) -> str | None:
    return date.fromisoformat(text).isoformat() if text else None


@lru_cache(maxsize=65_536)
def _strike(text: str) -> str:
    """Return a strike as `table` has it: without zeros behind the point."""
    strike = Decimal(text).quantize(_FINEST)
    if not strike.is_finite():
        raise ValueError
    return f"{strike.normalize():f}"


@lru_cache(maxsize=1024)
def _units(rupees: str, segment: int) -> int:
    units = Decimal(rupees or 0) * divisor_of(segment)
    if not 0 <= units <= _LARGEST:
        raise ValueError
    return round(units)
