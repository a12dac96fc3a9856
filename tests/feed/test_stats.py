"""The sums over all connections."""

from __future__ import annotations

from dataclasses import replace

from kitetui.feed import KiteTickerManager, ManagerStats


def test_the_sums_are_those_of_the_connections() -> None:
    first, second, third = KiteTickerManager(None).get_stats().connections
    stats = ManagerStats(
        (
            replace(first, symbols=1, ticks=10, rejected=100),
            replace(second, symbols=2, ticks=20, rejected=200),
            replace(third, symbols=4, ticks=40, rejected=400),
        )
    )
    assert (stats.symbols, stats.ticks, stats.rejected) == (7, 70, 700)


def test_a_connection_never_used_has_no_times() -> None:
    found = KiteTickerManager(None).get_stats().connections
    assert len(found) == 3
    for number, stats in enumerate(found):
        assert (stats.connection, stats.state, stats.reason) == (number, "unused", "")
        assert {stats.connected_at, stats.last_frame_at, stats.last_tick_at, stats.silence} == {None}
        assert {stats.retry_in, stats.round_trip} == {None}
