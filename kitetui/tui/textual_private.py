"""What Textual does not promise: where a version has it no more, the program does without."""

from __future__ import annotations

import sys

from textual.app import App


def forget_borders() -> None:
    """Let go of the widgets of dialogs that were closed.

    Textual remembers the borders of the last 1,024 widgets in a cache that keeps every line they drew: a
    dialog opened each minute would cost megabytes an hour.
    """
    try:
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
    except (ImportError, AttributeError):
        return


class QuietCrash(App[None]):
    """An app that ends after a bug without a traceback across the screen.

    crash: the bug, for whoever runs the app and says where its traceback can be read. A Textual that does not
    ask here writes the traceback.
    """

    crash: BaseException | None = None

    def _fatal_error(self) -> None:
        self.crash = sys.exc_info()[1]
        close = getattr(self, "_close_messages_no_wait", self.exit)
        close()
