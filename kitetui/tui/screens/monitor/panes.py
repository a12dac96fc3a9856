"""Keys that show and hide panes."""

from __future__ import annotations

from dataclasses import replace

from kitetui.tui.layout import Pane, is_narrow
from kitetui.tui.paint.log import log_lines
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.screens.reading import ReadingScreen
from kitetui.tui.widgets.chart import ChartPane


class ShowingPanes(MonitorView):
    """The commands of `Context.PANES`."""

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
        self.call_after_refresh(self.draw_selected)

    async def action_log(self) -> None:
        """Read what happened."""
        log = self.monitor.events.log
        screen = ReadingScreen("Log", lambda width: log_lines(log.last(), width), at_end=True)
        await self.app.push_screen(screen)
