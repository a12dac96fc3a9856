"""How well a feed is, in one word and one number: derived from the connections' statistics alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kitetui.feed.state import FAILED, ConnectionState
from kitetui.feed.stats import ManagerStats

_CRITICAL_BELOW: Final = 50.0


class Health(StrEnum):
    """How well a feed is."""

    HEALTHY = "healthy"
    """Every symbol is on a live connection, and no connection is failing."""
    DEGRADED = "degraded"
    """At least half of the symbols are on live connections, or all are while a connection is failing."""
    CRITICAL = "critical"
    """Fewer than half of the symbols are on live connections."""


@dataclass(frozen=True, slots=True)
class HealthSummary:
    """The health of a feed.

    percentage: of the symbols, how many are on live connections. failing: the numbers of the connections
    that are lost or refused. never_ticked: how many symbols have not had one tick.
    """

    health: Health
    percentage: float
    live: int
    failing: tuple[int, ...]
    symbols: int
    never_ticked: int


def health_of(stats: ManagerStats, never_ticked: int) -> HealthSummary:
    """Judge a feed by its statistics; one without symbols lacks nothing."""
    live = [each for each in stats.connections if each.state is ConnectionState.LIVE]
    failing = tuple(each.connection for each in stats.connections if each.state in FAILED)
    percentage = 100 * sum(each.symbols for each in live) / stats.symbols if stats.symbols else 100.0
    return HealthSummary(
        health=_health(percentage, is_failing=bool(failing)),
        percentage=percentage,
        live=len(live),
        failing=failing,
        symbols=stats.symbols,
        never_ticked=never_ticked,
    )


def _health(percentage: float, *, is_failing: bool) -> Health:
    if percentage < _CRITICAL_BELOW:
        return Health.CRITICAL
    return Health.DEGRADED if is_failing or percentage < 100 else Health.HEALTHY
