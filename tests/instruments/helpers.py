"""What the tests of instruments share: lists as Kite sends them, and what is kept of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from zlib import crc32

from kitetui.account.profiles import EndpointProfile
from kitetui.account.redirect import HOST
from kitetui.instruments import Instrument, Universe
from kitetui.instruments.instrument import MONTHS
from kitetui.instruments.master import Imported, Master
from kitetui.wire import Exchange

COLUMNS = (
    "instrument_token exchange_token tradingsymbol name last_price expiry strike tick_size lot_size "
    "instrument_type segment exchange"
).split()

Line = Sequence[object]
"""The values of a row in the order of `COLUMNS`."""


def share(
    symbol: str,
    name: str = "",
    exchange: str = "NSE",
    *,
    token: int | str | None = None,
    tick_size: object = "0.05",
    lot_size: object = 1,
) -> Line:
    """A share, whose token is its own unless one is given."""
    token = token_of(f"{exchange}:{symbol}", exchange) if token is None else token
    return token, 0, symbol, name, 0.0, "", 0.0, tick_size, lot_size, "EQ", exchange, exchange


def index(symbol: str, exchange: str = "NSE") -> Line:
    """An index, which Kite sends as a share of the segment INDICES, without tick and lot."""
    token = token_of(f"{exchange}:{symbol}", "INDICES")
    return token, 0, symbol, symbol, 0.0, "", 0.0, 0.0, 0, "EQ", "INDICES", exchange


def future(name: str, expiry: date, exchange: str = "NFO", *, tick_size: object = "0.05") -> Line:
    """The future of an underlying for a month."""
    symbol = f"{name}{_month(expiry)}FUT"
    token = token_of(f"{exchange}:{symbol}", exchange)
    return token, 0, symbol, name, 0.0, expiry, 0.0, tick_size, 75, "FUT", f"{exchange}-FUT", exchange


def option(
    name: str,
    expiry: date,
    strike: object,
    kind: str,
    exchange: str = "NFO",
    *,
    weekly: bool = False,
    tick_size: object = "0.05",
) -> Line:
    """An option, of a month or of a week."""
    when = f"{expiry:%y}{'123456789OND'[expiry.month - 1]}{expiry:%d}" if weekly else _month(expiry)
    symbol = f"{name}{when}{strike}{kind}"
    token = token_of(f"{exchange}:{symbol}", exchange)
    return token, 0, symbol, name, 0.0, expiry, strike, tick_size, 75, kind, f"{exchange}-OPT", exchange


def token_of(key: str, segment: str) -> int:
    """A token of a segment that differs from key to key, and is the same each time."""
    return (crc32(key.encode()) >> 8) << 8 | Exchange[segment]


def table_of(lines: Iterable[Line], columns: Sequence[str] = COLUMNS) -> bytes:
    """A list as Kite writes it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *lines])
    return text.getvalue().encode()


def download(folder: Path, lines: Iterable[Line] | bytes) -> Path:
    """A file as it was downloaded: a list inside gzip, or just these bytes."""
    path = folder / "download"
    path.write_bytes(lines if isinstance(lines, bytes) else gzip.compress(table_of(lines)))
    return path


def import_into(master: Master, lines: Iterable[Line] | bytes, now: float = 0.0) -> Imported:
    """Put a list in the place of the one that is there."""
    master.path.parent.parent.mkdir(parents=True, exist_ok=True)
    return master.replace(download(master.path.parent.parent, lines), now)


def universe_of(folder: Path, lines: Iterable[Line]) -> Universe:
    """The universe of a list, by way of a file as any other."""
    master = Master(folder / "cache" / "list.sqlite")
    import_into(master, lines)
    return universe_at(master)


def universe_at(master: Master) -> Universe:
    """The universe of the list that is there."""
    stored = master.read()
    assert stored is not None
    return Universe(stored.table)


def kept(master: Master) -> list[str]:
    """The keys of the list that is there, in the order of the alphabet."""
    return sorted(keys(universe_at(master)))


def keys(instruments: Iterable[Instrument]) -> list[str]:
    """The names of instruments; those of the NSE without it."""
    return [each.key.removeprefix("NSE:") for each in instruments]


def service_at(port: int) -> EndpointProfile:
    """A service on this machine, as it is named in a configuration."""
    root = f"http://{HOST}:{port}"
    return EndpointProfile("test", root, f"{root}/login", "ws://127.0.0.1/")


def _month(expiry: date) -> str:
    return f"{expiry:%y}{MONTHS[expiry.month - 1]}"
