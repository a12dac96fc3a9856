"""`bench record` writes in every format."""

from __future__ import annotations

import pytest

from kitetui.bench import record
from kitetui.bench.record import RIVAL, bench_record
from kitetui.record import Format
from tests.bench.helpers import MOMENT


@pytest.fixture(autouse=True)
def _few_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_TICKS", 2000)


def test_every_format_and_the_rival_has_a_speed_and_a_size() -> None:
    outcome = bench_record(MOMENT)
    (table,) = outcome.tables
    rows = table.as_dicts()
    assert [row["format"] for row in rows] == [*Format, RIVAL]
    assert all(row["rows_a_second"] and row["bytes_a_row"] for row in rows)
    assert not outcome.remarks


def test_without_pyarrow_parquet_is_left_out_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "find_spec", lambda _: None)
    outcome = bench_record(MOMENT)
    (table,) = outcome.tables
    assert Format.PARQUET not in [row["format"] for row in table.as_dicts()]
    assert "parquet is left out" in outcome.remarks[0]
