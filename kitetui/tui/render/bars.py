"""The lines that are always there: the state of the feed above, then the groups and indices, the keys below.

The first is derived from the manager's status and statistics alone, with one sentence for each state of the
feed. What it says of the rate and the round trip stands in cells of fixed places, so that nothing in the line
moves while all is well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from kitetui.feed import ConnectionState, ConnectionStats, FeedState, FeedStatus, ManagerStats
from kitetui.formatting import age, clock, plain
from kitetui.tui.commands import ALWAYS_SHOWN, Command, key_name
from kitetui.tui.figures import WAITING
from kitetui.tui.hours import OPEN, Hours
from kitetui.tui.numerals import group, short
from kitetui.tui.recording import Transport
from kitetui.tui.render.replay import recorded_clock, recorded_place, recorded_state, replay_badge
from kitetui.tui.render.spans import Line, Style, direction, fitted, justified, width_of
from kitetui.tui.rows import Row

_STATE_WIDTH: Final = 12
_REFUSED: Final = "login refused"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the first line says besides the state of the feed.

    simulated: whether the prices are made up. recorded: rows of a recording that is under way, None without
    one. held_for: seconds for which the display has been held still, None while it is not. hours: what the
    hours of the market say. renewal: what to do about a login that is refused.
    replay: the recording that is played, None where the feed is of this moment.
    """

    simulated: bool = False
    recorded: int | None = None
    held_for: float | None = None
    hours: Hours = OPEN
    renewal: str = ""
    replay: Transport | None = None


def top_line(
    status: FeedStatus, stats: ManagerStats, rate: float, now: float, width: int, signs: Signs
) -> Line:
    """Return the line; `rate` is in ticks a second, `now` UTC seconds."""
    kept: Line = [(" kitetui  ", Style.BRAND)]
    if signs.replay is not None:
        kept += replay_badge(signs.replay)
        told = recorded_state(status, stats, rate, signs.replay, signs.hours.text)
    else:
        told = state_text(status, stats, rate, signs)
    left = [*kept, *told]
    right = _right(signs, now, width - width_of([*kept, *told[:1]]), width - width_of(left))
    if status.state is FeedState.LIVE:  # figures are left out whole, where a sentence may be cut
        while width_of(left) + width_of(right) > width:
            left.pop()
    return justified(left, right, width)


def _right(signs: Signs, now: float, room: int, spare: int) -> Line:
    """The signs and the clock; where they do not all fit, the recorder's goes, then the clock.

    A replay keeps its clock, which has the date; which file it is takes only what the state leaves.
    """
    rec: Line = []
    if signs.recorded is not None:
        rec = [("⏺ ", Style.STRONG), (f"rec {short(signs.recorded):<8}", Style.TEXT), ("  ", Style.TEXT)]
    fixed: Line = [("  ", Style.TEXT)]
    if signs.held_for is not None:
        fixed += [(f" HELD {age(signs.held_for)} ", Style.SIMULATED), ("  ", Style.TEXT)]
    if signs.simulated:
        fixed += [(" SIMULATED ", Style.SIMULATED), ("  ", Style.TEXT)]
    time: Line = [(f"{clock(now)} IST ", Style.STRONG)]
    if signs.replay is not None:
        fixed, time = [*fixed, recorded_clock(now)], []
        for place in recorded_place(signs.replay):
            if width_of(line := [fixed[0], *place, *rec, *fixed[1:]]) <= spare:
                return line
    for line in ([fixed[0], *rec, *fixed[1:], *time], [*fixed, *time]):
        if width_of(line) <= room:
            return line
    return fixed


def state_text(status: FeedStatus, stats: ManagerStats, rate: float, signs: Signs) -> Line:
    """Return the state of the feed and what there is to say of it."""
    count = f"{status.live}/{status.used}"
    if not stats.symbols:  # a connection that has lost its last symbol stays open, and is no news
        return [("○ NO SYMBOLS", Style.STRONG), ("  press a to add one", Style.TEXT)]
    match status.state:
        case FeedState.IDLE:
            return [("○ IDLE", Style.STRONG)]
        case FeedState.CONNECTING:
            return [(f"◌ CONNECTING {count}", Style.STALE)]
        case FeedState.LIVE:
            return _live(count, stats, rate)
        case FeedState.CLOSED:
            return [
                (f"○ {signs.hours.what.upper() or 'CLOSED'}", Style.STALE),
                (f"  {signs.hours.rest}", Style.TEXT),
            ]
        case FeedState.QUIET:
            return _quiet(stats, signs.hours)
        case FeedState.NO_TICKS:
            return _no_ticks(stats, signs.hours)
        case FeedState.DEGRADED:
            return [(f"! DEGRADED {count}", Style.STALE), (f"  {_what_is_missing(stats)}", Style.TEXT)]
        case FeedState.STALE:
            return [(f"! STALE {count}", Style.STALE), (f"  {_what_is_missing(stats)}", Style.TEXT)]
        case FeedState.RETRYING:
            return _retrying(stats, signs.renewal)
        case FeedState.DOWN:
            return _down(stats.worst, signs.renewal)


def _quiet(stats: ManagerStats, hours: Hours) -> Line:
    if hours.what:
        return [(f"{'● QUIET':<{_STATE_WIDTH}}", Style.STALE), (f"  {hours.text}", Style.TEXT)]
    still = [each for each in stats.connections if each.is_still]
    is_all = len(still) == sum(each.state is ConnectionState.LIVE for each in stats.connections)
    doubt = f"; {hours.doubt}" if hours.doubt else ""
    if still and not is_all:
        text = f"● QUIET {_name(still[0])} {int(still[0].quiet_for or 0)}s"
        return [(text, Style.STALE), (f"  connected, and none of its symbols has changed{doubt}", Style.TEXT)]
    text = f"● QUIET {int(stats.quiet_for)}s"
    why = f"  connected, and no symbol has changed{doubt}"
    return [(f"{text:<{_STATE_WIDTH}}", Style.STALE), (why, Style.TEXT)]


def _no_ticks(stats: ManagerStats, hours: Hours) -> Line:
    worst = stats.worst
    which = "" if worst is None else f" {_name(worst)} {int(worst.quiet_for or 0)}s"
    doubt = f"; {hours.doubt}" if hours.doubt else ""
    return [(f"! NO TICKS{which}", Style.STALE), (f"  connected, and the market is open{doubt}", Style.TEXT)]


def _live(count: str, stats: ManagerStats, rate: float) -> Line:
    trips = [each.round_trip for each in stats.connections if each.round_trip is not None]
    rtt = f"rtt {max(trips) * 1000:>3.0f}ms" if trips else "rtt   …"
    return [
        (f"{f'● LIVE {count}':<{_STATE_WIDTH}}", Style.LIVE),
        (f"{group(round(rate)):>7}/s", Style.TEXT),
        (f"   {rtt}", Style.TEXT),
    ]


def _what_is_missing(stats: ManagerStats) -> str:
    texts = []
    for each in stats.connections:
        if each.is_mute:
            texts.append(f"{_name(each)} mute for {int(each.quiet_for or 0)}s")
        elif each.state is ConnectionState.DOWN:
            texts.append(f"{_name(each)} down, {plain(each.reason)}")
        elif each.state is ConnectionState.RETRYING:
            silent = f"silent {int(each.silence)}s" if each.silence is not None else plain(each.reason)
            texts.append(f"{_name(each)} {silent}, {_attempt(each)}")
    return "; ".join(texts)


def _retrying(stats: ManagerStats, renewal: str) -> Line:
    """Tell the latest truth: what was refused for good comes before what is tried again."""
    worst = stats.worst
    if worst is None or worst.state is ConnectionState.DOWN:
        return _down(worst, renewal)
    what = _attempt(worst).replace("retry", "RETRY")
    return [(f"! {what}", Style.STALE), (f"  {_name(worst)} {plain(worst.reason)}", Style.TEXT)]


def _down(worst: ConnectionStats | None, renewal: str) -> Line:
    reason = "" if worst is None else worst.reason
    if reason.startswith(_REFUSED):
        return [(" ✗ LOGIN REFUSED ", Style.ALARM), (f" {renewal}", Style.TEXT)]
    return [(" ✗ DOWN ", Style.ALARM), (f"  {plain(reason)}; press q and start again", Style.TEXT)]


def _name(stats: ConnectionStats) -> str:
    return f"ws{stats.connection + 1}"


def _attempt(stats: ConnectionStats) -> str:
    return (
        f"retry {stats.attempt} in {stats.retry_in:.0f}s" if stats.retry_in else f"retry {stats.attempt} now"
    )


_LAST: Final = 9
_PERCENT: Final = 9
_INDEX: Final = 42
"""Cells that are kept for the first index, however many groups there are."""

_COUNTED_FROM: Final = 120
"""The width from which every group says how many symbols it has."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A group in the line: from which cell to which (exclusive) it can be clicked, and its number."""

    start: int
    end: int
    number: int
    text: str
    is_shown: bool


def placed_tabs(groups: Sequence[tuple[str, int]], shown: int, width: int, taken: int = 0) -> list[Tab]:
    """Return the groups, given as name and count, and their places; `shown` is the number of the one shown.

    width: of the line, of which one index and `taken` more cells are not for them. Where they do not fit,
    the names of the others are shortened, and at the least their digits are left.
    """
    room = width - _INDEX - taken
    longest = max(len(name) for name, _ in groups)
    for limit in (*range(longest, 0, -1), 0):
        tabs, x = [], 1
        for number, (name, count) in enumerate(groups, start=1):
            is_shown = number == shown
            label = plain(name) if is_shown or len(name) <= limit else plain(name)[: max(limit - 1, 0)] + "…"
            text = f"{number} {label}" if limit or is_shown else f"{number}"
            if width >= _COUNTED_FROM and (limit or is_shown):
                text += f" {group(count)}"
            text = f"▐{text}▌" if is_shown else f" {text} "
            tabs.append(Tab(x, x + len(text), number, text, is_shown))
            x += len(text)
        if x <= room or not limit:
            return tabs
    return []


def groups_line(tabs: Sequence[Tab], what_is_left: str, indices: Sequence[Row], width: int) -> Line:
    """Return the line with as many of the indices as fit whole.

    what_is_left: what the filter leaves of the group that is shown, "" without one.
    """
    left: Line = [(" ", Style.TEXT)]
    left += [(tab.text, Style.STRONG if tab.is_shown else Style.DIM) for tab in tabs]
    if what_is_left:
        left += [("  ", Style.TEXT), (plain(what_is_left), Style.STALE)]
    left.append((" ", Style.TEXT))
    right: Line = []
    for row in indices:
        part = _pinned(row)
        if width_of(left) + width_of(right) + width_of(part) > width:
            break
        right += part
    return justified(fitted(left, width - width_of(right)), right, width)


def _pinned(row: Row) -> Line:
    """An index in cells that stay as they are while its price moves."""
    name = (f" {row.instrument.tradingsymbol} ", Style.DIM)
    if row.figures is None:
        return [name, (f"{WAITING:>{_LAST + _PERCENT + 1}} ", Style.DIM)]
    colour = Style.DIM if row.is_dim else direction(row.figures.percent_change or 0)
    return [
        name,
        (f"{row.figures.last(_LAST):>{_LAST}}", Style.DIM if row.is_dim else Style.STRONG),
        (f"{row.figures.percent():>{_PERCENT}} ", colour),
    ]


Placed = tuple[int, int, Command]
"""From which cell to which (exclusive) a command can be clicked."""


def placed_keys(commands: Sequence[Command], width: int) -> list[Placed]:
    """Return the commands with a label that fit whole, and where; the ones always shown go first."""
    labelled = [command for command in commands if command.label]
    kept = [command for command in labelled if command.id in ALWAYS_SHOWN]
    for command in labelled:
        if command not in kept and sum(_cells(each) for each in [*kept, command]) <= width:
            kept.append(command)
    placed, x = [], 0
    for command in (command for command in labelled if command in kept):
        placed.append((x, x + _cells(command), command))
        x += _cells(command)
    return placed


def keys_line(commands: Sequence[Command], width: int) -> Line:
    """Return the line of keys."""
    line: Line = []
    for _, _, command in placed_keys(commands, width):
        line += [(f" {key_name(command.keys[0])}", Style.KEY), (f" {command.label} ", Style.DIM)]
    return fitted(line, width)


def _cells(command: Command) -> int:
    return cell_len(key_name(command.keys[0])) + len(command.label) + 3
