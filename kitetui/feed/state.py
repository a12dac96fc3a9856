"""The states of a connection and of the whole feed; the feed's follow from its connections' alone.

A pure table: nothing in here waits, dials or reads a clock, so what the screen says of the feed cannot
differ from what the feed is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kitetui.errors import UserError

QUIET_AFTER: Final = 30.0
"""Seconds without news after which a feed that is otherwise well is not called live."""


class ConnectionState(StrEnum):
    """Where one connection stands."""

    UNUSED = "unused"
    """It has no symbols, and is not dialled."""
    CONNECTING = "connecting"
    """The handshake is under way."""
    LIVE = "live"
    """Frames arrive."""
    RETRYING = "retrying"
    """It was lost, or could not be made; another attempt follows."""
    DOWN = "down"
    """No attempt follows until something is done: the login was refused, or attempts ran out."""


FAILED: Final = (ConnectionState.RETRYING, ConnectionState.DOWN)
"""The states of a connection that brings nothing, and should."""


class FeedState(StrEnum):
    """Where all connections together stand."""

    IDLE = "idle"
    """No symbols are subscribed."""
    CONNECTING = "connecting"
    """Some connection is not live yet, and none has failed."""
    LIVE = "live"
    """Every connection that has symbols is live."""
    CLOSED = "closed"
    """Every connection that has symbols is live, the market of none of them is open, and nothing ticks."""
    QUIET = "quiet"
    """As live, but nothing has ticked for a while, or nothing on a connection of which nobody knows whether
    it should; few symbols may rightly be still."""
    NO_TICKS = "no ticks"
    """No connection that has symbols is lost, but one is mute though its market is open."""
    DEGRADED = "degraded"
    """Every symbol is on a live connection, and a connection is missing."""
    STALE = "stale"
    """Some connections are live and some are not: the symbols of those that are not stand still."""
    RETRYING = "retrying"
    """No connection is live; attempts go on."""
    DOWN = "down"
    """No connection is live and none will be without help."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """The feed's state, and how many of the connections in use are live."""

    state: FeedState
    live: int
    used: int


def feed_status(
    states: Sequence[ConnectionState],
    symbols: Sequence[int] | None = None,
    *,
    mute: Sequence[bool] = (),
    still: bool = False,
    quiet_for: float = 0.0,
    has_ticked: bool = True,
    market_open: bool | None = None,
) -> FeedStatus:
    """Derive the feed's state from those of its connections.

    symbols: how many each connection carries; without it each is taken to carry some. mute: whether the
    symbols of each have stopped ticking; see `kitetui.feed.activity`. still: whether one is live that has
    brought no news at all since it came up.
    quiet_for: seconds since news came, or since the connections came up where they have not `has_ticked`
    since. market_open: whether any symbol should tick, None if that is not known.
    """
    carrying = [True] * len(states) if symbols is None else [count > 0 for count in symbols]
    used = [
        (state, carries)
        for state, carries in zip(states, carrying, strict=True)
        if state is not ConnectionState.UNUSED
    ]
    live = sum(state is ConnectionState.LIVE for state, _ in used)
    state = _feed_state(used, live)
    if any(mute) and state in (FeedState.LIVE, FeedState.CONNECTING, FeedState.DEGRADED):
        state = FeedState.NO_TICKS
    if state is FeedState.LIVE:
        is_quiet = still or quiet_for > QUIET_AFTER
        if market_open is False and (is_quiet or not has_ticked):
            state = FeedState.CLOSED
        elif is_quiet:
            state = FeedState.QUIET
    return FeedStatus(state, live, len(used))


def _feed_state(used: Sequence[tuple[ConnectionState, bool]], live: int) -> FeedState:
    if not used:
        return FeedState.IDLE
    if live == len(used):
        return FeedState.LIVE
    failed = [(state, carries) for state, carries in used if state in FAILED]
    if live:
        if not failed:
            return FeedState.CONNECTING
        return FeedState.STALE if any(carries for _, carries in failed) else FeedState.DEGRADED
    if all(state is ConnectionState.DOWN for state, _ in used):
        return FeedState.DOWN
    return FeedState.RETRYING if failed else FeedState.CONNECTING


LOG_IN: Final = (
    "log in again, and give the new access token, or a function that returns the one of the moment"
)
DIAL_AGAIN: Final = "look at the network, then stop the manager and start it again"


class FeedDownError(UserError):
    """No connection is live, and none will be: the login was refused, or the attempts ran out."""
