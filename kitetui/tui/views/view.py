"""A view: a whole screen between the first line and the keys, with keys, columns and pace of its own.

What every view has is here: the feed's state, recording, help, palette, log, and the time of a replay. A new
view is a class beside the others, and knows none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from kitetui.errors import UserError
from kitetui.tui.commands import Command, Context, bindings_of_views
from kitetui.tui.context import AppContext
from kitetui.tui.events import Notice, Weight
from kitetui.tui.numerals import group
from kitetui.tui.recording import Transport, pace_text
from kitetui.tui.render.log import log_lines
from kitetui.tui.screens.dialogs import ChoiceScreen
from kitetui.tui.screens.palette import palette_items
from kitetui.tui.screens.reading import ReadingScreen, help_lines
from kitetui.tui.textual_private import forget_borders
from kitetui.tui.widgets.painted import PaintedPane
from kitetui.tui.widgets.panes import KeysPane, TopPane
from kitetui.wire import Mode

_DRAWS_A_SECOND: Final = 10
_SLOWLY: Final = 0.5
"""Seconds between two looks at what would only flicker if it were drawn faster."""

_FOR_REPLAYS: Final = "this key is for a replay; kitetui replay FILE plays a recording"
_AT_ITS_END: Final = "the recording is at its end; q leaves"


class View(Screen[None]):
    """A view of what the monitor has; the list is the one that is always there, the others come over it.

    contexts: where its own commands are, besides those that all views share.
    """

    AUTO_FOCUS = None
    BINDINGS = bindings_of_views()

    contexts: ClassVar[tuple[Context, ...]] = ()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self.monitor = context.monitor

    def compose(self) -> ComposeResult:
        """Yield the state above and the keys below, and between them what `compose_body` yields."""
        yield TopPane(self.context)
        yield from self.compose_body()
        yield KeysPane(self.context, self.contexts)

    def compose_body(self) -> ComposeResult:
        """Yield what the view is about."""
        return ()

    def streamed(self) -> Mapping[int, Mode]:
        """Return what must be streamed while it is open, with the least mode of each token."""
        return {}

    async def on_mount(self) -> None:
        """Start to stream and to draw."""
        await self.follow_streamed()
        self.set_interval(1 / _DRAWS_A_SECOND, self.draw)
        self.set_interval(_SLOWLY, self.draw_slowly)

    async def on_unmount(self) -> None:
        """Leave to others what was streamed for it."""
        await self.monitor.release(self)

    async def follow_streamed(self) -> None:
        """Ask for what must be streamed by now; what does not fit is said."""
        try:
            await self.monitor.lease(self, self.streamed())
        except ValueError as refusal:
            self.monitor.tell(Notice.refusal(refusal))

    @property
    def is_in_front(self) -> bool:
        """Whether no other view is over it; a dialog may be."""
        views = [screen for screen in self.app.screen_stack if isinstance(screen, View)]
        return bool(views) and views[-1] is self

    def draw(self) -> None:
        """Bring to the screen what has changed since the last time."""
        if not self.is_in_front or self.context.back_pressure.is_stalled():
            return
        with self.context.ui_metrics.frame():
            self.monitor.follow_clock()
            self.refresh_view()

    def refresh_view(self) -> None:
        """Draw what may have changed; called often."""
        self.repaint(TopPane, KeysPane)

    def draw_slowly(self) -> None:
        """Bring up to date what need not be drawn often."""
        if not self.is_in_front:
            return
        self.monitor.rates.sample(self.monitor.stopwatch(), self.monitor.manager.get_stats())
        if not self.context.back_pressure.is_stalled():
            self.refresh_slowly()

    def refresh_slowly(self) -> None:
        """Draw what changes slowly."""

    def repaint(self, *kinds: type[PaintedPane]) -> None:
        """Draw these panes."""
        for kind in kinds:
            self.query_one(kind).repaint()

    def follow_settings(self) -> None:
        """Do as the configuration has it by now."""

    def redraw(self) -> None:
        """Draw at once all that a key may have changed."""
        self.draw()

    @property
    def _commands(self) -> list[Command]:
        return self.context.keymap.of_view(*self.contexts)

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the new size at once."""
        self.call_after_refresh(self.draw)

    def on_screen_resume(self) -> None:
        """Let go of a dialog that was closed."""
        forget_borders()

    async def action_group(self, number: int) -> None:
        """Show a group of the list, or begin a new one."""
        await self.context.show_group(number)

    def action_previous_group(self) -> None:
        """Go to the one before, of what this view pages through."""

    def action_next_group(self) -> None:
        """Go to the next one."""

    def action_clear(self) -> None:
        """Go back to where one came from."""
        self.app.pop_screen()

    async def action_log(self) -> None:
        """Read what happened."""
        log = self.monitor.events.log
        screen = ReadingScreen("Log", lambda width: log_lines(log.last(), width), at_end=True)
        await self.app.push_screen(screen)

    async def action_record(self) -> None:
        """Start or stop recording."""
        recording = self.context.recording
        if recording.is_on:
            await recording.stop()
        else:
            recording.start()
        self.draw()

    def action_picture(self) -> None:
        """Write the screen as it stands to an SVG picture."""
        self.write(".svg", self.app.export_screenshot(title="kitetui"), "the screen is in")

    async def action_themes(self) -> None:
        """Choose a theme, seeing each."""
        await self.context.themes.open()

    async def action_palette(self) -> None:
        """Find a command by name."""
        await self.app.search_commands(palette_items(self, self._commands), "What to do?")

    async def action_help(self) -> None:
        """Show every key."""
        lines = help_lines(self.context.keymap.commands)
        await self.app.push_screen(ReadingScreen("Keys", lambda width: lines))

    async def action_quit(self) -> None:
        """Leave; while recording, ask first."""
        state = self.context.recording.state
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

    def write(self, suffix: str, text: str, what: str) -> None:
        """Write a new file into the folder of now, and say so."""
        from kitetui.tui.export import dated_stem, write_new

        try:
            path = write_new(Path.cwd(), dated_stem(self.monitor.now()), suffix, text)
        except UserError as error:
            self.monitor.tell(Notice.refusal(error))
            return
        self.monitor.events.say(f"{what} {path.name}", Weight.GOOD)

    def action_freeze(self) -> None:
        """Hold the display still, or let it go on; of a replay, the time itself."""
        rows = self.monitor.rows
        if self.monitor.replay is not None:
            if (replay := self._under_way()) is not None:
                replay.toggle()
        elif rows.held_at is None:
            rows.hold()
        else:
            rows.release()
        self.redraw()

    def action_step(self) -> None:
        """Play the next message of a replay; one that runs is paused."""
        if (replay := self._under_way()) is None:
            return
        if not replay.is_paused:
            replay.toggle()
        replay.step()
        self.draw()

    def action_slower(self) -> None:
        """Play a replay slower."""
        if (replay := self._under_way()) is not None:
            replay.slower()
            self._show_pace(replay)

    def action_faster(self) -> None:
        """Play a replay faster."""
        if (replay := self._under_way()) is not None:
            replay.faster()
            self._show_pace(replay)

    def _under_way(self) -> Transport | None:
        """Return the replay; where there is none, or none any more, say so."""
        replay = self.monitor.replay
        if replay is not None and not replay.is_ended:
            return replay
        self.monitor.tell(Notice(_FOR_REPLAYS if replay is None else _AT_ITS_END))
        return None

    def _show_pace(self, replay: Transport) -> None:
        if replay.is_paused:  # where the first line has the pace, it says PAUSED
            self.monitor.tell(Notice(f"it will go on at {pace_text(replay)}"))
        self.draw()
