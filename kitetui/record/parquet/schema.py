"""pyarrow, imported when it is needed, and the columns of a recording as it has them.

Prices are integers in the segment's smallest unit beside their `divisor`; counts are unsigned; times are
timestamps in UTC; null is what a packet does not carry.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from kitetui.errors import UserError
from kitetui.record.rows import CARRIED, TickRows
from kitetui.wire.layout import FIELDS, MODE_OF_LENGTH, FieldKind

MARK: Final = b"kitetui"
"""The key in the metadata of a schema that says who made it."""

NAMED: Final = ("exchange", "tradingsymbol", "mode")
PRICES: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.PRICE)
COUNTS: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.COUNT)
TIMES: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.TIME)

_UNITS: Final = (
    "prices are integers: divide them by divisor; quantities as sent; times in UTC; null was not sent"
)


def pyarrow() -> Any:
    """Return pyarrow. Raises UserError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise UserError("Parquet needs pyarrow", "run pip install 'kitetui[parquet]'") from None
    return pyarrow


@cache
def file_schema() -> Any:
    """Return the columns of a file: `row` numbers the ticks in the order of their arrival, from 0.

    Ticks of an instrument stand together, which takes half the space and lets a query skip the others.
    """
    return schema().append(pyarrow().field("row", pyarrow().int64(), nullable=False))


@cache
def schema() -> Any:
    """Return the columns of a tick."""
    arrow = pyarrow()
    fields = [
        ("received_at", arrow.timestamp("ns", "UTC")),
        ("connection", arrow.uint16()),
        ("sequence", arrow.int64()),
        ("snapshot", arrow.bool_()),
        ("length", arrow.uint8()),
        ("divisor", arrow.int32()),
        *((name, arrow.string()) for name in NAMED),
        *((name, arrow.int32()) for name in PRICES),
        *((name, arrow.uint32()) for name in COUNTS),
        *((name, arrow.timestamp("ms", "UTC")) for name in TIMES),
    ]
    return arrow.schema(fields, metadata={MARK: version("kitetui").encode(), b"units": _UNITS.encode()})


def batch_of(rows: TickRows, names: Iterable[tuple[str, str]]) -> Any:
    """Return rows as a record batch; `names`: the exchange and tradingsymbol of each."""
    arrow = pyarrow()
    exchanges, symbols = zip(*names, strict=True)
    columns = {
        "received_at": arrow.array(rows.received_at.view("M8[ns]"), arrow.timestamp("ns", "UTC")),
        "connection": arrow.array(rows.connection.astype(np.uint16) + 1, arrow.uint16()),
        "sequence": arrow.array(rows.sequence),
        "snapshot": arrow.array(rows.snapshot),
        "length": arrow.array(rows.lengths),
        "divisor": arrow.array(rows.divisors.astype(np.int32)),
        "exchange": arrow.array(exchanges),
        "tradingsymbol": arrow.array(symbols),
        "mode": arrow.array([MODE_OF_LENGTH[length] for length in rows.lengths.tolist()]),
        **{name: _field(arrow, rows, name) for name in FIELDS},
    }
    return arrow.record_batch([columns[field.name] for field in schema()], schema=schema())


def _field(arrow: Any, rows: TickRows, name: str) -> Any:
    field = FIELDS[name]
    words = np.ascontiguousarray(rows.words[:, field.word])
    is_missing = ~CARRIED[name][rows.lengths]
    match field.kind:
        case FieldKind.PRICE:
            return arrow.array(words, mask=is_missing)
        case FieldKind.COUNT:
            return arrow.array(words.view(np.uint32), mask=is_missing)
        case FieldKind.TIME:
            seconds = words.view(np.uint32).astype(np.int64)
            moments = (seconds * 1000).view("M8[ms]")
            return arrow.array(moments, arrow.timestamp("ms", "UTC"), mask=is_missing | (seconds == 0))
