"""Puts the panes where `kitetui.tui.layout` says, in one pass for each size."""

from __future__ import annotations

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from kitetui.tui.layout import Pane, Rect, Wish, layout


class Panes(Widget):
    """The container of all panes; `wish` is which of the optional ones the user wants."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children)
        self.wish = Wish()
        self._arrangement = _ByPane(self)

    def show(self, wish: Wish) -> None:
        """Arrange the panes by another wish."""
        self.wish = wish
        # A widget's own arrangement is kept until one of its children asks for a layout.
        for child in self.children:
            child.refresh(layout=True)

    @property
    def places(self) -> dict[Pane, Rect]:
        """The panes that are shown, and where."""
        return layout(*self.size, self.wish)

    @property
    def layout(self) -> Layout:
        """The layout that follows the pure function of the size."""
        return self._arrangement


class _ByPane(Layout):
    name = "panes"

    def __init__(self, panes: Panes) -> None:
        self._panes = panes

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return a placement for each pane that is shown."""
        places = layout(size.width, size.height, self._panes.wish)
        return [
            WidgetPlacement(Region(*places[Pane(child.id)]), Offset(), Spacing(), child)
            for child in children
            if child.id in places
        ]
