from __future__ import annotations

import pytest

from kitetui.feed import ConnectionState, Health, ManagerStats
from kitetui.feed.stats import health_of
from tests.tui.rows import stats as connection_stats

LIVE, RETRYING, DOWN, UNUSED = (
    ConnectionState.LIVE,
    ConnectionState.RETRYING,
    ConnectionState.DOWN,
    ConnectionState.UNUSED,
)


@pytest.mark.parametrize(
    ("connections", "health", "percentage"),
    [
        ([], Health.HEALTHY, 100.0),
        ([(LIVE, 10), (LIVE, 10), (UNUSED, 0)], Health.HEALTHY, 100.0),
        ([(LIVE, 10), (LIVE, 10), (RETRYING, 0)], Health.DEGRADED, 100.0),
        ([(LIVE, 10), (LIVE, 10), (RETRYING, 5)], Health.DEGRADED, 80.0),
        ([(LIVE, 10), (RETRYING, 10)], Health.DEGRADED, 50.0),
        ([(LIVE, 9), (DOWN, 10)], Health.CRITICAL, 900 / 19),
        ([(RETRYING, 10)], Health.CRITICAL, 0.0),
    ],
)
def test_health_is_the_share_of_symbols_on_live_connections(
    connections: list[tuple[ConnectionState, int]], health: Health, percentage: float
) -> None:
    stats = ManagerStats(
        tuple(
            connection_stats(number, state, symbols=symbols)
            for number, (state, symbols) in enumerate(connections)
        )
    )
    summary = health_of(stats, never_ticked=3)
    assert (summary.health, summary.percentage) == (health, pytest.approx(percentage))
    assert summary.failing == tuple(
        n for n, (state, _) in enumerate(connections) if state in (RETRYING, DOWN)
    )
    assert summary.never_ticked == 3
