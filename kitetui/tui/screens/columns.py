"""Which columns the watchlist has, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.layout import ALWAYS, Column
from kitetui.tui.render.spans import Line, Style
from kitetui.tui.widgets.painted import PaintedPane

_MEANINGS = {
    Column.LTP: "last traded price",
    Column.CHANGE: "change from the previous close",
    Column.PERCENT: "the same in percent",
    Column.VOLUME: "volume of the day",
    Column.BID: "best bid",
    Column.ASK: "best offer",
    Column.HIGH: "high of the day",
    Column.LOW: "low of the day",
    Column.OI: "open interest",
    Column.AGE: "how old the tick is",
    Column.HOUR: "the last hour as a graph",
}


class ColumnsScreen(ModalScreen[tuple[Column, ...] | None]):
    """Gives the columns chosen, the symbol first, or None if it was left.

    preview: is called with each change, so that the table shows it at once.
    """

    BINDINGS = bindings_of(Context.COLUMNS)

    def __init__(self, chosen: Sequence[Column], preview: Callable[[tuple[Column, ...]], None]) -> None:
        super().__init__()
        self._before = tuple(chosen)
        self._preview = preview
        self._list = _ColumnList(chosen)

    def compose(self) -> ComposeResult:
        """Yield the list."""
        with Vertical(id="columns-dialog") as dialog:
            dialog.border_title = "Columns"
            dialog.border_subtitle = "Space shows · J K move · r resets · Enter keeps"
            yield self._list

    def action_column_up(self) -> None:
        """Go up."""
        self._list.move(-1)

    def action_column_down(self) -> None:
        """Go down."""
        self._list.move(1)

    def action_toggle_column(self) -> None:
        """Show or hide the column."""
        self._list.toggle()
        self._preview(self._list.chosen)

    def action_raise_column(self) -> None:
        """Move the column to the left."""
        self._list.carry(-1)
        self._preview(self._list.chosen)

    def action_lower_column(self) -> None:
        """Move the column to the right."""
        self._list.carry(1)
        self._preview(self._list.chosen)

    def action_default_columns(self) -> None:
        """Show every column in the program's order."""
        self._list.fill(tuple(Column))
        self._preview(self._list.chosen)

    def action_take_columns(self) -> None:
        """Keep the columns."""
        self.dismiss(self._list.chosen)

    def action_close_columns(self) -> None:
        """Leave everything as it was."""
        self._preview(self._before)
        self.dismiss(None)


class _ColumnList(PaintedPane):
    def __init__(self, chosen: Sequence[Column]) -> None:
        super().__init__(id="columns-list")
        self._position = 0
        self._shown: set[Column] = set()
        self._order: list[Column] = []
        self._take(chosen)

    @property
    def chosen(self) -> tuple[Column, ...]:
        return (Column.SYMBOL, *(each for each in self._order if each in self._shown))

    def on_mount(self) -> None:
        self.styles.height = len(self._order)

    def fill(self, chosen: Sequence[Column]) -> None:
        self._take(chosen)
        self.repaint()

    def move(self, rows: int) -> None:
        self._position = min(max(self._position + rows, 0), len(self._order) - 1)
        self.repaint()

    def carry(self, rows: int) -> None:
        target = self._position + rows
        if 0 <= target < len(self._order):
            self._order.insert(target, self._order.pop(self._position))
            self.move(rows)

    def toggle(self) -> None:
        column = self._order[self._position]
        if column not in ALWAYS:
            self._shown ^= {column}
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        return [self._line(at, column) for at, column in enumerate(self._order)]

    def _take(self, chosen: Sequence[Column]) -> None:
        self._shown = {*chosen, *ALWAYS}
        kept = [each for each in chosen if each is not Column.SYMBOL]
        self._order = [*kept, *(each for each in Column if each not in {*kept, Column.SYMBOL})]

    def _line(self, at: int, column: Column) -> Line:
        here = at == self._position
        tick = "✓" if column in self._shown else " "
        return [
            ("▌ " if here else "  ", Style.BRAND),
            (f"{tick} ", Style.DIM if column in ALWAYS else Style.LIVE),
            (f"{column:<6}", Style.STRONG if here else Style.TEXT),
            (_MEANINGS[column], Style.DIM),
        ]
