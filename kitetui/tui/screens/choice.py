"""A short list to choose one thing from."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.render.spans import Line, Style
from kitetui.tui.widgets.painted import PaintedPane


class ChoiceScreen(ModalScreen[int | None]):
    """Gives the position of the item that was taken, or None if it was left."""

    BINDINGS = bindings_of(Context.CHOICE)

    def __init__(self, title: str, items: Sequence[str], current: int) -> None:
        super().__init__()
        self._title = title
        self._items = _Items(items, current)

    def compose(self) -> ComposeResult:
        """Yield the list."""
        with Vertical(id="choice-dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "Enter takes · Esc leaves"
            yield self._items

    def action_item_up(self) -> None:
        """Go up."""
        self._items.move(-1)

    def action_item_down(self) -> None:
        """Go down."""
        self._items.move(1)

    def action_take_item(self) -> None:
        """Take the item."""
        self.dismiss(self._items.position)

    def action_close_choice(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)


class _Items(PaintedPane):
    def __init__(self, items: Sequence[str], position: int) -> None:
        super().__init__(id="choice-items")
        self._names = items
        self.position = position

    def on_mount(self) -> None:
        self.styles.height = len(self._names)

    def move(self, rows: int) -> None:
        self.position = min(max(self.position + rows, 0), len(self._names) - 1)
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        if event.y < len(self._names):
            self.screen.dismiss(event.y)

    def paint(self, width: int, height: int) -> list[Line]:
        return [
            [("▌ " if at == self.position else "  ", Style.BRAND), (name, Style.STRONG)]
            if at == self.position
            else [("  ", Style.TEXT), (name, Style.TEXT)]
            for at, name in enumerate(self._names)
        ]
