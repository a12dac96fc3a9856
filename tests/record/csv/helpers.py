"""Any rows there can be, and what a recording says of them: written slowly, one cell after the other."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from kitetui.record.csv import COLUMNS, CsvWriter
from kitetui.record.output import empty_file
from kitetui.record.rows import TickRows
from kitetui.wire import Tick, decode_frame
from tests.wire.packets import INFY_FULL, frame
from tests.wire.strategies import Drawn, drawn_packets

IST = timezone(timedelta(hours=5, minutes=30))

_DECIMALS = {3: 7, 6: 4, 12: 4}
_PLACES = {2: 2, 4: 4, 7: 4}


def name_of(token: int) -> tuple[str, str] | None:
    """A name of each sort for some token: none, a plain one, and one that a CSV has to quote."""
    return (None, ("NSE", f"S{token}"), ("मुंबई", f'M,"{token}'))[token // 256 % 3]


def rows_of(packets: Sequence[Drawn], **columns: Sequence[int]) -> TickRows:
    """The rows of these packets; other columns are given by name."""
    batch = decode_frame(frame(*(each.data for each in packets)))
    count = len(batch)
    kinds = {"received_at": np.int64, "connection": np.uint8, "sequence": np.int64, "snapshot": np.bool_}
    others: dict[str, Any] = {
        name: np.array(columns.get(name, [0] * count), dtype=kind) for name, kind in kinds.items()
    }
    return TickRows(batch.words, batch.lengths, **others)


def infy(count: int) -> TickRows:
    """Full ticks of INFY, a second apart, of which the first carries the mark."""
    batch = decode_frame(frame(*[INFY_FULL] * count))
    numbers = np.arange(1, count + 1)
    received_at = 1_625_461_887_123_456_000 + numbers * 1_000_000_000
    return TickRows(batch.words, batch.lengths, received_at, np.zeros(count, np.uint8), numbers, numbers == 1)


@st.composite
def any_rows(draw: st.DrawFn, most: int = 40) -> TickRows:
    """Rows of packets of every kind with any words, received at any time."""
    packets = draw(st.lists(drawn_packets(), min_size=1, max_size=most))
    count = len(packets)

    def column(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=count, max_size=count))

    return rows_of(
        packets,
        received_at=column(st.integers(0, 4 * 10**15).map(lambda micro: micro * 1000)),
        connection=column(st.integers(0, 255)),
        sequence=column(st.integers(0, 10**18 - 1)),
        snapshot=column(st.integers(0, 1)),
    )


def reference(rows: TickRows, columns: Sequence[str]) -> str:
    """The same text as the encoder's, by the standard library's decimals, dates and CSV writer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for at in range(len(rows)):
        cells = _cells(rows, at)
        writer.writerow([cells[name] for name in columns])
    return text.getvalue()


def written(path: Path, rows: TickRows, columns: Sequence[str] = COLUMNS) -> Path:
    """Write a file of these rows."""
    writer = CsvWriter(empty_file(path), name_of, columns, is_new=True)
    writer.write(rows)
    writer.close()
    return path


def joined(batches: Sequence[TickRows]) -> TickRows:
    """Rows of several batches as one."""
    return TickRows.joined([TickRows.none(), *batches])


def assert_same(found: TickRows, expected: TickRows) -> None:
    """Check that rows are the same, to the last word and type."""
    for each in fields(TickRows):
        ours, theirs = getattr(found, each.name), getattr(expected, each.name)
        assert ours.dtype == theirs.dtype, each.name
        np.testing.assert_array_equal(ours, theirs, err_msg=each.name)


def _cells(rows: TickRows, at: int) -> dict[str, str]:
    tick = Tick(rows.words[at].tolist(), int(rows.lengths[at]))
    token = tick.instrument_token
    exchange, symbol = name_of(token) or (_SEGMENT_NAMES.get(token & 0xFF, "UNKNOWN"), "")
    word = rows.words[at].tolist()
    length = int(rows.lengths[at])
    is_index = length in (28, 32)
    decimals = _DECIMALS.get(token & 0xFF, 2)
    moment = datetime.fromtimestamp(int(rows.received_at[at]) // 10**9, IST)
    micro = int(rows.received_at[at]) // 1000 % 10**6
    cells = dict.fromkeys(COLUMNS, "") | {
        "received_at": moment.replace(microsecond=micro).isoformat(timespec="microseconds"),
        "connection": str(int(rows.connection[at]) + 1),
        "sequence": str(rows.sequence[at]),
        "instrument_token": str(token),
        "exchange": exchange,
        "tradingsymbol": symbol,
        "mode": {8: "ltp", 28: "quote", 44: "quote"}.get(length, "full"),
        "last_price": _price(word[1], decimals),
        "snapshot": "1" if rows.snapshot[at] else "0",
    }
    if length > 8:
        cells |= zip(
            ("open", "high", "low", "close"), (_price(each, decimals) for each in word[7:11]), strict=True
        )
        last, close = (_meant(word[at], decimals) / 10**decimals for at in (1, 10))
        cells["change"] = repr((last - close) * 100 / close) if close else "0.0"
    if length >= 44:
        counts = ("last_traded_quantity", "volume_traded", "total_buy_quantity", "total_sell_quantity")
        cells |= {name: str(word[at] % 2**32) for name, at in zip(counts, (2, 4, 5, 6), strict=True)}
        cells["average_traded_price"] = _price(word[3], decimals)
    if length in (32, 184):
        cells["exchange_timestamp"] = _time(word[15])
    if length == 184:
        cells["last_trade_time"] = _time(word[11])
        cells |= {
            name: str(word[at] % 2**32) for name, at in (("oi", 12), ("oi_day_high", 13), ("oi_day_low", 14))
        }
        for entry in range(10):
            side, level = ("bid", "ask")[entry // 5], entry % 5 + 1
            quantity, price, orders = word[16 + 3 * entry : 19 + 3 * entry]
            cells[f"{side}_price_{level}"] = _price(price, decimals)
            cells[f"{side}_quantity_{level}"] = str(quantity % 2**32)
            cells[f"{side}_orders_{level}"] = str(orders)
    assert not (is_index and cells["volume_traded"])
    return cells


_SEGMENT_NAMES = {
    1: "NSE", 2: "NFO", 3: "CDS", 4: "BSE", 5: "BFO", 6: "BCD", 7: "MCX", 8: "MCXSX", 9: "INDICES", 12: "NCO"
}  # fmt: skip


def _meant(word: int, decimals: int) -> int:
    """Silver has prices beyond 31 bits where prices have four decimals."""
    return word + 2**32 if decimals > 2 and word < -50_000_000 else word


def _price(word: int, decimals: int) -> str:
    text = f"{Decimal(_meant(word, decimals)).scaleb(-decimals):.{decimals}f}"
    whole, part = text.split(".")
    least = _PLACES[decimals]
    return f"{whole}.{part[:least]}{part[least:].rstrip('0')}"


def _time(seconds: int) -> str:
    seconds %= 2**32
    return datetime.fromtimestamp(seconds, UTC).astimezone(IST).isoformat() if seconds else ""
