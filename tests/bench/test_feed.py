"""`bench feed` streams to both clients, in processes of their own, and misses no tick."""

from __future__ import annotations

import pytest

from kitetui.bench import feed
from kitetui.bench.feed import bench_feed
from kitetui.bench.official import ABSENT
from tests.bench.helpers import MOMENT, values, without_the_official_client
from tests.bench.readme import stands_in_readme


@pytest.fixture(autouse=True)
def _one_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SIZES", (20,))
    monkeypatch.setattr(feed, "CONNECTIONS", (1,))


@pytest.mark.landing
def test_both_clients_are_measured_at_capacity_and_at_a_rate() -> None:
    outcome = bench_feed(MOMENT)
    table, backlog = outcome.tables
    rows = {(row["client"], row["rate"]): row for row in table.as_dicts()}
    assert rows.keys() == {(client, rate) for client in ("kitetui", "official") for rate in (0, 2000)}
    for (_, rate), row in rows.items():
        assert row["lost"] == 0
        assert row["ticks_a_second"]
        assert row["cpu_percent"] is not None
        assert (row["latency_p99_us"] is not None) == bool(rate)
    (stalled,) = backlog.as_dicts()
    assert stalled["waiting_ticks"]
    assert stalled["recovery_s"] is not None
    assert stalled["lost"] == 0
    figures = values(outcome.figures)
    assert figures["capacity, one connection, 20 a message, against the official client"]
    assert figures["ticks lost by the library, at every load"] == 0
    assert all(map(stands_in_readme, outcome.figures))


@pytest.mark.landing
def test_without_the_official_client_ours_is_measured_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    without_the_official_client(monkeypatch)
    outcome = bench_feed(MOMENT)
    assert outcome.remarks == [ABSENT]
    assert {row["client"] for row in outcome.tables[0].as_dicts()} == {"kitetui"}
    assert (
        values(outcome.figures)["capacity, one connection, 20 a message, against the official client"] is None
    )


def test_a_client_that_falls_behind_is_named() -> None:
    case = feed.Case(20, 1, 1000)
    found = {feed.CALLER: {"ticks_a_second": 1000.0}, feed.OFFICIAL: {"ticks_a_second": 600.0}}
    assert list(feed._remarks({case: found})) == [
        "the official client could not keep up with 1,000 ticks a second: 20 a message on 1"
    ]
    found[feed.OFFICIAL]["ticks_a_second"] = 995.0
    assert not list(feed._remarks({case: found}))
