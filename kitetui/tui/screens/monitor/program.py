"""Keys that are about the program: recording, export, help, leaving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kitetui.errors import UserError
from kitetui.formatting import group
from kitetui.tui.eventlog import Weight
from kitetui.tui.events import Notice
from kitetui.tui.filter import EVERYTHING
from kitetui.tui.screens.choice import ChoiceScreen
from kitetui.tui.screens.monitor.view import MonitorView
from kitetui.tui.screens.palette import palette_items
from kitetui.tui.screens.reading import ReadingScreen, help_lines
from kitetui.tui.widgets.panes import KeysPane


class Program(MonitorView):
    """The commands of `Context.PROGRAM`."""

    async def action_record(self) -> None:
        """Start or stop recording."""
        recording = self.desk.recording
        if recording.is_on:
            await recording.stop()
        else:
            recording.start()
        self.draw()

    def action_export(self) -> None:
        """Write the table as it stands to a CSV file."""
        from kitetui.tui.export import TableRow, table_csv

        monitor = self.monitor
        rows = [monitor.rows.row(instrument) for instrument in monitor.watchlist.shown]
        table = [
            TableRow(row.instrument, row.freshness.state, *(monitor.rows.tick_of(row.instrument) or ()))
            for row in rows
        ]
        self._write(".csv", table_csv(table, self.table.columns), f"{group(len(rows))} rows in")

    def action_picture(self) -> None:
        """Write the screen as it stands to an SVG picture."""
        self._write(".svg", self.app.export_screenshot(title="kitetui"), "the screen is in")

    async def action_themes(self) -> None:
        """Choose a theme, seeing each."""
        await self.desk.themes.open()

    async def action_palette(self) -> None:
        """Find a command by name."""
        await self.app.search_commands(palette_items(self, self.desk.keymap), "What to do?")

    async def action_help(self) -> None:
        """Show every key."""
        lines = help_lines(self.desk.keymap.commands)
        await self.app.push_screen(ReadingScreen("Keys", lambda width: lines))

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

    async def action_quit(self) -> None:
        """Leave; while recording, ask first."""
        state = self.desk.recording.state
        if not state.is_on:
            self.app.exit()
            return

        def done(position: int | None) -> None:
            if position == 0:
                self.app.exit()

        title = f"Recording {state.name}, {group(state.rows)} rows"
        await self.app.push_screen(ChoiceScreen(title, ["finish it and leave", "stay"], 0), done)

    def on_keys_pane_clicked(self, event: KeysPane.Clicked) -> None:
        """Do what was clicked."""
        self.call_later(self.run_action, event.command.id)

    def _write(self, suffix: str, text: str, what: str) -> None:
        from kitetui.tui.export import dated_stem, write_new

        try:
            path = write_new(Path.cwd(), dated_stem(self.monitor.now()), suffix, text)
        except UserError as error:
            self.monitor.tell(Notice.refusal(error))
            return
        self.monitor.events.say(f"{what} {path.name}", Weight.GOOD)
