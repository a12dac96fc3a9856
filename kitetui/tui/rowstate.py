"""What the figures of a row are worth: how fresh they are, and whether their connection still delivers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from kitetui.formatting import age, moment
from kitetui.tui.figures import UNKNOWN

OLD_AFTER: Final = 10.0
"""Seconds without a tick after which a row says so; nothing is wrong with it, few trade it."""


class RowState(Enum):
    """How far a row can be trusted."""

    WAITING = auto()
    """No tick has come yet."""
    SNAPSHOT = auto()
    """The figures may be those that the server kept, from whenever that was."""
    LIVE = auto()
    """Ticks arrive."""
    OLD = auto()
    """The connection is live, and this instrument has not changed for a while."""
    FROZEN = auto()
    """The connection is lost or mute: the figures stand still, whatever the market does."""
    HELD = auto()
    """The user holds the display still, while ticks go on arriving behind it."""


STANDING_STILL: Final = frozenset((RowState.SNAPSHOT, RowState.FROZEN, RowState.HELD))
"""The states in which figures are not those of this moment, and must not look as if they were."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """A row's state, and its age in words, for the column AGE."""

    state: RowState
    age: str


WAITING: Final = Freshness(RowState.WAITING, "")
"""The freshness of a row without a tick."""


def freshness(
    *,
    now: float,
    elapsed: float,
    exchange_time: int | None,
    is_snapshot: bool,
    is_delivered: bool,
    is_held: bool = False,
) -> Freshness:
    """Decide on a row with a tick.

    now, exchange_time: UTC seconds, None where the exchange sent no time. elapsed: seconds since the tick was
    received. is_delivered: whether it stands until another comes; see `KiteTickerManager.delivers`.
    """
    elapsed = max(elapsed, 0.0)
    if not is_delivered:
        return Freshness(RowState.FROZEN, f"!{age(elapsed)}")
    if is_snapshot:
        return Freshness(RowState.SNAPSHOT, moment(exchange_time, now) if exchange_time else UNKNOWN)
    if is_held:
        return Freshness(RowState.HELD, f"‖{age(elapsed)}")
    return Freshness(RowState.OLD if elapsed >= OLD_AFTER else RowState.LIVE, age(elapsed))
