"""The first line: whether the feed is live, derived from the manager's status and statistics alone.

It has one sentence for each state of the feed. What it says of the rate and the round trip stands in
cells of fixed places, so that nothing in the line moves while all is well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kitetui.feed import ConnectionState, ConnectionStats, FeedState, FeedStatus, ManagerStats
from kitetui.formatting import age, clock, group, plain, short
from kitetui.tui.paint.ink import Ink, Line, spread, width_of
from kitetui.tui.paint.replay import recorded_clock, recorded_place, recorded_state, replay_badge
from kitetui.tui.transport import Transport

_STATE_WIDTH: Final = 12
_REFUSED: Final = "login refused"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the first line says besides the state of the feed.

    simulated: whether the prices are made up. recorded: rows of a recording that is under way, None without
    one. held_for: seconds for which the display has been held still, None while it is not. closed: when the
    market opens again, in words, "" while it is open. renewal: what to do about a login that is refused.
    replay: the recording that is played, None where the feed is of this moment.
    """

    simulated: bool = False
    recorded: int | None = None
    held_for: float | None = None
    closed: str = ""
    renewal: str = ""
    replay: Transport | None = None


def top_line(
    status: FeedStatus, stats: ManagerStats, rate: float, now: float, width: int, signs: Signs
) -> Line:
    """Return the line; `rate` is in ticks a second, `now` UTC seconds."""
    kept: Line = [(" kitetui  ", Ink.BRAND)]
    if signs.replay is not None:
        kept += replay_badge(signs.replay)
        told = recorded_state(status, stats, rate, now, signs.replay, signs.closed)
    else:
        told = state_text(status, stats, rate, now, signs)
    left = [*kept, *told]
    right = _right(signs, now, width - width_of([*kept, *told[:1]]), width - width_of(left))
    if status.state is FeedState.LIVE:  # figures are left out whole, where a sentence may be cut
        while width_of(left) + width_of(right) > width:
            left.pop()
    return spread(left, right, width)


def _right(signs: Signs, now: float, room: int, spare: int) -> Line:
    """The signs and the clock; where they do not all fit, the recorder's goes, then the clock.

    A replay keeps its clock, which has the date; which file it is takes only what the state leaves.
    """
    rec: Line = []
    if signs.recorded is not None:
        rec = [("⏺ ", Ink.STRONG), (f"rec {short(signs.recorded):<8}", Ink.TEXT), ("  ", Ink.TEXT)]
    fixed: Line = [("  ", Ink.TEXT)]
    if signs.held_for is not None:
        fixed += [(f" HELD {age(signs.held_for)} ", Ink.SIMULATED), ("  ", Ink.TEXT)]
    if signs.simulated:
        fixed += [(" SIMULATED ", Ink.SIMULATED), ("  ", Ink.TEXT)]
    time: Line = [(f"{clock(now)} IST ", Ink.STRONG)]
    if signs.replay is not None:
        fixed, time = [*fixed, recorded_clock(now)], []
        for place in recorded_place(signs.replay):
            if width_of(line := [fixed[0], *place, *rec, *fixed[1:]]) <= spare:
                return line
    for line in ([fixed[0], *rec, *fixed[1:], *time], [*fixed, *time]):
        if width_of(line) <= room:
            return line
    return fixed


def state_text(status: FeedStatus, stats: ManagerStats, rate: float, now: float, signs: Signs) -> Line:
    """Return the state of the feed and what there is to say of it."""
    count = f"{status.live}/{status.used}"
    if not stats.symbols:  # a connection that has lost its last symbol stays open, and is no news
        return [("○ NO SYMBOLS", Ink.STRONG), ("  press a to add one", Ink.TEXT)]
    match status.state:
        case FeedState.IDLE:
            return [("○ IDLE", Ink.STRONG)]
        case FeedState.CONNECTING:
            return [(f"◌ CONNECTING {count}", Ink.STALE)]
        case FeedState.LIVE:
            return _live(count, stats, rate)
        case FeedState.QUIET | FeedState.NO_TICKS:
            return _quiet(status.state, stats.quiet_for(int(now * 1e9)), signs.closed)
        case FeedState.DEGRADED:
            return [(f"! DEGRADED {count}", Ink.STALE), (f"  {_what_is_missing(stats)}", Ink.TEXT)]
        case FeedState.STALE:
            return [(f"! STALE {count}", Ink.STALE), (f"  {_what_is_missing(stats)}", Ink.TEXT)]
        case FeedState.RETRYING:
            return _retrying(stats)
        case FeedState.DOWN:
            return _down(stats, signs.renewal)


def _quiet(state: FeedState, seconds: float, closed: str) -> Line:
    if state is FeedState.NO_TICKS:
        return [(f"! NO TICKS {int(seconds)}s", Ink.STALE), ("  connected, and the market is open", Ink.TEXT)]
    if closed:
        return [(f"{'● QUIET':<{_STATE_WIDTH}}", Ink.STALE), (f"  {closed}", Ink.TEXT)]
    text = f"● QUIET {int(seconds)}s"
    return [(f"{text:<{_STATE_WIDTH}}", Ink.STALE), ("  connected, and no symbol has changed", Ink.TEXT)]


def _live(count: str, stats: ManagerStats, rate: float) -> Line:
    trips = [each.round_trip for each in stats.connections if each.round_trip is not None]
    rtt = f"rtt {max(trips) * 1000:>3.0f}ms" if trips else "rtt   …"
    return [
        (f"{f'● LIVE {count}':<{_STATE_WIDTH}}", Ink.LIVE),
        (f"{group(round(rate)):>7}/s", Ink.TEXT),
        (f"   {rtt}", Ink.TEXT),
    ]


def _what_is_missing(stats: ManagerStats) -> str:
    missing = [each for each in stats.connections if _is_failing(each)]
    texts = []
    for each in missing:
        silent = f"silent {int(each.silence)}s" if each.silence is not None else plain(each.reason)
        next_step = "down" if each.state is ConnectionState.DOWN else _attempt(each)
        texts.append(f"ws{each.connection + 1} {silent}, {next_step}")
    return "; ".join(texts)


def _retrying(stats: ManagerStats) -> Line:
    trying = [each for each in stats.connections if each.state is ConnectionState.RETRYING]
    soonest = min(trying, key=lambda each: each.retry_in or 0.0)
    return [
        (f"! {_attempt(soonest).replace('retry', 'RETRY')}", Ink.STALE),
        (f"  {plain(soonest.reason)}", Ink.TEXT),
    ]


def _down(stats: ManagerStats, renewal: str) -> Line:
    reasons = [each.reason for each in stats.connections if each.state is ConnectionState.DOWN]
    if reasons and reasons[0].startswith(_REFUSED):
        return [(" ✗ LOGIN REFUSED ", Ink.ALARM), (f" {renewal}", Ink.TEXT)]
    reason = plain(reasons[0]) if reasons else ""
    return [(" ✗ DOWN ", Ink.ALARM), (f"  {reason}; press q and start again", Ink.TEXT)]


def _is_failing(stats: ConnectionStats) -> bool:
    return stats.state in (ConnectionState.RETRYING, ConnectionState.DOWN)


def _attempt(stats: ConnectionStats) -> str:
    return (
        f"retry {stats.attempt} in {stats.retry_in:.0f}s" if stats.retry_in else f"retry {stats.attempt} now"
    )
