"""The columns of a CSV recording: their names and order, and how a choice of them is read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from kitetui.errors import UserError
from kitetui.formatting import plain
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
a tick that may be the server's answer to a request, perhaps days old, and no news."""


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
