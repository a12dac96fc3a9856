"""The table as a file: what the watchlist shows, for a spreadsheet, with exact prices and whole numbers.

Columns have the names that a recording gives them. A cell that shows a blank on the screen is empty, and
every row says in `state` what its figures are worth.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kitetui.errors import UserError
from kitetui.formatting import plain
from kitetui.instruments import Instrument
from kitetui.record import field_text, new_file
from kitetui.record.cells.text import price_text
from kitetui.times import IST, ist_microseconds
from kitetui.tui.layout import Column
from kitetui.tui.rows import RowState
from kitetui.wire import Tick, decimals_of
from kitetui.wire.layout import CLOSE, LAST_PRICE, LTP


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row to export; `tick` is its last, received at `received_at` (UTC nanoseconds), `age` seconds ago."""

    instrument: Instrument
    state: RowState
    tick: Tick | None = None
    received_at: int = 0
    age: float = 0.0


def table_csv(rows: Sequence[TableRow], columns: Sequence[Column]) -> str:
    """Return these rows and columns as CSV, between their names and what their figures are worth.

    A column that is a picture is left out.
    """
    shown = [*(cell for column in columns for cell in _CELLS.get(column, ())), _RECEIVED_AT]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_NAMES, *(cell.name for cell in shown), "state"])
    for row in rows:
        cells = (cell.of(row) for cell in shown)
        writer.writerow([*_names(row.instrument), *cells, row.state.name.lower()])
    return text.getvalue()


def dated_stem(now: float) -> str:
    """Return what an export of this moment, UTC seconds, is called: `kitetui-20261122-104217`."""
    return f"kitetui-{datetime.fromtimestamp(now, IST):%Y%m%d-%H%M%S}"


def write_new(folder: Path, stem: str, suffix: str, text: str) -> Path:
    """Write a file that was not there before and return its path; nothing stays of one that fails.

    Raises UserError.
    """
    try:
        path, file = new_file(folder, stem, suffix)
        try:
            with io.BufferedWriter(file) as whole:
                whole.write(text.encode())
        except OSError:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(
            f"cannot write to {folder}: {error.strerror}", "start kitetui in a folder that can be written"
        ) from error
    return path


@dataclass(frozen=True, slots=True)
class _Cell:
    """A column of the file; `text` makes its cell of a row's last tick."""

    name: str
    text: Callable[[TableRow, Tick], str]

    def of(self, row: TableRow) -> str:
        """Return the cell of a row, empty before the first tick."""
        return "" if row.tick is None else self.text(row, row.tick)


_NAMES: Final = ("instrument_token", "exchange", "tradingsymbol")


def _names(instrument: Instrument) -> tuple[str, ...]:
    return (
        str(instrument.instrument_token),
        _words(instrument.exchange),
        _words(instrument.tradingsymbol),
    )


def _words(text: str) -> str:
    """Text that no spreadsheet takes for a formula, and no terminal for a command."""
    text = plain(text)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def _field(name: str) -> _Cell:
    return _Cell(name, lambda row, tick: field_text(tick, name))


def _given(name: str) -> _Cell:
    """A field that is 0 where the exchange gave none."""
    return _Cell(name, lambda row, tick: text if (text := field_text(tick, name)).strip("0.") else "")


def _best(side: str) -> _Cell:
    """The best price of a side of the book, which is none without a quantity."""
    name, quantity = f"{side}_price_1", f"{side}_quantity_1"
    return _Cell(
        name,
        lambda row, tick: field_text(tick, name) if field_text(tick, quantity).strip("0") else "",
    )


def _net_change(row: TableRow, tick: Tick) -> str:
    if tick.length == LTP:
        return ""
    if not tick.words[CLOSE]:
        return field_text(tick, "price_change")
    return price_text(tick.words[LAST_PRICE] - tick.words[CLOSE], decimals_of(tick.instrument_token))


def _percent_change(row: TableRow, tick: Tick) -> str:
    return "" if tick.length == LTP or not tick.words[CLOSE] else repr(tick.change)


def _age(row: TableRow, tick: Tick) -> str:
    return f"{row.age:.1f}"


_RECEIVED_AT: Final = _Cell("received_at", lambda row, tick: ist_microseconds(row.received_at))

_CELLS: Final[Mapping[Column, tuple[_Cell, ...]]] = {
    Column.LTP: (_field("last_price"),),
    Column.CHANGE: (_Cell("net_change", _net_change),),
    Column.PERCENT: (_Cell("change", _percent_change),),
    Column.VOLUME: (_field("volume_traded"),),
    Column.BID: (_best("bid"),),
    Column.ASK: (_best("ask"),),
    Column.HIGH: (_given("high"),),
    Column.LOW: (_given("low"),),
    Column.OI: (_given("oi"),),
    Column.AGE: (_Cell("age", _age), _field("exchange_timestamp")),
}
