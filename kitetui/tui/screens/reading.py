"""Texts to read and scroll: every key and what it does, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from kitetui.tui.commands import Command, Context, bindings_of
from kitetui.tui.paint.ink import Ink, Line, width_of
from kitetui.tui.widgets.painted import PaintedPane

SIGNS: Final[Sequence[Line]] = (
    [(" · does not apply   … waiting   - unknown", Ink.TEXT)],
    [(" !11s", Ink.STALE), (" its connection is lost or mute, and the price is that old", Ink.TEXT)],
    [(" ‖11s", Ink.TEXT), (" the display is held still", Ink.TEXT)],
    [(" 09:15", Ink.TEXT), (" perhaps an old price, as the server had it, and its time", Ink.TEXT)],
    [(" •", Ink.STRONG), (" marked", Ink.TEXT)],
)


class ReadingScreen(ModalScreen[None]):
    """A text in a frame; `lines` makes it for a width."""

    BINDINGS = bindings_of(Context.READING)

    def __init__(self, title: str, lines: Callable[[int], list[Line]], *, at_end: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._at_end = at_end

    def compose(self) -> ComposeResult:
        """Yield the dialog."""
        with VerticalScroll(id="reading-dialog") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "↑↓ scroll · Esc closes"
            yield _Text(self._lines)

    def on_mount(self) -> None:
        """Begin where the news is."""
        if self._at_end:
            self.call_after_refresh(self._scroller.scroll_end, animate=False)

    def action_scroll_lines_up(self) -> None:
        """Scroll up."""
        self._scroller.scroll_up(animate=False)

    def action_scroll_lines_down(self) -> None:
        """Scroll down."""
        self._scroller.scroll_down(animate=False)

    def action_scroll_page_up(self) -> None:
        """Scroll up a page."""
        self._scroller.scroll_page_up(animate=False)

    def action_scroll_page_down(self) -> None:
        """Scroll down a page."""
        self._scroller.scroll_page_down(animate=False)

    def action_close_reading(self) -> None:
        """Close it."""
        self.dismiss()

    @property
    def _scroller(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)


class _Text(PaintedPane):
    def __init__(self, lines: Callable[[int], list[Line]]) -> None:
        super().__init__(id="reading-text")
        self._make = lines

    def paint(self, width: int, height: int) -> list[Line]:
        lines = self._make(width)
        self.styles.height = max(len(lines), 1)
        return lines


def help_lines(commands: Sequence[Command]) -> list[Line]:
    """Return the text of the help: the commands under their contexts, then the signs."""
    lines: list[Line] = []
    for context in Context:
        listed = [command for command in commands if command.context is context and command.keys]
        if not listed:
            continue
        lines.append([(f" {context}", Ink.TITLE)])
        for command in listed:
            key: Line = [(f"   {command.shown} ", Ink.KEY)]
            lines.append([*key, (" " * max(_KEYS - width_of(key), 0), Ink.TEXT), (command.help, Ink.TEXT)])
        lines.append([])
    return [*lines, [(" Signs", Ink.TITLE)], *SIGNS]


_KEYS: Final = 16
