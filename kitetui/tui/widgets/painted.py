"""Styled lines on the screen: the widget that all still panes are, which redraws only lines that changed.

The styles of spans in a widget's colours are looked up once: for every span that was a third of all drawing.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kitetui.formatting import plain
from kitetui.tui.render.spans import Line, Style

STYLE_CLASSES: Final = frozenset(f"style--{style}" for style in Style)
"""The component classes through which the style sheet colours the styles of spans."""


class Palette:
    """A widget's colours for the styles of spans, on the background of the widget or one of its components.

    To be cleared whenever the widget's style may have changed.
    """

    def __init__(self, widget: Widget, component: str | None = None) -> None:
        self._widget = widget
        self._component = component
        self._base: RichStyle | None = None
        self._styles: dict[Style, RichStyle] = {}

    def clear(self) -> None:
        """Look all styles up anew."""
        self._base = None
        self._styles.clear()

    @property
    def base(self) -> RichStyle:
        """The style beneath the spans."""
        if self._base is None:
            widget, component = self._widget, self._component
            self._base = widget.get_component_rich_style(component) if component else widget.rich_style
        return self._base

    def strip(self, line: Line, width: int) -> Strip:
        """Return a line as a strip of exactly so many cells."""
        # The last barrier: whatever a server or a file put into a text, a terminal can only print it.
        spans = ((text if text.isprintable() else plain(text), self._rich(style)) for text, style in line)
        strip = Strip([Segment("".join(texts), style) for texts, style in _runs(spans)])
        return strip.adjust_cell_length(width, self.base)

    def _rich(self, style: Style) -> RichStyle:
        found = self._styles.get(style)
        if found is None:
            partial = self._widget.get_component_rich_style(f"style--{style}", partial=True)
            found = self._styles[style] = self.base + partial
        return found


def _runs(spans: Iterable[tuple[str, RichStyle]]) -> Iterator[tuple[list[str], RichStyle]]:
    """Join what looks alike: each change of style costs forty bytes on the way to the terminal."""
    texts: list[str] = []
    last: RichStyle | None = None
    for text, style in spans:
        if last is not None and (style is last or (text.isspace() and _are_alike_when_blank(style, last))):
            texts.append(text)
            continue
        if last is not None:
            yield texts, last
        texts, last = [text], style
    if last is not None:
        yield texts, last


def _are_alike_when_blank(one: RichStyle, other: RichStyle) -> bool:
    """Whether blanks in either style cannot be told apart."""
    has_lines = any(style.reverse or style.underline or style.strike for style in (one, other))
    return one.bgcolor == other.bgcolor and not has_lines


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
