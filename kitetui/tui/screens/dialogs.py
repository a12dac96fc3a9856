"""Questions: one answered by typing at the last line of the screen, and a short list to choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kitetui.formatting import plain
from kitetui.tui.commands import Context, bindings_of
from kitetui.tui.render.spans import Line, Style
from kitetui.tui.widgets.painted import PaintedPane

_LONGEST: Final = 120


class PromptScreen(ModalScreen[str | None]):
    """One line to type at; gives what was typed, or None if it was left.

    typed: is called with each change, and returns what is wrong with it, "" if it is fine; an answer that
    is wrong is not taken.
    """

    BINDINGS = bindings_of(Context.PROMPT)

    def __init__(
        self,
        label: str,
        typed: Callable[[str], str],
        *,
        value: str = "",
        hint: str = "",
        longest: int = _LONGEST,
    ) -> None:
        super().__init__()
        self._label = label
        self._typed = typed
        self._value = value
        self._hint = hint
        self._longest = longest

    def compose(self) -> ComposeResult:
        """Yield the label, the field and what is wrong with it."""
        with Horizontal(id="prompt"):
            yield Static(f" {self._label} ", id="prompt-label", markup=False)
            field = Input(value=self._value, placeholder=self._hint, max_length=self._longest, compact=True)
            field.cursor_blink = False
            yield field
            yield Static("", id="prompt-problem", markup=False)

    def on_mount(self) -> None:
        """Take keys from now on: the next may be here already."""
        self.set_focus(self.query_one(Input))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Follow what is typed."""
        self._judge(event.value)

    def on_input_submitted(self) -> None:
        """Accept: the field has the first claim on Enter."""
        self.action_accept()

    def action_accept(self) -> None:
        """Give the answer, if it can be taken."""
        value = self.query_one(Input).value
        if not self._judge(value):
            self.dismiss(value)

    def action_dismiss_prompt(self) -> None:
        """Give no answer."""
        self.dismiss(None)

    def _judge(self, value: str) -> str:
        problem = plain(self._typed(value))
        shown = self.query_one("#prompt-problem", Static)
        shown.update(f" {problem} " if problem else "")
        shown.set_class(bool(problem), "-shown")
        return problem


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
