"""What the command palette offers: every command of a view, and the themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from textual.app import App
from textual.command import CommandListItem
from textual.screen import Screen

from kitetui.tui.commands import Command

_UNLISTED: Final = ("palette", "cursor_up", "cursor_down", "clear")
"""Commands that nobody looks for by name."""


def palette_items(screen: Screen[Any], commands: Iterable[Command]) -> list[CommandListItem]:
    """Return a view's commands, to be found by what they do."""
    return [
        (f"{command.help[:-1]}  ({command.shown})", partial(screen.run_action, command.id))
        for command in commands
        if command.id not in _UNLISTED and not command.numbered
    ]


class ThemePalette:
    """A palette of themes that shows each as it is gone over, and goes back if none is taken.

    taken: is called with the name of the theme that was chosen.
    """

    def __init__(self, app: App[None], names: Iterable[str], taken: Callable[[str], None]) -> None:
        self._app = app
        self._names = list(names)
        self._taken = taken
        self._before: str | None = None

    async def open(self) -> None:
        """Open the palette."""
        self._before = self._app.theme
        items: list[CommandListItem] = [(name, partial(self._take, name)) for name in self._names]
        await self._app.search_commands(items, "Which theme?")

    def highlighted(self, name: str) -> None:
        """Show the theme that is gone over."""
        if self._before is not None and name in self._names:
            self._app.theme = name

    def closed(self, *, taken: bool) -> None:
        """Go back to the theme of before, if none was taken."""
        if self._before is not None and not taken:
            self._app.theme = self._before
        self._before = None

    def _take(self, name: str) -> None:
        self._app.theme = name
        self._taken(name)
