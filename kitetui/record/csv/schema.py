"""The columns of a CSV recording: names, order, choosing and recognising them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Final

from kitetui.errors import UserError
from kitetui.formatting import plain
from kitetui.record.base import reading
from kitetui.record.repair import LONGEST_LINE, repair_lines
from kitetui.wire.layout import DEPTH_LEVELS

_LONGEST: Final = 40
"""Characters of a wrong name that are repeated to the user."""

_DEPTH: Final = tuple(
    f"{side}_{what}_{level}"
    for side in ("bid", "ask")
    for level in range(1, DEPTH_LEVELS + 1)
    for what in ("price", "quantity", "orders")
)

COLUMNS: Final = (
    "received_at",
    "connection",
    "sequence",
    "instrument_token",
    "exchange",
    "tradingsymbol",
    "mode",
    "last_price",
    "last_traded_quantity",
    "average_traded_price",
    "volume_traded",
    "total_buy_quantity",
    "total_sell_quantity",
    "open",
    "high",
    "low",
    "close",
    "change",
    "last_trade_time",
    "exchange_timestamp",
    "oi",
    "oi_day_high",
    "oi_day_low",
    *_DEPTH,
    "snapshot",
)
"""The columns, in order. `connection` counts from 1, as on the screen; `sequence` numbers the ticks of a
connection from 1, so that a jump is a loss; `change` is in percent of the previous close; `snapshot` is 1 for
a tick that may be the server's answer to a request, perhaps days old, and no news, else 0."""


def header_of(columns: Iterable[str]) -> str:
    """Return the first line of a file with these columns."""
    return ",".join(columns) + "\n"


HEADER: Final = header_of(COLUMNS)


def parse_columns(text: str) -> tuple[str, ...]:
    """Return the columns of a list like `received_at,last_price`. Raises UserError."""
    names = tuple(each.strip() for each in text.split(","))
    for place, name in enumerate(names):
        if name not in COLUMNS:
            raise UserError(f"--columns: no column {_quoted(name)}", _nearest(name))
        if name in names[:place]:
            raise UserError(f"--columns names {name} twice", "name each column once")
    return names


def _nearest(name: str) -> str:
    near = get_close_matches(name.lower(), COLUMNS, n=1)
    return f"did you mean {near[0]}?" if near else f"the columns are {', '.join(COLUMNS)}"


def _quoted(name: str) -> str:
    return json.dumps(plain(name[:_LONGEST]), ensure_ascii=False)


_BOM: Final = b"\xef\xbb\xbf"
_EVERY_TICK: Final = {"received_at", "instrument_token"}


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this is a CSV of ticks, of whichever columns."""
    columns = set(_columns(head.split(b"\n", 1)[0])) - {""}
    return (bool(columns) and columns <= set(COLUMNS)) or columns >= _EVERY_TICK


def begins_header(head: bytes) -> bool:
    """Whether this may be the beginning of a first line that was never finished."""
    *names, last = head.decode(errors="replace").split(",")
    return all(name in COLUMNS for name in names) and any(name.startswith(last) for name in COLUMNS)


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the columns that a file has. Raises UserError for one that is no CSV of ticks."""
    with reading(path), path.open("rb") as file:
        line = read_header(file)
    if not sniff(line):
        raise UserError(f"{path} is no CSV of ticks: its first line does not name their columns")
    return _columns(line)


def read_header(file: BinaryIO) -> bytes:
    """Read the first line of a file; what follows it are rows."""
    return file.readline(LONGEST_LINE)


def repair(path: Path) -> str | None:
    """Repair a CSV of ticks; see `repair_lines`."""
    return repair_lines(path, lambda line: sniff(line) if line.endswith(b"\n") else begins_header(line))


def _columns(line: bytes) -> tuple[str, ...]:
    text = line.removeprefix(_BOM).decode(errors="replace").rstrip("\r\n")
    try:
        return tuple(name.strip() for name in next(csv.reader([text]), []))
    except csv.Error:
        return (text,)
