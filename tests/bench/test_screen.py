"""`bench screen` sits before the monitor in a terminal, and presses keys."""

from __future__ import annotations

import pytest

from kitetui.bench.screen import bench_screen
from tests.bench.helpers import MOMENT, values
from tests.bench.readme import stands_in_readme

pytest.importorskip("termios", reason="there are no pseudo-terminals on this system")


@pytest.mark.landing
def test_the_monitor_is_measured_under_each_load_and_its_first_paint() -> None:
    outcome = bench_screen(MOMENT)
    table, first = outcome.tables
    usual, *busy = table.as_dicts()
    assert usual["key_p99_ms"]
    for row in (usual, *busy):
        assert row["lost"] == 0
        assert row["kb_a_second"]
        assert row["cpu_percent"]
        assert row["draws_a_second"] is not None
    assert [row["load"] for row in busy] == ["busy, 20 a message", "busy, 1 a message"]
    assert all(row["key_p99_ms"] is None for row in busy)
    assert first.as_dicts()[0]["simulated"]
    figures = values(outcome.figures)
    assert figures["key to paint p99, 30 rows, 2,000 a second"]
    assert figures["first paint, 30 symbols"]
    assert all(map(stands_in_readme, outcome.figures))
    assert figures["ticks lost, the monitor on 3 connections, 2,000 a second, 1 a message"] == 0
