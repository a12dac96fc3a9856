"""What the monitor's screen shows, drawn at a pace of its own."""

from __future__ import annotations

from typing import Final

from textual import events
from textual._styles_cache import StylesCache
from textual.app import ComposeResult
from textual.screen import Screen

from kitetui.tui.desk import Desk
from kitetui.tui.layout import Pane
from kitetui.tui.paint.ink import Ink
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

DRAWS_A_SECOND: Final = 10
_SLOWLY: Final = 0.5
"""Seconds between two looks at the connections and the chart: they would only flicker if drawn faster."""


class MonitorView(Screen[None]):
    """The panes over what is on the desk."""

    AUTO_FOCUS = None

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.monitor = desk.monitor

    def compose(self) -> ComposeResult:
        """Yield the panes; where they stand is the layout's affair."""
        desk = self.desk
        yield Panes(
            TooSmallPane(desk),
            TopPane(desk),
            GroupsPane(desk),
            WatchTable(self.monitor, id=Pane.WATCHLIST),
            QuoteLinePane(desk),
            QuotePane(desk),
            DepthPane(desk),
            ChartPane(self._chart_data, id=Pane.CHART),
            ConnectionsPane(desk),
            LogPane(desk),
            KeysPane(desk),
        )

    def on_mount(self) -> None:
        """Start to draw."""
        self.monitor.ordering.sort = self.desk.settings.sort
        self.follow_settings()
        self.set_interval(1 / DRAWS_A_SECOND, self.draw)
        self.set_interval(_SLOWLY, self.draw_slowly)

    def follow_settings(self) -> None:
        """Show the list as the configuration has it."""
        self.table.flashes = self.desk.settings.config.flash
        self.table.choose_columns(self.desk.settings.columns)
        self.show_list()

    def draw(self) -> None:
        """Bring to the screen what has changed since the last time."""
        if self.desk.outlet.is_stalled():
            return
        with self.desk.pulse.frame():
            self.monitor.follow_clock()
            if self.monitor.arrange_when_due():
                self.table.list_changed()
            self.table.update_rows()
            for pane in (TopPane, GroupsPane, QuoteLinePane, QuotePane, DepthPane, LogPane, KeysPane):
                self._repaint(pane)

    def draw_slowly(self) -> None:
        """Bring the connections' figures and the chart up to date."""
        self.monitor.rates.sample(self.monitor.stopwatch(), self.monitor.manager.get_stats())
        if self.desk.outlet.is_stalled():
            return
        self._repaint(ConnectionsPane)
        if self.is_shown(Pane.CHART):
            self.query_one(ChartPane).update()

    def show_list(self) -> None:
        """Arrange the list anew, and show it."""
        self.monitor.arrange()
        self.table.list_changed()
        self.draw()

    def on_watch_table_selected(self) -> None:
        """Show the quote and the depth of what was clicked."""
        self.monitor.hold_order()
        self.draw_selected()

    def draw_selected(self) -> None:
        """Show all that is about the selected symbol."""
        self.draw()
        if self.is_shown(Pane.CHART):
            self.query_one(ChartPane).update()

    def on_screen_resume(self) -> None:
        """Let go of a dialog that was closed.

        Textual remembers the borders of the last 1,024 widgets in a cache that keeps every line they drew:
        a dialog opened each minute would cost megabytes an hour.
        """
        StylesCache.get_inner_outer.cache_clear()

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the new size at once."""
        self.call_after_refresh(self.draw)

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
            title=[(instrument.tradingsymbol, Ink.TITLE), (" since the start", Ink.DIM)],
            candles=self.monitor.candles(token, seconds, MOST_CANDLES),
            decimals=decimals_of(token),
            seconds=seconds,
        )

    def _repaint(self, kind: type[PaintedPane]) -> None:
        pane = self.query_one(kind)
        if pane.id is not None and self.is_shown(Pane(pane.id)):
            pane.repaint()
