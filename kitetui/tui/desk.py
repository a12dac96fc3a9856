"""What the screens of one monitor share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kitetui.instruments import Universe
from kitetui.tui.commands import Keymap
from kitetui.tui.monitor import Monitor
from kitetui.tui.outlet import Outlet
from kitetui.tui.pulse import Pulse
from kitetui.tui.recording import Recording
from kitetui.tui.screens.palette import ThemePalette
from kitetui.tui.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The monitor, its recorder and its pulse, with what the user has set.

    universe: returns where names that a user types are looked up, which may be another one each day.
    simulated: whether the prices are made up, which the first line then says.
    renewal: what to do about a login that is refused. show_group: shows a group of the list, wherever one is.
    """

    monitor: Monitor
    universe: Callable[[], Universe]
    settings: Settings
    keymap: Keymap
    recording: Recording
    pulse: Pulse
    outlet: Outlet
    themes: ThemePalette
    simulated: bool
    renewal: str
    show_group: Callable[[int], Awaitable[None]]
