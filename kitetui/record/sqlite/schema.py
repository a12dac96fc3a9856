"""The tables of a recording, made of the fields of a tick.

`ticks` holds what was sent, as integers: prices in the segment's smallest unit beside their `divisor`, times
as UTC seconds, `received_at` as UTC nanoseconds, NULL for what a packet does not carry. The view `prices` is
for people: prices divided, names instead of tokens, times as text in India. An index finds an instrument's
day without reading the others'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kitetui.wire.layout import FIELDS, FieldKind

APPLICATION_ID: Final = 0x4B544943
"""In the head of the file: a recording of kitetui."""

VERSION: Final = 1

OWN: Final = ("received_at", "connection", "sequence", "snapshot", "length", "divisor")
"""The columns before the fields; `connection` counts from 1, `length` is the packet's, which is its kind."""

NAMES: Final = tuple(FIELDS)
WORDS: Final = [field.word for field in FIELDS.values()]
IS_PRICE: Final = np.array([field.kind is FieldKind.PRICE for field in FIELDS.values()])
PRICE_WORDS: Final = [field.word for field in FIELDS.values() if field.kind is FieldKind.PRICE]

INSERT: Final = f"INSERT INTO ticks VALUES ({','.join('?' * (len(OWN) + len(NAMES)))})"  # noqa: S608


def _shown(columns: Sequence[str]) -> str:
    shown = []
    for name in columns:
        match FIELDS[name].kind:
            case FieldKind.PRICE:
                shown.append(f"1.0 * {name} / divisor AS {name}")
            case FieldKind.TIME:
                shown.append(f"{_ist(name)} AS {name}")
            case FieldKind.COUNT:
                shown.append(f"{name}")
    return ", ".join(shown)


def _ist(seconds: str, fraction: str = "''") -> str:
    moment = f"strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch', '+330 minutes')"
    return f"{moment} || {fraction} || '+05:30'"


_RECEIVED_AT: Final = _ist("received_at / 1000000000", "printf('.%06d', received_at / 1000 % 1000000)")


SCHEMA: Final = f"""
BEGIN;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE instruments (instrument_token INTEGER PRIMARY KEY, exchange TEXT, tradingsymbol TEXT);
CREATE TABLE ticks ({", ".join(f"{name} INTEGER" for name in (*OWN, *NAMES))});
CREATE INDEX ticks_of_instrument ON ticks (instrument_token, received_at);
CREATE VIEW prices AS
SELECT {_RECEIVED_AT} AS received_at, connection, sequence, snapshot,
       exchange, tradingsymbol,
       CASE length WHEN 8 THEN 'ltp' WHEN 28 THEN 'quote' WHEN 44 THEN 'quote' ELSE 'full' END AS mode,
       {_shown(["last_price", *(name for name in NAMES if name not in ("last_price", "instrument_token"))])}
FROM ticks LEFT JOIN instruments USING (instrument_token);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
COMMIT;
"""  # noqa: S608 - made of the names of our own fields
