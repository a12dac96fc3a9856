"""What the screens of one monitor share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kitetui.instruments import Universe
from kitetui.tui.back_pressure import BackPressure
from kitetui.tui.commands import Keymap
from kitetui.tui.monitor import Monitor
from kitetui.tui.recording import MonitorRecording
from kitetui.tui.screens.palette import ThemePalette
from kitetui.tui.settings import Settings
from kitetui.tui.ui_metrics import UiMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class AppContext:
    """The monitor, its recorder and how the app does, with what the user has set.

    universe: returns where names that a user types are looked up, which may be another one each day.
    simulated: whether the prices are made up, which the first line then says.
    renewal: what to do about a login that is refused. show_group: shows a group of the list, wherever one is.
    """

    monitor: Monitor
    universe: Callable[[], Universe]
    settings: Settings
    keymap: Keymap
    recording: MonitorRecording
    ui_metrics: UiMetrics
    back_pressure: BackPressure
    themes: ThemePalette
    simulated: bool
    renewal: str
    show_group: Callable[[int], Awaitable[None]]
