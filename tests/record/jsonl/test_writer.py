from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kitetui.errors import RecordingError
from kitetui.record.jsonl import JsonlWriter
from kitetui.record.names import NameOf
from kitetui.record.output import empty_file
from kitetui.record.rows import Rows
from kitetui.wire import Tick
from tests.record.csv.helpers import any_rows, infy, name_of, rows_of
from tests.wire.packets import SEGMENTS
from tests.wire.strategies import Drawn

OWN = ("received_at", "connection", "sequence", "exchange", "tradingsymbol", "snapshot")


def written(path: Path, rows: Rows, names: NameOf = name_of) -> str:
    """The text of a file of these rows."""
    path.unlink(missing_ok=True)
    writer = JsonlWriter(empty_file(path), names)
    writer.write(rows)
    writer.close()
    return path.read_text()


def objects(path: Path, rows: Rows, number: Callable[[str], Any] = float) -> list[dict[str, Any]]:
    """The objects of a file of these rows."""
    return [json.loads(line, parse_float=number) for line in written(path, rows).splitlines()]


def one(path: Path, length: int, number: Callable[[str], Any] = float, **values: int) -> dict[str, Any]:
    """The object of one packet."""
    (found,) = objects(path, rows_of([Drawn(length, values)]), number)
    return found


def in_dict(tick: Tick) -> dict[str, Any]:
    """The library's dictionary with its times as moments, which JSON has as text."""
    return {name: _seconds(value) for name, value in tick.to_dict().items()}


def _seconds(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("+05:30"):
        return datetime.fromisoformat(value).timestamp()
    return value.timestamp() if isinstance(value, datetime) else value


def test_a_line_is_a_tick_with_how_it_was_received_before_it(tmp_path: Path) -> None:
    first, second = written(tmp_path / "ticks.jsonl", infy(2)).splitlines()
    assert first.startswith(
        '{"received_at":"2021-07-05T10:41:28.123456000+05:30","connection":1,"sequence":1,'
        '"exchange":"NSE","tradingsymbol":"S408065","snapshot":true,"tradable":true,"mode":"full",'
        '"instrument_token":408065,"last_price":1573.70,"last_traded_quantity":7,'
    )
    assert '"sequence":2,' in second
    assert "snapshot" not in second
    assert '"depth":{"buy":[{"quantity":5,"price":1573.40,"orders":1},' in second


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(rows=any_rows(most=8))
def test_an_object_is_the_dictionary_of_the_library(rows: Rows, tmp_path: Path) -> None:
    found = objects(tmp_path / "ticks.jsonl", rows)
    for at, each in enumerate(found):
        tick = Tick(rows.words[at].tolist(), int(rows.lengths[at]))
        without = {name: _seconds(value) for name, value in each.items() if name not in OWN}
        assert without == in_dict(tick)


@pytest.mark.parametrize(
    ("segment", "price", "text"),
    [
        ("NSE", 157370, "1573.70"),
        ("MCX", -5, "-0.05"),
        ("MCX", -(2**31), "-21474836.48"),
        ("CDS", 842575001, "84.2575001"),
        ("BCD", 842575, "84.2575"),
        ("NSE", 0, "0.00"),
    ],
)
def test_a_price_is_the_exact_decimal_that_was_sent(
    segment: str, price: int, text: str, tmp_path: Path
) -> None:
    values = {"instrument_token": 1 << 8 | SEGMENTS[segment], "last_price": price}
    found = one(tmp_path / "ticks.jsonl", 8, Decimal, **values)
    assert found["last_price"] == Decimal(text)
    assert f'"last_price":{text}' in (tmp_path / "ticks.jsonl").read_text()


def test_what_was_not_sent_is_absent_and_a_time_of_none_is_null(tmp_path: Path) -> None:
    ltp = one(tmp_path / "ticks.jsonl", 8, instrument_token=408065, last_price=1)
    assert set(ltp) - set(OWN) == {"tradable", "mode", "instrument_token", "last_price"}
    quote = one(tmp_path / "ticks.jsonl", 44, instrument_token=408065)
    assert "depth" not in quote
    assert "oi" not in quote
    full = one(tmp_path / "ticks.jsonl", 184, instrument_token=408065)
    assert full["last_trade_time"] is None
    assert full["oi"] == 0


def test_a_name_cannot_break_its_line_or_a_terminal(tmp_path: Path) -> None:
    name = ("N\nSE", 'M&M,"%s\x00\x1b[31m\x9b31m\u2028')
    text = written(tmp_path / "ticks.jsonl", infy(2), lambda token: name)
    assert text.count("\n") == 2
    assert text.isascii()
    assert not set(text) & {"\x00", "\x1b"}
    for line in text.splitlines():
        found = json.loads(line)
        assert (found["exchange"], found["tradingsymbol"]) == name


def test_a_price_before_of_zero_changes_by_nothing(tmp_path: Path) -> None:
    assert one(tmp_path / "ticks.jsonl", 44, instrument_token=408065, last_price=5, close=0)["change"] == 0.0


def test_no_rows_are_no_line(tmp_path: Path) -> None:
    assert written(tmp_path / "ticks.jsonl", Rows.none()) == ""


def test_its_size_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    writer = JsonlWriter(empty_file(path), name_of)
    for _ in range(2):
        writer.write(infy(3))
        writer.flush(sync=True)
        assert writer.size == path.stat().st_size > 0
    writer.close()


def test_the_disk_is_asked_to_keep_it_only_by_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "fsync", asked.append)
    writer = JsonlWriter(empty_file(tmp_path / "ticks.jsonl"), name_of)
    writer.write(infy(1))
    writer.flush(sync=False)
    assert len(asked) == 0
    writer.flush(sync=True)
    assert len(asked) == 1
    writer.close()


def test_a_file_that_is_removed_ends_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    writer = JsonlWriter(empty_file(path), name_of)
    path.unlink()
    with pytest.raises(RecordingError, match="was removed"):
        writer.write(infy(1))
    writer.close()
