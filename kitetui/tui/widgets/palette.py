"""The inks in a widget's colours, looked up once: doing it for every span was a third of all drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from kitetui.formatting import plain
from kitetui.tui.paint.ink import Ink, Line

INK_CLASSES: Final = frozenset(f"ink--{ink}" for ink in Ink)
"""The component classes through which the style sheet colours the inks."""


class Palette:
    """A widget's styles for the inks, on the background of the widget or of one of its components.

    To be cleared whenever the widget's style may have changed.
    """

    def __init__(self, widget: Widget, component: str | None = None) -> None:
        self._widget = widget
        self._component = component
        self._base: Style | None = None
        self._styles: dict[Ink, Style] = {}

    def clear(self) -> None:
        """Look all styles up anew."""
        self._base = None
        self._styles.clear()

    @property
    def base(self) -> Style:
        """The style beneath the inks."""
        if self._base is None:
            widget, component = self._widget, self._component
            self._base = widget.get_component_rich_style(component) if component else widget.rich_style
        return self._base

    def strip(self, line: Line, width: int) -> Strip:
        """Return a line as a strip of exactly so many cells."""
        # The last barrier: whatever a server or a file put into a text, a terminal can only print it.
        spans = ((text if text.isprintable() else plain(text), self._style(ink)) for text, ink in line)
        strip = Strip([Segment("".join(texts), style) for texts, style in _runs(spans)])
        return strip.adjust_cell_length(width, self.base)

    def _style(self, ink: Ink) -> Style:
        style = self._styles.get(ink)
        if style is None:
            partial = self._widget.get_component_rich_style(f"ink--{ink}", partial=True)
            style = self._styles[ink] = self.base + partial
        return style


def _runs(spans: Iterable[tuple[str, Style]]) -> Iterator[tuple[list[str], Style]]:
    """Join what looks alike: each change of style costs forty bytes on the way to the terminal."""
    texts: list[str] = []
    last: Style | None = None
    for text, style in spans:
        if last is not None and (style is last or (text.isspace() and _are_alike_when_blank(style, last))):
            texts.append(text)
            continue
        if last is not None:
            yield texts, last
        texts, last = [text], style
    if last is not None:
        yield texts, last


def _are_alike_when_blank(one: Style, other: Style) -> bool:
    """Whether blanks in either style cannot be told apart."""
    has_lines = any(style.reverse or style.underline or style.strike for style in (one, other))
    return one.bgcolor == other.bgcolor and not has_lines
