"""This machine: the versions of what runs, its folders, its terminal, and the hours of the market."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from rich.console import Console

from kitetui import __version__
from kitetui.doctor.checks import Finding, failed, failure_of, ok, skipped, warning
from kitetui.errors import UserError
from kitetui.formatting import weekday_clock
from kitetui.market.calendar import Calendar
from kitetui.market.calendarfile import load_calendar
from kitetui.wire import Exchange


def versions() -> Finding:
    """Say which versions run, on what."""
    packages = ", ".join(f"{name} {_version(name.lower())}" for name in ("Textual", "websockets", "NumPy"))
    python = f"Python {platform.python_version()}"
    return ok(f"kitetui {__version__}, {python}, {packages}, {platform.system()} {platform.machine()}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown)"


ROOM: Final = 10**9
"""Bytes below which a folder is short of room: a day's recording of some thousand symbols has more."""


def folder(path: Path) -> Finding:
    """Say whether a folder can be written to; one that is not there is not made."""
    there = next(each for each in (path, *path.parents) if each.exists())
    try:
        if there != path:
            return _can_be_made(path, there)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"room?")
    except OSError as error:
        return failed(f"{path} cannot be written to ({error.strerror})", _step(path))
    return ok(f"{path} can be written to")


def room() -> Finding:
    """Say how much room there is in the current folder, where recordings go."""
    try:
        here = Path.cwd()
        free = shutil.disk_usage(here).free
    except OSError as error:
        return failed(f"the current folder cannot be looked at ({error.strerror})", "go to another one")
    return roomy(here, free)


def roomy(path: Path, free: int) -> Finding:
    """Judge how many bytes are free in a folder."""
    found = f"{free / 1e9:,.1f} GB free in {path}"
    return ok(found) if free >= ROOM else warning(found, "make room, or record elsewhere with -o")


def _can_be_made(path: Path, there: Path) -> Finding:
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(f"{path} is not there yet, and can be made")
    return failed(f"{path} cannot be made in {there}", _step(path))


def _step(path: Path) -> str:
    return f"make {path} a folder of yours, or set KITETUI_HOME to another place"


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


_SHARES: Final = (Exchange.NSE, Exchange.NFO, Exchange.BSE, Exchange.BFO)
"""Shares and their derivatives: the program ships their holidays, and not those of the other segments."""


def market_hours(file: Path, now: float) -> Finding:
    """Say what trades now, or what opens next, by the shipped calendar and a user's file. now: UTC seconds.

    That is a warning where it may be a holiday of shares. Other segments are not judged: in no year does the
    program know all their holidays.
    """
    try:
        calendar = load_calendar(file)
    except UserError as error:
        return failure_of(error)
    if trading := calendar.open_exchanges(now):
        found = f"{', '.join(trading)} {'trade' if len(trading) > 1 else 'trades'} now"
        return _judged(calendar, found, [each for each in _SHARES if each.name in trading], now)
    opening = calendar.next_opening([each for each in Exchange if each is not Exchange.UNKNOWN], now)
    if opening is None:
        return ok("closed")
    # Shares that do not open on that day have it listed, and so it is known.
    return _judged(calendar, f"closed, opens {weekday_clock(opening)} IST", _SHARES, opening)


def _judged(calendar: Calendar, found: str, segments: Collection[Exchange], moment: float) -> Finding:
    """Return what was found, a warning where the day of the moment may be a holiday of these segments."""
    unsure = [each for each in segments if not calendar.is_known([each], moment)]
    if not unsure:
        return ok(found)
    holidays = f"those of {', '.join(each.name for each in unsure)} after {calendar.known_until(unsure)}"
    return warning(
        f"{found}, if it is no holiday: {holidays} are not known",
        "add them and a later [[known]] to sessions.toml",
    )
