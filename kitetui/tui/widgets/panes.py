"""The still panes: each asks the monitor, and has its lines made by `kitetui.tui.render`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.message import Message

from kitetui.tui.commands import Command, Context
from kitetui.tui.context import AppContext
from kitetui.tui.figures import Figures
from kitetui.tui.hours import OPEN
from kitetui.tui.layout import Pane, is_narrow, too_small
from kitetui.tui.numerals import group
from kitetui.tui.render.bars import Signs, Tab, groups_line, keys_line, placed_keys, placed_tabs, top_line
from kitetui.tui.render.connections import connection_lines, gap_text, recorder_line
from kitetui.tui.render.depth import depth_title, ladder_lines, spread_text, strip_lines
from kitetui.tui.render.log import log_lines
from kitetui.tui.render.quote import quote_line, quote_lines, quote_title
from kitetui.tui.render.spans import Line, Style, framed, rule, width_of
from kitetui.tui.rows import Row
from kitetui.tui.widgets.painted import PaintedPane

_MOST_OF_FILTER: Final = 30
"""Cells of the second line that a filter may take from the groups."""


class MonitorPane(PaintedPane):
    """A pane that shows something of the monitor; `PANE` is its place in the layout."""

    PANE: ClassVar[Pane]

    def __init__(self, context: AppContext) -> None:
        super().__init__(id=self.PANE)
        self.context = context
        self.monitor = context.monitor

    @property
    def is_framed(self) -> bool:
        """Whether the screen is wide enough for frames."""
        return not is_narrow(self.app.size.width)


class TopPane(MonitorPane):
    """Whether the feed is live."""

    PANE = Pane.TOP

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the first line."""
        monitor, recording = self.monitor, self.context.recording.state
        status, stats = monitor.manager.get_status(), monitor.manager.get_stats()
        simulated = self.context.simulated or stats.is_simulated
        signs = Signs(
            simulated=simulated,
            recorded=recording.rows if recording.is_on else None,
            held_for=monitor.rows.held_for,
            hours=OPEN if simulated else monitor.hours(),
            renewal=self.context.renewal,
            replay=monitor.replay,
        )
        return [top_line(status, stats, monitor.rates.ticks, monitor.now(), width, signs)]


class GroupsPane(MonitorPane):
    """The groups, and the indices; a click on a group shows it."""

    PANE = Pane.GROUPS

    class Clicked(Message):
        """A group was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the second line."""
        monitor = self.monitor
        indices = [monitor.row(each) for each in monitor.groups.indices]
        return [groups_line(self._tabs(width), self._what_is_left, indices, width)]

    def on_click(self, event: events.Click) -> None:
        """Say which group was clicked."""
        for tab in self._tabs(self.size.width):
            if tab.start <= event.x < tab.end:
                self.post_message(self.Clicked(tab.number))

    def _tabs(self, width: int) -> list[Tab]:
        groups = self.monitor.groups
        named = [(each.name, len(each.instruments)) for each in groups.lists]
        return placed_tabs(named, groups.number, width, min(len(self._what_is_left), _MOST_OF_FILTER))

    @property
    def _what_is_left(self) -> str:
        """What the filter leaves of the group, "" without one."""
        text, watchlist = self.monitor.ordering.filter.text, self.monitor.watchlist
        if not text:
            return ""
        return f"{text} · {group(len(watchlist))} of {group(len(watchlist.instruments))}"


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

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._token: int | None = None
        self._shown: Figures | None = None
        self._replaced: Figures | None = None

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the arrangement that fits."""
        row, mode = self.monitor.selected_row(), self.monitor.mode_of_selected()
        before = self._before(row)
        title, spread = depth_title(row), spread_text(row)
        if self.is_framed:
            return framed(ladder_lines(row, mode, width - 2, before), width, height, title, spread)
        if row is not None:
            title = [*title, (f" · {row.instrument.key}", Style.DIM)]
        return [rule(title, spread, width), *strip_lines(row, mode, width, before)]

    def _before(self, row: Row | None) -> Figures | None:
        """The figures that the shown ones of the same symbol took the place of."""
        figures = None if row is None else row.figures
        token = None if row is None else row.instrument.instrument_token
        if token != self._token:
            self._token, self._shown, self._replaced = token, figures, None
        elif figures is not self._shown:
            self._shown, self._replaced = figures, self._shown
        return self._replaced


class ConnectionsPane(MonitorPane):
    """The health of every connection."""

    PANE = Pane.CONNECTIONS

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the table of connections."""
        monitor = self.monitor
        replayed = monitor.replay is not None
        title: Line = [("Connections, as recorded" if replayed else "Connections", Style.TITLE)]
        inside = width - 2 if self.is_framed else width
        stats = monitor.manager.get_stats()
        gap = gap_text(stats.missing, monitor.events.last_gap)
        lines = connection_lines(stats, monitor.rates, monitor.now(), inside, replayed=replayed)
        recorder = recorder_line(self.context.recording.state, self.context.ui_metrics.stats(), inside)
        lines.append(recorder)
        return (
            framed(lines, width, height, title, gap) if self.is_framed else [rule(title, gap, width), *lines]
        )


class LogPane(MonitorPane):
    """What happened last."""

    PANE = Pane.LOG

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the newest entries."""
        title, room = [("Log", Style.TITLE)], height - (2 if self.is_framed else 1)
        lines = log_lines(self.monitor.events.log.last(room), width - (2 if self.is_framed else 0), room)
        return framed(lines, width, height, title) if self.is_framed else [rule(title, [], width), *lines]


class KeysPane(MonitorPane):
    """The line of a view's keys; a click on one does what the key does."""

    PANE = Pane.KEYS

    def __init__(self, context: AppContext, contexts: Sequence[Context]) -> None:
        super().__init__(context)
        self._contexts = contexts

    class Clicked(Message):
        """A command was clicked."""

        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the line of keys."""
        return [keys_line(self._commands, width)]

    def on_click(self, event: events.Click) -> None:
        """Say which command was clicked."""
        for start, end, command in placed_keys(self._commands, self.size.width):
            if start <= event.x < end:
                self.post_message(self.Clicked(command))

    @property
    def _commands(self) -> list[Command]:
        return self.context.keymap.line(*self._contexts, replay=self.monitor.replay is not None)


class TooSmallPane(MonitorPane):
    """The sentence for a terminal in which nothing can be read."""

    PANE = Pane.TOO_SMALL

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the sentence in the middle, folded where it must be."""
        sentence = too_small(width, height)
        line: Line = [(sentence, Style.STALE)]
        indent = max(width - width_of(line), 0) // 2
        return [*[[] for _ in range((height - 1) // 2)], [(" " * indent, Style.TEXT), *line]]
