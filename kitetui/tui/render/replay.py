"""The first line of a replay, which nobody may take for the market of this moment.

It never has the word or the colour of a live feed: what the connections did is said of the time of the
recording. Its clock always has its date.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kitetui.feed import FeedState, FeedStatus, ManagerStats
from kitetui.feed.state import FAILED
from kitetui.formatting import plain
from kitetui.times import IST
from kitetui.tui.numerals import group
from kitetui.tui.recording import Transport, state_text
from kitetui.tui.render.spans import Line, Span, Style, fitted, width_of

_STATE: Final = len("PAUSED")
_FLOW: Final = len("9,99,999/s")
_LONGEST_NAME: Final = 40
"""Cells of the file's name."""


def replay_badge(replay: Transport) -> Line:
    """Return what stands where a live feed has its state: that this is a replay, and how it runs."""
    style = Style.STALE if _stands(replay) else Style.STRONG
    return [(" REPLAY ", Style.REPLAY), (f" {state_text(replay):<{_STATE}}  ", style)]


def recorded_state(
    status: FeedStatus, stats: ManagerStats, rate: float, replay: Transport, hours: str
) -> Line:
    """Return what the recorded connections did; `rate` is in ticks a second, as they are played."""
    if not stats.symbols:
        return [("○ no symbols", Style.STRONG), ("  press a to add one", Style.TEXT)]
    count = f"{status.live}/{status.used}"
    match status.state:
        case FeedState.IDLE:
            return [("○ was not connected", Style.STALE)]
        case FeedState.CONNECTING:
            return [(f"◌ was connecting {count}", Style.STALE)]
        case FeedState.LIVE:
            flow = "" if _stands(replay) else f"{group(round(rate))}/s"
            return [(f"{flow:>{_FLOW}}", Style.TEXT), (f"   {count} up", Style.TEXT)]
        case FeedState.QUIET | FeedState.NO_TICKS | FeedState.CLOSED:
            quiet = f"was quiet {int(stats.quiet_for)}s"
            return [(quiet, Style.STALE), (f"  {hours}" if hours else "", Style.TEXT)]
        case state:
            reasons = (
                f"ws{each.connection + 1} {plain(each.reason)}"
                for each in stats.connections
                if each.state in FAILED
            )
            return [(f"! was {state} {count}", Style.STALE), (f"  {'; '.join(reasons)}", Style.TEXT)]


def recorded_clock(now: float) -> Span:
    """Return the recording's date and time in India."""
    return (f"{datetime.fromtimestamp(now, IST):%d %b %Y %H:%M:%S} IST ", Style.STRONG)


def recorded_place(replay: Transport) -> list[Line]:
    """Return which file it is and how far it is through, the longest form first."""
    position: Span = (f"{replay.position:>5.0%}  ", Style.DIM)
    name = plain(replay.name)
    whole: Line = [(name, Style.DIM)]
    return [[*fitted(whole, min(width_of(whole), _LONGEST_NAME)), position], [position]]


def _stands(replay: Transport) -> bool:
    return replay.is_paused or replay.is_ended
