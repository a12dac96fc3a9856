"""Keys that move: the cursor, from group to group, to what is looked for."""

from __future__ import annotations

from kitetui.formatting import plain
from kitetui.tui.events import Notice
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.screens.prompt import PromptScreen
from kitetui.tui.widgets.panes import GroupsPane


class Moving(MonitorView):
    """The commands of `Context.MOVE`."""

    _sought = ""

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

    def action_group(self, number: int) -> None:
        """Show a group, or begin a new one."""
        if self.monitor.groups.show(number):
            self.show_list()
            self.draw_selected()

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
        self.action_group(event.number)

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
        self.draw_selected()
