"""The one screen that is always there: panes over the monitor, drawn at a pace of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from kitetui.instruments import Universe
from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.layout import Pane, is_narrow
from kitetui.tui.monitor import Monitor, Notice
from kitetui.tui.screens.add import AddScreen
from kitetui.tui.screens.help import HelpScreen
from kitetui.tui.widgets.arrangement import Panes
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

DRAWS_A_SECOND: Final = 10
_SLOWLY: Final = 0.5
"""Seconds between two looks at the connections: their figures would only flicker if drawn faster."""


class MonitorScreen(Screen[None]):
    """Watchlist, quote, depth, connections and log, with the state above and the keys below."""

    BINDINGS = bindings_of(Context.WATCHLIST)
    AUTO_FOCUS = None

    def __init__(self, monitor: Monitor, universe: Universe, *, simulated: bool) -> None:
        super().__init__()
        self._monitor = monitor
        self._universe = universe
        self._simulated = simulated

    def compose(self) -> ComposeResult:
        """Yield the panes; where they stand is the layout's affair."""
        monitor = self._monitor
        yield Panes(
            TooSmallPane(monitor),
            TopPane(monitor, simulated=self._simulated),
            GroupsPane(monitor),
            WatchTable(monitor, id=Pane.WATCHLIST),
            QuoteLinePane(monitor),
            QuotePane(monitor),
            DepthPane(monitor),
            ConnectionsPane(monitor),
            LogPane(monitor),
            KeysPane(monitor),
        )

    def on_mount(self) -> None:
        """Start to draw."""
        self.set_interval(1 / DRAWS_A_SECOND, self.draw)
        self.set_interval(_SLOWLY, self.draw_slowly)

    def draw(self) -> None:
        """Bring to the screen what has changed since the last time."""
        self._table.update_rows()
        for pane in (TopPane, GroupsPane, QuoteLinePane, QuotePane, DepthPane, LogPane):
            self._repaint(pane)

    def draw_slowly(self) -> None:
        """Bring the connections' figures up to date."""
        self._monitor.rates.sample(self._monitor.now(), self._monitor.manager.get_stats())
        self._repaint(ConnectionsPane)

    def on_keys_pane_clicked(self, event: KeysPane.Clicked) -> None:
        """Do what was clicked."""
        self.call_later(self.run_action, event.command.id)

    def on_watch_table_selected(self) -> None:
        """Show the quote and the depth of what was clicked."""
        self.draw()

    def action_cursor_up(self) -> None:
        """Select the symbol above."""
        self._move_by(-1)

    def action_cursor_down(self) -> None:
        """Select the symbol below."""
        self._move_by(1)

    def action_first(self) -> None:
        """Select the first symbol."""
        self._move_by(-len(self._monitor.watchlist))

    def action_last(self) -> None:
        """Select the last symbol."""
        self._move_by(len(self._monitor.watchlist))

    def action_page_up(self) -> None:
        """Move up a page."""
        self._move_by(-self._table.page)

    def action_page_down(self) -> None:
        """Move down a page."""
        self._move_by(self._table.page)

    def action_half_page_up(self) -> None:
        """Move up half a page."""
        self._move_by(-(self._table.page // 2 or 1))

    def action_half_page_down(self) -> None:
        """Move down half a page."""
        self._move_by(self._table.page // 2 or 1)

    async def action_add(self) -> None:
        """Open the dialog that adds symbols."""
        await self.app.push_screen(AddScreen(self._monitor, self._universe, self._show_list))

    async def action_remove(self) -> None:
        """Remove the selected symbol."""
        instrument = self._monitor.watchlist.selected
        if instrument is not None:
            await self._monitor.remove_selected()
            self._show_list()
            self._monitor.tell(Notice(f"{instrument.key} removed, u brings it back"))

    async def action_undo(self) -> None:
        """Bring back what was removed last."""
        try:
            instrument = await self._monitor.undo_removal()
        except ValueError as refusal:
            self._monitor.tell(Notice.refusal(refusal))
            return
        if instrument is None:
            self._monitor.tell(Notice("nothing to bring back"))
        self._show_list()

    async def action_mode(self) -> None:
        """Stream the selected symbol in the next mode."""
        await self._monitor.cycle_mode()
        self.draw()

    def action_depth(self) -> None:
        """Show or hide the order book."""
        panes = self._panes
        wish = replace(panes.wish, depth=not self._is_shown(Pane.DEPTH))
        if is_narrow(self.size.width):  # the two share one place there
            wish = replace(wish, connections=None)
        panes.show(wish)

    def action_connections(self) -> None:
        """Show or hide the connections."""
        panes = self._panes
        panes.show(replace(panes.wish, connections=not self._is_shown(Pane.CONNECTIONS)))

    def action_help(self) -> None:
        """Show every key."""
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        """Leave."""
        self.app.exit()

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the new size at once."""
        self.call_after_refresh(self.draw)

    @property
    def _table(self) -> WatchTable:
        return self.query_one(WatchTable)

    @property
    def _panes(self) -> Panes:
        return self.query_one(Panes)

    def _is_shown(self, pane: Pane) -> bool:
        return pane in self._panes.places

    def _repaint(self, kind: type[PaintedPane]) -> None:
        pane = self.query_one(kind)
        if pane.id is not None and self._is_shown(Pane(pane.id)):
            pane.repaint()

    def _move_by(self, rows: int) -> None:
        watchlist = self._monitor.watchlist
        watchlist.move(watchlist.cursor + rows)
        self._table.show_cursor()
        self.draw()

    def _show_list(self) -> None:
        self._table.list_changed()
        self.draw()
