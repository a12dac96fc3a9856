"""The Textual app: it owns the feed's worker, the themes and the toasts, and ends all of them in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from kitetui.feed import KiteTickerManager
from kitetui.instruments import Instrument, Universe
from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.eventlog import Weight
from kitetui.tui.monitor import Monitor, Notice
from kitetui.tui.screens.monitor import MonitorScreen
from kitetui.tui.theme import DEFAULT_THEME, VARIABLES, load_themes
from kitetui.wire import Mode

GO_LIVE: Final = (
    "Simulated exchange: these prices are made up. For real ones set KITE_API_KEY and KITE_ACCESS_TOKEN."
)

_TOASTS: Final = 4
_TOAST_SPAN: Final = 8.0
"""At most so many toasts in so many seconds: a server that complains without end fills the log only."""

_SEVERITY: Final[Mapping[Weight, SeverityLevel]] = {Weight.WARNING: "warning", Weight.ALARM: "error"}


class MonitorApp(App[None]):
    """The monitor on a manager that is not yet started; the app starts it, and stops it when it ends.

    manager: what to show and to subscribe on.
    universe: where names that a user types are looked up.
    instruments: what the watchlist begins with. mode: how much to stream of each.
    simulated: whether the prices are made up; the first line says so for as long as the app runs.
    duration: seconds after which the app ends by itself.
    now: the clock, UTC seconds.
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
        instruments: Iterable[Instrument],
        mode: Mode = Mode.FULL,
        simulated: bool = False,
        duration: float | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.monitor = Monitor(manager, instruments, mode, now, self.tell)
        self._universe = universe
        self._simulated = simulated
        self._duration = duration
        self._feed: Worker[None] | None = None
        self._toasted: deque[float] = deque(maxlen=_TOASTS)
        self._load_themes()

    def get_default_screen(self) -> Screen[None]:
        """Return the monitor's screen."""
        return MonitorScreen(self.monitor, self._universe, simulated=self._simulated)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own theme variables, for themes that do not set them."""
        return dict(VARIABLES)

    def on_mount(self) -> None:
        """Start the feed."""
        self._feed = self.run_worker(self.monitor.run(), name="feed")
        if self._simulated:
            self.tell(Notice(GO_LIVE))
        if self._duration is not None:
            self.set_timer(self._duration, self.exit)

    async def on_unmount(self) -> None:
        """Wait until the manager has closed its connections, so that nothing outlives the app."""
        if self._feed is not None:
            self._feed.cancel()
            with suppress(WorkerFailed, WorkerCancelled):
                await self._feed.wait()

    def tell(self, notice: Notice) -> None:
        """Show a toast, unless there were too many just now; the log has it anyway."""
        moment = time.monotonic()
        if len(self._toasted) == _TOASTS and moment - self._toasted[0] < _TOAST_SPAN:
            return
        self._toasted.append(moment)
        self.notify(notice.text, severity=_SEVERITY.get(notice.weight, "information"), markup=False)

    def action_leave(self) -> None:
        """Leave at once."""
        self.exit()

    def _load_themes(self) -> None:
        found = load_themes()
        for theme in found.themes:
            self.register_theme(theme)
        self.theme = DEFAULT_THEME
        for problem in found.problems:
            self.monitor.log.add(self.monitor.now(), problem, Weight.WARNING)

    def _fatal_error(self) -> None:
        """End with a traceback, but without the local variables that Textual adds: one may hold a token."""
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()
