"""The terminal: whether it is one, its size, its colours and its characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from kitetui.doctor.finding import Finding, failed, ok, skipped, warning

COLUMNS: Final = 80
LINES: Final = 24

_NAMES: Final = {"truecolor": "16 million", "256": "256", "standard": "16", "windows": "16"}
_NO_TERMINAL: Final = "the output goes to no terminal"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of a terminal.

    colours: what it can show, as Rich calls it; None where it has none.
    is_dumb: whether it cannot even move its cursor.
    multiplexer: the program that it is a window of, `tmux` or `screen`; empty where it is none.
    locale: the variable that decides on the encoding, as `LANG=C`; empty where none is set.
    """

    is_terminal: bool
    columns: int
    lines: int
    colours: str | None
    wants_none: bool
    is_dumb: bool
    multiplexer: str
    encoding: str
    locale: str

    @classmethod
    def of(cls, console: Console, environment: Mapping[str, str]) -> Terminal:
        """Return what a console and its environment say."""
        set_ = [name for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)]
        return cls(
            is_terminal=console.is_terminal,
            columns=console.width,
            lines=console.height,
            colours=console.color_system,
            wants_none=console.no_color,
            is_dumb=console.is_dumb_terminal,
            multiplexer=_multiplexer(environment),
            encoding=console.encoding,
            locale=f"{set_[0]}={environment[set_[0]]}" if set_ else "",
        )


def size(terminal: Terminal) -> Finding:
    """Say whether there is room for the monitor."""
    if not terminal.is_terminal:
        return skipped(_NO_TERMINAL)
    if terminal.is_dumb:
        return failed("it cannot move its cursor (TERM)", "set TERM to its kind, such as xterm-256color")
    found = f"{terminal.columns}x{terminal.lines}"
    if terminal.columns < COLUMNS or terminal.lines < LINES:
        return warning(found, f"make it {COLUMNS}x{LINES} or larger, not all of the monitor fits")
    return ok(found)


def colours(terminal: Terminal) -> Finding:
    """Say how many colours there are."""
    if not terminal.is_terminal:
        return skipped(_NO_TERMINAL)
    if terminal.wants_none:
        return ok("none, as NO_COLOR asks; arrows and signs say all that colours do")
    shown = _NAMES.get(terminal.colours or "", "none")
    within = f" within {terminal.multiplexer}" if terminal.multiplexer else ""
    if terminal.colours == "truecolor":
        return ok(f"{shown}{within}")
    if terminal.multiplexer == "tmux":
        step = "for all, set -as terminal-features ',*:RGB' in tmux.conf, and COLORTERM=truecolor"
    elif terminal.multiplexer:
        step = "for all, use tmux in its place"
    else:
        step = "set COLORTERM=truecolor if the terminal has all"
    return warning(f"{shown}{within}, so those of the themes are rounded", step)


def characters(terminal: Terminal) -> Finding:
    """Say whether charts and arrows can be shown."""
    if not terminal.is_terminal:
        return skipped(_NO_TERMINAL)
    if terminal.encoding.lower().replace("-", "") == "utf8":
        return ok("Unicode (UTF-8)")
    because = f", {terminal.locale}" if terminal.locale else ""
    return warning(
        f"{terminal.encoding}{because}: charts and arrows cannot be shown", "set LANG=C.UTF-8, or LC_ALL"
    )


def _multiplexer(environment: Mapping[str, str]) -> str:
    if environment.get("TMUX"):
        return "tmux"
    return "screen" if environment.get("STY") else ""
