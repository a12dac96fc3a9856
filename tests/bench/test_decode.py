"""`bench decode` measures every case and holds it against the targets."""

from __future__ import annotations

import pytest

from kitetui.bench import BenchSettings, decode
from kitetui.bench.decode import SIZES, bench_decode
from kitetui.bench.frames import KINDS
from kitetui.bench.official import ABSENT
from tests.bench.helpers import MOMENT, values, without_the_official_client
from tests.bench.readme import stands_in_readme


@pytest.fixture(autouse=True)
def _few_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_MOST", 300)


@pytest.mark.landing
def test_every_kind_and_size_is_measured_alone_and_coalesced() -> None:
    (table,) = bench_decode(MOMENT).tables
    rows = table.as_dicts()
    cases = {(row["kind"], row["packets"], row["coalesced"]) for row in rows}
    assert cases == {(kind, size, together) for kind in KINDS for size in SIZES for together in (False, True)}
    assert len(rows) == len(cases)
    for row in rows:
        assert all(row[name] for name in ("official", "columns", "prices", "last_values", "dicts"))
        assert (row["tick"] is not None) == (row["packets"] == 1 and not row["coalesced"])


def test_every_target_has_its_figure() -> None:
    outcome = bench_decode(BenchSettings(rounds=1, seconds=0.1))
    assert len(outcome.figures) == 6
    assert all(each.value and each.target for each in outcome.figures)
    assert all(map(stands_in_readme, outcome.figures))
    assert not outcome.remarks


def test_without_the_official_client_nothing_is_compared_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_the_official_client(monkeypatch)
    outcome = bench_decode(MOMENT)
    assert outcome.remarks == [ABSENT]
    assert set(values(outcome.figures).values()) == {None}
    (table,) = outcome.tables
    assert all(row["columns"] and row["official"] is None for row in table.as_dicts())
