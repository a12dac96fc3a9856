"""Keys that change how the list is seen: sort, filter and columns."""

from __future__ import annotations

from typing import Final

from kitetui.tui.filter import EVERYTHING, Filter, FilterError
from kitetui.tui.layout import Column
from kitetui.tui.ordering import Sort, can_sort
from kitetui.tui.screens.choice import ChoiceScreen
from kitetui.tui.screens.columns import ColumnsScreen
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.screens.prompt import PromptScreen
from kitetui.tui.widgets.table import WatchTable

_HINT: Final = "chg>2 vol>1L ltp<500 bank -fut"
_OWN_ORDER: Final = "the list's own order"


class Viewing(MonitorView):
    """The commands of `Context.VIEW`."""

    async def action_sort(self) -> None:
        """Choose the column to sort by."""
        sortable = [column for column in Column if can_sort(column)]
        sort = self.monitor.ordering.sort

        def done(position: int | None) -> None:
            if position is not None:
                self._sort_by(sortable[position - 1] if position else None)

        names = [_OWN_ORDER, *(column.value for column in sortable)]
        current = 0 if sort is None else sortable.index(sort.column) + 1
        await self.app.push_screen(ChoiceScreen("Sort by", names, current), done)

    def action_reverse_sort(self) -> None:
        """Sort from the other end."""
        if (sort := self.monitor.ordering.sort) is not None:
            self._follow(sort.reversed())

    def on_watch_table_heading_clicked(self, event: WatchTable.HeadingClicked) -> None:
        """Sort by the column, then from its other end, then not at all."""
        sort, column = self.monitor.ordering.sort, event.column
        if not can_sort(column):
            return
        if sort is None or sort.column is not column:
            self._follow(Sort.by(column))
        else:
            self._follow(sort.reversed() if sort == Sort.by(column) else None)

    async def action_filter(self) -> None:
        """Show only what passes what is typed, as it is typed; Esc goes back to what was shown."""
        before = self.monitor.ordering.filter

        def typed(text: str) -> str:
            try:
                wanted = Filter.parse(text)
            except FilterError as error:
                return str(error)
            self._show_filtered(wanted)
            return ""

        def done(text: str | None) -> None:
            if text is None:
                self._show_filtered(before)

        await self.app.push_screen(PromptScreen("Filter", typed, value=before.text, hint=_HINT), done)

    def action_clear_filter(self) -> None:
        """Show all symbols of the group."""
        self._show_filtered(EVERYTHING)

    async def action_columns(self) -> None:
        """Choose the columns."""

        def done(chosen: tuple[Column, ...] | None) -> None:
            if chosen is not None:
                self.run_worker(self.desk.settings.keep_columns(chosen), group="keep")

        await self.app.push_screen(ColumnsScreen(self.desk.settings.columns, self.table.choose_columns), done)

    def _sort_by(self, column: Column | None) -> None:
        self._follow(None if column is None else Sort.by(column))

    def _follow(self, sort: Sort | None) -> None:
        self.monitor.ordering.sort = sort
        self.show_list()
        self.run_worker(self.desk.settings.keep_sort(sort), group="keep")

    def _show_filtered(self, wanted: Filter) -> None:
        self.monitor.ordering.filter = wanted
        self.show_list()
