"""pyarrow, imported when it is needed, and the columns of a recording as it has them.

They are those of `TickBatch.to_arrow`: prices are float64 in rupees or points, counts int64, times timestamps
in UTC, and null is what a packet does not carry. With `integers` prices are int64 in the segment's smallest
unit, and a `divisor` stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from kitetui.errors import UserError
from kitetui.record.rows import CARRIED, TickRows
from kitetui.wire.layout import FIELDS, MODE_OF_LENGTH, FieldKind, prices_of

MARK: Final = b"kitetui"
"""The key in the metadata of a schema that says who made it."""

NAMED: Final = ("exchange", "tradingsymbol", "mode")
PRICES: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.PRICE)
COUNTS: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.COUNT)
TIMES: Final = tuple(name for name, field in FIELDS.items() if field.kind is FieldKind.TIME)

_UNITS: Final = {
    False: "prices in rupees or points; quantities as sent; times in UTC; null was not sent",
    True: "prices are integers: divide them by divisor; quantities as sent; times in UTC; null was not sent",
}


def pyarrow() -> Any:
    """Return pyarrow. Raises UserError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.ipc
        import pyarrow.parquet
    except ImportError:
        raise UserError("Parquet needs pyarrow", "run pip install 'kitetui[parquet]'") from None
    return pyarrow


def with_row(columns: Any) -> Any:
    """Return the columns of a file: `row` numbers the ticks in the order of their arrival, from 0.

    Ticks of an instrument stand together, which takes half the space and lets a query skip the others.
    """
    return columns.append(pyarrow().field("row", pyarrow().int64(), nullable=False))


@cache
def schema(*, integers: bool = False) -> Any:
    """Return the columns of a tick."""
    arrow = pyarrow()
    price = arrow.int64() if integers else arrow.float64()
    fields = [
        ("received_at", arrow.timestamp("ns", "UTC")),
        ("connection", arrow.int64()),
        ("sequence", arrow.int64()),
        ("snapshot", arrow.bool_()),
        ("length", arrow.int64()),
        *([("divisor", arrow.int64())] if integers else []),
        *((name, arrow.string()) for name in NAMED),
        *((name, price) for name in PRICES),
        *((name, arrow.int64()) for name in COUNTS),
        *((name, arrow.timestamp("ns", "UTC")) for name in TIMES),
    ]
    metadata = {MARK: version("kitetui").encode(), b"units": _UNITS[integers].encode()}
    return arrow.schema(fields, metadata=metadata)


def batch_of(rows: TickRows, names: Iterable[tuple[str, str]], *, integers: bool = False) -> Any:
    """Return rows as a record batch; `names`: the exchange and tradingsymbol of each."""
    arrow = pyarrow()
    exchanges, symbols = zip(*names, strict=True)
    columns = {
        "received_at": arrow.array(rows.received_at.view("M8[ns]"), arrow.timestamp("ns", "UTC")),
        "connection": arrow.array(rows.connection.astype(np.int64) + 1),
        "sequence": arrow.array(rows.sequence),
        "snapshot": arrow.array(rows.snapshot),
        "length": arrow.array(rows.lengths.astype(np.int64)),
        "divisor": arrow.array(rows.divisors),
        "exchange": arrow.array(exchanges),
        "tradingsymbol": arrow.array(symbols),
        "mode": arrow.array([MODE_OF_LENGTH[length] for length in rows.lengths.tolist()]),
        **{name: _field(arrow, rows, name, integers=integers) for name in FIELDS},
    }
    wanted = schema(integers=integers)
    return arrow.record_batch([columns[field.name] for field in wanted], schema=wanted)


def _field(arrow: Any, rows: TickRows, name: str, *, integers: bool) -> Any:
    field = FIELDS[name]
    words = rows.words[:, field.word]
    is_missing = ~CARRIED[name][rows.lengths]
    match field.kind:
        case FieldKind.PRICE:
            prices = prices_of(words, rows.tokens)
            return arrow.array(prices if integers else prices / rows.divisors, mask=is_missing)
        case FieldKind.COUNT:
            return arrow.array(words.view(np.uint32).astype(np.int64), mask=is_missing)
        case FieldKind.TIME:
            seconds = words.view(np.uint32).astype(np.int64)
            moments = (seconds * 1_000_000_000).view("M8[ns]")
            return arrow.array(moments, arrow.timestamp("ns", "UTC"), mask=is_missing | (seconds == 0))
