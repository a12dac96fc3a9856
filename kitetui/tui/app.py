"""The Textual app: it owns the feed's worker, the recorder and the themes, and ends all of them in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from textual.command import CommandPalette
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from kitetui.config import Config
from kitetui.errors import UserError
from kitetui.feed import KiteTickerManager
from kitetui.instruments import Universe
from kitetui.market.calendar import Calendar
from kitetui.tui.back_pressure import BackPressure, terminal_output
from kitetui.tui.commands import Context, Keymap, bindings_of
from kitetui.tui.context import AppContext
from kitetui.tui.events import Notice, Weight
from kitetui.tui.groups import Groups
from kitetui.tui.monitor import Monitor
from kitetui.tui.numerals import group, use_units
from kitetui.tui.recording import MonitorRecording, Transport
from kitetui.tui.screens.palette import ThemePalette
from kitetui.tui.settings import Settings
from kitetui.tui.textual_private import QuietCrash
from kitetui.tui.theme import DEFAULT_THEME, TERMINAL_THEME, VARIABLES, load_themes, shipped_files, user_files
from kitetui.tui.ui_metrics import UiMetrics
from kitetui.tui.views.list import ListView
from kitetui.tui.views.view import View
from kitetui.wire import Mode

_TOASTS: Final = 4
_TOAST_SPAN: Final = 8.0
"""At most so many toasts in so many seconds: a server that complains without end fills the log only."""

_SEVERITY: Final[Mapping[Weight, SeverityLevel]] = {Weight.WARNING: "warning", Weight.ALARM: "error"}

_SIXTEEN_COLOURS: Final = "standard"
"""Rich's name for a terminal with too few colours for the default theme: there up would look like a blank."""

_LOOK: Final = 1.0
"""Seconds between two looks at the configuration's file."""


class MonitorApp(QuietCrash):
    """The monitor on a manager that is not yet started; the app starts it, and stops it when it ends.

    manager: what to show and to subscribe on.
    universe: where names that a user types are looked up.
    groups: the watchlists. mode: how much to stream of each symbol, but for those with a mode in `modes`.
    settings: the configuration, and where what the user changes is kept.
    simulated: whether the prices are made up; the first line says so for as long as the app runs.
    greeting and remarks: what to tell the user at the start, the latter as warnings.
    renewal: what to do about a login that is refused.
    duration: seconds after which the app ends by itself.
    theme_folder: where the user's own themes are. recording_folder: where recordings and exports go.
    now: the clock, UTC seconds; a replay has its own.
    replay: the recording that is played, None for a feed of this moment. `universe` is what it has ticks of.
    calendar: the hours of the markets, None for those that ship.
    """

    CSS_PATH = "styles/monitor.tcss"
    BINDINGS = bindings_of(Context.EVERYWHERE)
    ENABLE_COMMAND_PALETTE = False
    TITLE = "kitetui"

    def __init__(
        self,
        *,
        manager: KiteTickerManager,
        universe: Universe,
        groups: Groups,
        mode: Mode = Mode.FULL,
        modes: Mapping[int, Mode] | None = None,
        settings: Settings | None = None,
        simulated: bool = False,
        greeting: str = "",
        remarks: Sequence[str] = (),
        renewal: str = "run kitetui login",
        duration: float | None = None,
        theme_folder: Path | None = None,
        now: Callable[[], float] = time.time,
        replay: Transport | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        super().__init__()
        settings = settings or Settings(Config())
        settings.failed = self._not_kept
        self.monitor = Monitor(manager, groups, mode, now, self.tell, modes, replay, calendar)
        self.ui_metrics = UiMetrics()
        self.recording = MonitorRecording(
            manager, Path.cwd(), self._name_of, self.monitor.events.say, self.monitor.now
        )
        self._settings = settings
        self._keys = Keymap()
        self._universe = universe
        self._simulated = simulated
        self._greeting = greeting
        self._remarks = remarks
        self._renewal = renewal
        self._duration = duration
        self._feed: Worker[None] | None = None
        self._toasted: deque[float] = deque(maxlen=_TOASTS)
        self._themes = ThemePalette(self, self._load_themes(theme_folder), self._theme_taken)
        self._follow(settings.config)
        settings.begin_with(self.monitor.groups.lists, self.monitor.modes)

    def get_default_screen(self) -> Screen[None]:
        """Return the view that is always there."""
        context = AppContext(
            monitor=self.monitor,
            universe=lambda: self._universe,
            settings=self._settings,
            keymap=self._keys,
            recording=self.recording,
            ui_metrics=self.ui_metrics,
            back_pressure=BackPressure(None if self.is_headless else terminal_output(), self._resumed),
            themes=self._themes,
            simulated=self._simulated,
            renewal=self._renewal,
            show_group=self._show_group,
        )
        self._app_context = context
        return ListView(context)

    async def open_view(self, kind: type[View]) -> None:
        """Show a view, in the place of one that is over the list already."""
        await self._close_views()
        if kind is not ListView:
            await self.push_screen(kind(self._app_context))

    async def _show_group(self, number: int) -> None:
        await self._close_views()
        if isinstance(self.screen, ListView):
            self.screen.show_group(number)

    async def _close_views(self) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own theme variables, for themes that do not set them."""
        return dict(VARIABLES)

    def on_mount(self) -> None:
        """Start the feed."""
        self._feed = self.run_worker(self.monitor.run(), name="feed")
        self.run_worker(self.ui_metrics.beat(), name="ui_metrics")
        self.set_interval(_LOOK, self.look_at_settings)
        if self._greeting:
            self.tell(Notice(self._greeting))
        for remark in self._remarks:
            self.monitor.events.say(remark, Weight.WARNING)
        self._say_what_is_set_aside()
        if self._duration is not None:
            self.set_timer(self._duration, self.exit)

    async def on_unmount(self) -> None:
        """Wait until the manager has closed its connections and all is written that they gave."""
        if self._feed is not None:
            self._feed.cancel()
            with suppress(WorkerFailed, WorkerCancelled):
                await self._feed.wait()
        await self.recording.stop()
        await self._settings.keep_groups(self.monitor.groups.lists, self.monitor.modes)

    def tell(self, notice: Notice) -> None:
        """Show a toast, unless there were too many just now; the log has it anyway."""
        moment = time.monotonic()
        if len(self._toasted) == _TOASTS and moment - self._toasted[0] < _TOAST_SPAN:
            return
        self._toasted.append(moment)
        self.notify(notice.text, severity=_SEVERITY.get(notice.weight, "information"), markup=False)
        if self._settings.config.bell and notice.weight in _SEVERITY:
            self.bell()

    def use_universe(self, universe: Universe) -> None:
        """Look names up in another list from now on."""
        self._universe = universe
        self.monitor.events.note(f"{group(len(universe))} instruments, as listed today")

    async def look_at_settings(self) -> None:
        """Follow what was changed in the configuration's file."""
        try:
            config = await self._settings.changed_outside()
        except UserError as error:
            self.monitor.events.say(f"the configuration is not followed: {error}", Weight.ALARM)
            return
        if config is None:
            return
        self._follow(config)
        if self._settings.keeps_groups and config.groups:
            await self._follow_lists()
        for screen in self.screen_stack:
            if isinstance(screen, View):
                screen.follow_settings()
        self.monitor.events.say("the configuration has changed, and is followed")

    async def _follow_lists(self) -> None:
        lists = self._settings.lists(self._universe)
        try:
            await self.monitor.show_groups(lists.groups, lists.modes)
        except ValueError as refusal:
            self.monitor.events.say(str(refusal), Weight.ALARM)
        self._settings.begin_with(self.monitor.groups.lists, self.monitor.modes)

    def on_command_palette_option_highlighted(self, event: CommandPalette.OptionHighlighted) -> None:
        """Show the theme that is gone over."""
        self._themes.highlighted(str(event.highlighted_event.option.prompt))

    def on_command_palette_closed(self, event: CommandPalette.Closed) -> None:
        """Go back to the theme of before, unless one was taken."""
        self._themes.closed(taken=event.option_selected)

    def action_leave(self) -> None:
        """Leave at once."""
        self.exit()

    def _follow(self, config: Config) -> None:
        """Do as a configuration says, with one notice for each thing in it that cannot be done."""
        use_units(config.units)
        try:
            self._keys.apply(config.keys)
            self.set_keymap(self._keys.overrides)
        except ValueError as clash:
            self.monitor.events.note(f"the usual keys are in use: {clash}", Weight.WARNING)
        if config.theme == DEFAULT_THEME and self.console.color_system == _SIXTEEN_COLOURS:
            self.theme = TERMINAL_THEME
        elif config.theme in self.available_themes:
            self.theme = config.theme
        else:
            self.theme = DEFAULT_THEME
            self.monitor.events.note(
                f"there is no theme {config.theme}; T shows those there are", Weight.WARNING
            )

    def _load_themes(self, folder: Path | None) -> Sequence[str]:
        own = [] if folder is None else user_files(folder)
        found = load_themes([*shipped_files(), *own])
        for theme in found.themes:
            self.register_theme(theme)
        for problem in found.problems:
            self.monitor.events.note(problem, Weight.WARNING)
        return [theme.name for theme in found.themes]

    def _theme_taken(self, name: str) -> None:
        self.run_worker(self._settings.keep_theme(name), group="keep")

    def _say_what_is_set_aside(self) -> None:
        """Tell of configured symbols that cannot be shown: of each in the log, and once of all."""
        set_aside = [(one.name, each) for one in self.monitor.groups.lists for each in one.set_aside]
        if not set_aside:
            return
        for name, each in set_aside:
            self.monitor.events.note(
                f"{each.why} ({each.entry.symbol} stays in {name}, not shown)", Weight.WARNING
            )
        has_successors = any(each.successor for _, each in set_aside)
        what = f"{len(set_aside)} symbols are not shown, {self._keys.key_of('log')} says why"
        if len(set_aside) == 1:
            what = set_aside[0][1].why
        offer = f"; {self._keys.key_of('successors')} watches what came after" if has_successors else ""
        self.tell(Notice(f"{what}{offer}", Weight.WARNING))

    def _name_of(self, token: int) -> tuple[str, str] | None:
        instrument = self._universe.by_token(token) or self.monitor.groups.by_token(token)
        return None if instrument is None else (instrument.exchange, instrument.tradingsymbol)

    def _resumed(self, seconds: float) -> None:
        self.monitor.events.say(f"the terminal took no output for {seconds:.0f} s", Weight.WARNING)

    def _not_kept(self, problem: str) -> None:
        self.monitor.events.say(problem, Weight.WARNING)
