"""Texts to read and scroll: every key and what it does, and what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from kitetui.tui.commands import Command, Context, bindings_of
from kitetui.tui.render.spans import Line, Style, width_of
from kitetui.tui.widgets.painted import PaintedPane

SIGNS: Final[Sequence[Line]] = (
    [(" · does not apply   … waiting   - unknown", Style.TEXT)],
    [(" !11s", Style.STALE), (" its connection is lost or mute, and the price is that old", Style.TEXT)],
    [(" ‖11s", Style.TEXT), (" the display is held still", Style.TEXT)],
    [(" 09:15", Style.TEXT), (" perhaps an old price, as the server had it, and its time", Style.TEXT)],
    [(" •", Style.STRONG), (" marked", Style.TEXT)],
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
        lines.append([(f" {context}", Style.TITLE)])
        for command in listed:
            key: Line = [(f"   {command.shown} ", Style.KEY)]
            gap = " " * max(_KEYS - width_of(key), 0)
            lines.append([*key, (gap, Style.TEXT), (command.help, Style.TEXT)])
        lines.append([])
    return [*lines, [(" Signs", Style.TITLE)], *SIGNS]


_KEYS: Final = 16
