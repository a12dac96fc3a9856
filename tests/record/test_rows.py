"""What a recording holds can be taken in hand as what was streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitetui.record import COLUMNS, File, Files, Format, open_reader
from tests.record.helpers import at, ticks


@pytest.mark.parametrize("kind", [Format.CSV, Format.SQLITE, Format.PARQUET, Format.JSONL])
def test_recorded_rows_are_batches_again(kind: Format, tmp_path: Path) -> None:
    path = tmp_path / f"ticks{kind.suffix}"
    messages = [ticks(at("2026-11-23T10:42:17") + number, sequence=1 + number) for number in range(3)]
    files = Files(File(path, kind, COLUMNS), {408065: ("NSE", "INFY")}.get)
    files.write(messages)
    files.close()
    (rows,) = open_reader(path)
    assert rows.batch.to_dicts() == [tick for each in messages for tick in each.batch.to_dicts()]
    assert rows.batch.to_pandas(received_at=rows.received_at)["received_at"].is_monotonic_increasing
