"""The log's newest lines, long ones folded under their time."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from kitetui.formatting import clock
from kitetui.tui.events import LogEntry, Weight
from kitetui.tui.render.spans import Line, Style

_TIME: Final = 10
_STYLES: Final = {
    Weight.NOTE: Style.TEXT,
    Weight.GOOD: Style.LIVE,
    Weight.WARNING: Style.STALE,
    Weight.ALARM: Style.ALARM,
}


def log_lines(entries: Sequence[LogEntry], width: int, height: int | None = None) -> list[Line]:
    """Return the last entries, the newest at the bottom, in at most `height` lines if that is given."""
    lines: list[Line] = []
    for entry in entries:
        folded = textwrap.wrap(entry.text, max(width - _TIME - 1, 10)) or [""]
        for number, part in enumerate(folded):
            stamp = f" {clock(entry.at)} " if number == 0 else " " * _TIME
            lines.append([(stamp, Style.DIM), (part, _STYLES[entry.weight])])
    if height is None:
        return lines
    return lines[-height:] if height > 0 else []
