"""The still panes: each asks the monitor, and has its lines made by `kitetui.tui.paint`."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message

from kitetui.tui.commands import Command, Context, commands_of
from kitetui.tui.layout import Pane, is_narrow, too_small
from kitetui.tui.monitor import Monitor
from kitetui.tui.paint.connections import connection_lines, last_gap_text
from kitetui.tui.paint.depth import depth_title, ladder_lines, spread_text, strip_lines
from kitetui.tui.paint.frame import framed, rule
from kitetui.tui.paint.groups import groups_line
from kitetui.tui.paint.ink import Ink, Line, width_of
from kitetui.tui.paint.keys import keys_line, placed_keys
from kitetui.tui.paint.log import log_lines
from kitetui.tui.paint.quote import quote_line, quote_lines, quote_title
from kitetui.tui.paint.top import top_line
from kitetui.tui.widgets.painted import PaintedPane


class MonitorPane(PaintedPane):
    """A pane that shows something of the monitor; `PANE` is its place in the layout."""

    PANE: ClassVar[Pane]

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(id=self.PANE)
        self.monitor = monitor

    @property
    def is_framed(self) -> bool:
        """Whether the screen is wide enough for frames."""
        return not is_narrow(self.app.size.width)


class TopPane(MonitorPane):
    """Whether the feed is live."""

    PANE = Pane.TOP

    def __init__(self, monitor: Monitor, *, simulated: bool) -> None:
        super().__init__(monitor)
        self._simulated = simulated

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the first line."""
        manager = self.monitor.manager
        return [
            top_line(
                manager.get_status(),
                manager.get_stats(),
                self.monitor.rates.ticks,
                self.monitor.now(),
                width,
                simulated=self._simulated,
            )
        ]


class GroupsPane(MonitorPane):
    """What is listed, and the indices."""

    PANE = Pane.GROUPS

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the second line."""
        watchlist = self.monitor.watchlist
        indices = [self.monitor.row(each) for each in watchlist.indices]
        return [groups_line(len(watchlist), indices, width)]


class QuoteLinePane(MonitorPane):
    """The quote of the selected symbol in one line."""

    PANE = Pane.QUOTE_LINE

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the line."""
        return [quote_line(self.monitor.selected_row(), width)]


class QuotePane(MonitorPane):
    """The quote of the selected symbol."""

    PANE = Pane.QUOTE

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the frame with the quote."""
        row = self.monitor.selected_row()
        title = quote_title(row, self.monitor.mode_of_selected())
        return framed(quote_lines(row, width - 2), width, height, title)


class DepthPane(MonitorPane):
    """The order book of the selected symbol: a strip where the screen is narrow, else a ladder."""

    PANE = Pane.DEPTH

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the arrangement that fits."""
        row, mode = self.monitor.selected_row(), self.monitor.mode_of_selected()
        title, spread = depth_title(row), spread_text(row)
        if self.is_framed:
            return framed(ladder_lines(row, mode, width - 2), width, height, title, spread)
        if row is not None:
            title = [*title, (f" · {row.instrument.key}", Ink.DIM)]
        return [rule(title, spread, width), *strip_lines(row, mode, width)]


class ConnectionsPane(MonitorPane):
    """The health of every connection."""

    PANE = Pane.CONNECTIONS

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the table of connections."""
        monitor = self.monitor
        title, gap = [("Connections", Ink.TITLE)], last_gap_text(monitor.last_gap)
        inside = width - 2 if self.is_framed else width
        lines = connection_lines(monitor.manager.get_stats(), monitor.rates, monitor.now(), inside)
        return (
            framed(lines, width, height, title, gap) if self.is_framed else [rule(title, gap, width), *lines]
        )


class LogPane(MonitorPane):
    """What happened last."""

    PANE = Pane.LOG

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the newest entries."""
        title, room = [("Log", Ink.TITLE)], height - (2 if self.is_framed else 1)
        lines = log_lines(self.monitor.log.last(room), width - (2 if self.is_framed else 0), room)
        return framed(lines, width, height, title) if self.is_framed else [rule(title, [], width), *lines]


class KeysPane(MonitorPane):
    """The line of keys; a click on one does what the key does."""

    PANE = Pane.KEYS

    class Clicked(Message):
        """A command was clicked."""

        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the line of keys."""
        return [keys_line(list(commands_of(Context.WATCHLIST)), width)]

    def on_click(self, event: events.Click) -> None:
        """Say which command was clicked."""
        for start, end, command in placed_keys(list(commands_of(Context.WATCHLIST)), self.size.width):
            if start <= event.x < end:
                self.post_message(self.Clicked(command))


class TooSmallPane(MonitorPane):
    """The sentence for a terminal in which nothing can be read."""

    PANE = Pane.TOO_SMALL

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the sentence in the middle, folded where it must be."""
        sentence = too_small(width, height)
        line: Line = [(sentence, Ink.STALE)]
        indent = max(width - width_of(line), 0) // 2
        return [*[[] for _ in range((height - 1) // 2)], [(" " * indent, Ink.TEXT), *line]]
