"""What Textual does not promise: where a version has it no more, the program does without."""

from __future__ import annotations

from typing import Any


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


def close_at_once(app: Any) -> None:
    """End an app after a bug, without the traceback that Textual would write across the screen."""
    close = getattr(app, "_close_messages_no_wait", app.exit)
    close()
