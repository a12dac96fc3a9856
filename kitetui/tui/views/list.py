"""The list: the watchlist with the quote, depth and chart of the selected symbol, connections and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from textual.app import ComposeResult

from kitetui.config import MAX_GROUP_NAME
from kitetui.formatting import plain
from kitetui.instruments import Instrument
from kitetui.tui.clipboard import said_of_copy
from kitetui.tui.commands import ON_LIST, bindings_of
from kitetui.tui.events import Notice
from kitetui.tui.filter import EVERYTHING, Filter, FilterError
from kitetui.tui.layout import Column, Pane, is_narrow
from kitetui.tui.numerals import group
from kitetui.tui.ordering import Sort, can_sort
from kitetui.tui.render.spans import Style
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.columns import ColumnsScreen
from kitetui.tui.screens.dialogs import ChoiceScreen, PromptScreen
from kitetui.tui.views.view import View
from kitetui.tui.widgets.arrangement import Panes
from kitetui.tui.widgets.chart import MOST_CANDLES, ChartData, ChartPane
from kitetui.tui.widgets.painted import PaintedPane
from kitetui.tui.widgets.panes import (
    ConnectionsPane,
    DepthPane,
    GroupsPane,
    KeysPane,
    LogPane,
    QuoteLinePane,
    QuotePane,
    TooSmallPane,
    TopPane,
)
from kitetui.tui.widgets.table import WatchTable
from kitetui.wire import decimals_of

_HINT: Final = "chg>2 vol>1L ltp<500 bank -fut"
_OWN_ORDER: Final = "the list's own order"


class ListView(View):
    """The groups of the watchlist, one at a time."""

    BINDINGS = bindings_of(*ON_LIST)

    contexts = ON_LIST
    _sought = ""

    def compose(self) -> ComposeResult:
        """Yield the panes; where they stand is the layout's affair."""
        context = self.context
        yield Panes(
            TooSmallPane(context),
            TopPane(context),
            GroupsPane(context),
            WatchTable(self.monitor, id=Pane.WATCHLIST),
            QuoteLinePane(context),
            QuotePane(context),
            DepthPane(context),
            ChartPane(self._chart_data, id=Pane.CHART),
            ConnectionsPane(context),
            LogPane(context),
            KeysPane(context, self.contexts),
        )

    async def on_mount(self) -> None:
        """Begin with the order that the user chose last."""
        self.monitor.ordering.sort = self.context.settings.sort
        self.follow_settings()

    def follow_settings(self) -> None:
        """Show the list as the configuration has it."""
        self.table.flashes = self.context.settings.config.flash
        self.table.choose_columns(self.context.settings.columns)
        self.show_list()

    def show_list(self) -> None:
        """Arrange the list anew, and show it."""
        self.monitor.arrange()
        self.table.list_changed()
        self.draw()

    def on_watch_table_selected(self) -> None:
        """Show the quote and the depth of what was clicked."""
        self.monitor.hold_order()
        self.redraw()

    @property
    def table(self) -> WatchTable:
        """The watchlist's widget."""
        return self.query_one(WatchTable)

    @property
    def panes(self) -> Panes:
        """The container of all panes."""
        return self.query_one(Panes)

    def is_shown(self, pane: Pane) -> bool:
        """Whether a pane has a place on the screen."""
        return pane in self.panes.places

    def _chart_data(self) -> ChartData | None:
        instrument = self.monitor.watchlist.selected
        if instrument is None:
            return None
        token, seconds = instrument.instrument_token, self.query_one(ChartPane).seconds
        return ChartData(
            title=[(instrument.tradingsymbol, Style.TITLE), (" since the start", Style.DIM)],
            candles=self.monitor.candles(token, seconds, MOST_CANDLES),
            decimals=decimals_of(token),
            seconds=seconds,
        )

    def refresh_view(self) -> None:
        """Draw the rows and what is about the selected symbol."""
        if self.monitor.arrange_when_due():
            self.table.list_changed()
        self.table.update_rows()
        self.repaint(TopPane, GroupsPane, QuoteLinePane, QuotePane, DepthPane, LogPane, KeysPane)

    def refresh_slowly(self) -> None:
        """Draw the connections' figures and the chart."""
        self.repaint(ConnectionsPane)
        self._draw_chart()

    def repaint(self, *kinds: type[PaintedPane]) -> None:
        """Draw these panes, as far as they have a place on the screen."""
        for kind in kinds:
            pane = self.query_one(kind)
            if pane.id is not None and self.is_shown(Pane(pane.id)):
                pane.repaint()

    def redraw(self) -> None:
        """Draw at once the rows and all that is about the selected symbol."""
        self.draw()
        self._draw_chart()

    def _draw_chart(self) -> None:
        if self.is_shown(Pane.CHART):
            self.query_one(ChartPane).update()

    def action_cursor_up(self) -> None:
        """Select the symbol above."""
        self._move_by(-1)

    def action_cursor_down(self) -> None:
        """Select the symbol below."""
        self._move_by(1)

    def action_first(self) -> None:
        """Select the first symbol."""
        self._move_to(0)

    def action_last(self) -> None:
        """Select the last symbol."""
        self._move_to(len(self.monitor.watchlist) - 1)

    def action_page_up(self) -> None:
        """Move up a page."""
        self._move_by(-self.table.page)

    def action_page_down(self) -> None:
        """Move down a page."""
        self._move_by(self.table.page)

    def action_half_page_up(self) -> None:
        """Move up half a page."""
        self._move_by(-(self.table.page // 2 or 1))

    def action_half_page_down(self) -> None:
        """Move down half a page."""
        self._move_by(self.table.page // 2 or 1)

    async def action_group(self, number: int) -> None:
        """Show a group, or begin a new one."""
        self.show_group(number)

    def show_group(self, number: int) -> None:
        """Show a group, or begin a new one."""
        if self.monitor.groups.show(number):
            self.show_list()
            self.redraw()

    def action_previous_group(self) -> None:
        """Show the group before."""
        self.monitor.groups.step(-1)
        self.show_list()

    def action_next_group(self) -> None:
        """Show the next group."""
        self.monitor.groups.step(1)
        self.show_list()

    def on_groups_pane_clicked(self, event: GroupsPane.Clicked) -> None:
        """Show the group that was clicked."""
        self.show_group(event.number)

    async def action_find(self) -> None:
        """Go to what is typed, as it is typed; Esc goes back to where the cursor was."""
        start = self.monitor.watchlist.cursor

        def typed(text: str) -> str:
            found = self.monitor.watchlist.find(text, start) if text else start
            if found is not None:
                self._move_to(found)
            return "" if found is not None else "not in this group"

        def done(text: str | None) -> None:
            if text is None:
                self._move_to(start)
            else:
                self._sought = text

        await self.app.push_screen(PromptScreen("Find", typed, hint="symbol or name"), done)

    async def action_find_next(self) -> None:
        """Go to the next symbol found."""
        await self._find_from(1)

    async def action_find_previous(self) -> None:
        """Go to the symbol found before."""
        await self._find_from(-1)

    async def _find_from(self, step: int) -> None:
        if not self._sought:
            await self.action_find()
            return
        watchlist = self.monitor.watchlist
        found = watchlist.find(self._sought, watchlist.cursor + step, step)
        if found is None:
            self.monitor.tell(Notice(f"no {plain(self._sought)} in this group"))
        else:
            self._move_to(found)

    def _move_by(self, rows: int) -> None:
        self._move_to(self.monitor.watchlist.cursor + rows)

    def _move_to(self, position: int) -> None:
        self.monitor.watchlist.move(position)
        self.monitor.hold_order()
        self.table.show_cursor()
        self.redraw()

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
                self.run_worker(self.context.settings.keep_columns(chosen), group="keep")

        chosen = self.context.settings.columns
        await self.app.push_screen(ColumnsScreen(chosen, self.table.choose_columns), done)

    def _sort_by(self, column: Column | None) -> None:
        self._follow(None if column is None else Sort.by(column))

    def _follow(self, sort: Sort | None) -> None:
        self.monitor.ordering.sort = sort
        self.show_list()
        self.run_worker(self.context.settings.keep_sort(sort), group="keep")

    def _show_filtered(self, wanted: Filter) -> None:
        self.monitor.ordering.filter = wanted
        self.show_list()

    def action_depth(self) -> None:
        """Show or hide the order book."""
        wish = replace(self.panes.wish, depth=not self.is_shown(Pane.DEPTH), detail=False)
        if is_narrow(self.size.width):  # the two share one place there
            wish = replace(wish, connections=None)
        self.panes.show(wish)

    def action_chart(self) -> None:
        """Show or hide the chart; where there is no room beside the list, the whole screen has it."""
        wish = self.panes.wish
        if is_narrow(self.size.width):
            self.action_detail()
        else:
            self.panes.show(replace(wish, chart=not self.is_shown(Pane.CHART), detail=False))

    def action_bucket(self) -> None:
        """Chart in steps of the next length."""
        self.query_one(ChartPane).next_bucket()

    def action_chart_style(self) -> None:
        """Chart as a line or as candles."""
        self.query_one(ChartPane).next_style()

    def action_connections(self) -> None:
        """Show or hide the connections."""
        wish = replace(self.panes.wish, connections=not self.is_shown(Pane.CONNECTIONS), detail=False)
        self.panes.show(wish)

    def action_detail(self) -> None:
        """Give the whole screen to the selected symbol, or back to the list."""
        self.panes.show(replace(self.panes.wish, detail=not self.panes.wish.detail))
        self.call_after_refresh(self.redraw)

    def action_export(self) -> None:
        """Write the table as it stands to a CSV file."""
        from kitetui.tui.export import TableRow, table_csv

        monitor = self.monitor
        rows = [monitor.rows.row(instrument) for instrument in monitor.watchlist.shown]
        table = [
            TableRow(row.instrument, row.freshness.state, *(monitor.rows.tick_of(row.instrument) or ()))
            for row in rows
        ]
        self.write(".csv", table_csv(table, self.table.columns), f"{group(len(rows))} rows in")

    def action_clear(self) -> None:
        """Take back marks, a detail or a filter, one after the other."""
        watchlist, panes = self.monitor.watchlist, self.panes
        if watchlist.marked:
            watchlist.clear_marks()
        elif panes.wish.detail:
            panes.show(replace(panes.wish, detail=False))
        elif self.monitor.ordering.filter is not EVERYTHING:
            self.monitor.ordering.filter = EVERYTHING
            self.show_list()
        self.table.show_cursor()
        self.draw()

    async def action_add(self) -> None:
        """Open the dialog that adds symbols."""
        await self.app.push_screen(AddScreen(self.monitor, self.context.universe(), self._list_changed))

    async def action_remove(self) -> None:
        """Remove what is marked or selected."""
        removed = await self.monitor.remove_chosen()
        if removed:
            self._list_changed()
            self.monitor.tell(Notice(f"{_named(removed)} removed, u brings back"))

    async def action_undo(self) -> None:
        """Bring back what was removed last."""
        try:
            returned = await self.monitor.undo_removal()
        except ValueError as refusal:
            self.monitor.tell(Notice.refusal(refusal))
            return
        if not returned:
            self.monitor.tell(Notice("nothing to bring back"))
            return
        self._list_changed()

    async def action_successors(self) -> None:
        """Watch what came after symbols that are not traded any more."""
        try:
            successors = await self.monitor.take_successors()
        except ValueError as refusal:
            self.monitor.tell(Notice.refusal(refusal))
            return
        if not successors:
            self.monitor.tell(Notice("no symbol here has a successor"))
            return
        self.monitor.tell(Notice(f"{_named(successors)} watched in place of what is gone"))
        self._list_changed()

    async def action_mode(self) -> None:
        """Stream what is marked or selected in the next mode."""
        await self.monitor.cycle_mode()
        self.draw()
        self._keep_lists()

    def action_mark(self) -> None:
        """Mark the symbol or take its mark away, and go on to the next."""
        watchlist = self.monitor.watchlist
        watchlist.toggle_mark()
        watchlist.move(watchlist.cursor + 1)
        self.table.show_cursor()
        self.redraw()

    async def action_copy(self) -> None:
        """Copy the names of what is marked or selected, as -s takes them."""
        chosen = self.monitor.watchlist.chosen
        if chosen:
            names = ",".join(each.key for each in chosen)
            self.app.copy_to_clipboard(names)
            self.monitor.tell(Notice(f"{_named(chosen)} {await said_of_copy(names)}"))

    async def action_rename_group(self) -> None:
        """Give the group another name."""
        watchlist = self.monitor.watchlist
        taken = {each.name for each in self.monitor.groups.lists if each is not watchlist}

        def typed(text: str) -> str:
            name = text.strip()
            if not name or not name.isprintable():
                return "a name is needed"
            return "another group has this name" if name in taken else ""

        def done(text: str | None) -> None:
            if text is not None:
                watchlist.name = text.strip()
                self._list_changed()

        prompt = PromptScreen("Name of the group", typed, value=watchlist.name, longest=MAX_GROUP_NAME)
        await self.app.push_screen(prompt, done)

    def _list_changed(self) -> None:
        self.show_list()
        self._keep_lists()

    def _keep_lists(self) -> None:
        monitor = self.monitor
        self.run_worker(self.context.settings.keep_groups(monitor.groups.lists, monitor.modes), group="keep")


def _named(instruments: Sequence[Instrument]) -> str:
    return instruments[0].key if len(instruments) == 1 else f"{group(len(instruments))} symbols"
