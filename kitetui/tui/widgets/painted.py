"""Styled lines on the screen: the widget that all still panes are, and redraws only lines that changed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kitetui.tui.render.spans import Line
from kitetui.tui.widgets.palette import STYLE_CLASSES, Palette


class PaintedPane(Widget):
    """A pane that draws styled lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(STYLE_CLASSES)
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._palette = Palette(self)

    @abstractmethod
    def paint(self, width: int, height: int) -> list[Line]:
        """Return the lines of the pane as it stands."""

    def repaint(self) -> None:
        """Paint anew, and refresh the lines that differ."""
        width, height = self.size
        if not width or not height:
            return
        before, self._lines = self._lines, self.paint(width, height)
        if len(before) != len(self._lines):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, width, 1))

    def on_resize(self, event: events.Resize) -> None:
        """Paint in the new size."""
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """Return one line for the compositor."""
        return self._palette.strip(self._lines[y] if y < len(self._lines) else [], self.size.width)

    def notify_style_update(self) -> None:
        """Look the colours up anew."""
        super().notify_style_update()
        self._palette.clear()
