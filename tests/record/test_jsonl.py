from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kitetui.errors import RecordingError, UserError
from kitetui.record.base import NameOf
from kitetui.record.jsonl import JsonlReader, JsonlWriter, repair, sniff
from kitetui.record.output import empty_file
from kitetui.record.rows import TickRows
from kitetui.wire import Tick
from kitetui.wire.layout import LAST_PRICE, LAST_TRADE_TIME
from tests.record.csv.helpers import any_rows, assert_same, infy, joined, name_of, rows_of
from tests.wire.packets import SEGMENTS
from tests.wire.strategies import Drawn

Read = Callable[[Sequence[str]], tuple[TickRows, Sequence[str]]]
"""Reads a file of these lines: its rows, and its damage."""


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """The three lines of three ticks of INFY."""
    path = tmp_path / "three.jsonl"
    writer = JsonlWriter(empty_file(path), name_of)
    writer.write(infy(3))
    writer.close()
    return path.read_text().splitlines(keepends=True)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file of these lines: its rows, and its damage."""

    def read(lines: Sequence[str]) -> tuple[TickRows, Sequence[str]]:
        path = tmp_path / "ticks.jsonl"
        path.write_text("".join(lines))
        reader = JsonlReader(path)
        rows = joined(list(reader))
        return rows, reader.damage

    return read


@pytest.mark.parametrize(
    "changed",
    [
        lambda tick: json.dumps(tick, sort_keys=True),
        lambda tick: json.dumps(tick, indent=None, separators=(" , ", " : ")),
        lambda tick: json.dumps(tick | {"note": [1, {"a": None}]}),
    ],
    ids=["sorted", "with spaces", "with a member more"],
)
def test_what_other_programs_make_of_a_line_reads_the_same(
    changed: Callable[[object], str], lines: list[str], read: Read
) -> None:
    rows, damage = read([changed(json.loads(line)) + "\n" for line in lines])
    assert_same(rows, infy(3))
    assert not damage


@pytest.mark.parametrize(
    "received_at", ["2021-07-05T05:11:28.123456Z", "2021-07-05T05:11:28.123456000+00:00"]
)
def test_a_time_of_another_zone_is_the_same_moment(received_at: str, lines: list[str], read: Read) -> None:
    tick = json.loads(lines[0]) | {"received_at": received_at, "last_trade_time": "2021-07-05T05:11:27Z"}
    rows, _ = read([json.dumps(tick) + "\n"])
    assert rows.received_at.tolist() == infy(1).received_at.tolist()
    assert rows.words[0, LAST_TRADE_TIME] == infy(1).words[0, LAST_TRADE_TIME]


@pytest.mark.parametrize(("text", "price"), [("1573.7", 157370), ("1573", 157300), ("-0.05", -5)])
def test_a_price_is_read_without_a_float(text: str, price: int, lines: list[str], read: Read) -> None:
    rows, _ = read([lines[0].replace('"last_price":1573.70', f'"last_price":{text}')])
    assert rows.words[0, LAST_PRICE] == price


@pytest.mark.parametrize(
    "wrong",
    [
        "what\n",
        "\n",
        "[]\n",
        "null\n",
        "{}\n",
        "[" * 10_000 + "\n",
        '{"received_at":1}\n',
    ],
)
def test_a_line_that_is_no_tick_costs_itself_alone(wrong: str, lines: list[str], read: Read) -> None:
    rows, damage = read([lines[0], wrong, *lines[1:]])
    assert_same(rows, infy(3))
    assert damage == ["line 2 is no tick that can be read"]


@pytest.mark.parametrize(
    ("there", "wrong"),
    [
        ('"last_price":1573.70', '"last_price":1573.705'),
        ('"last_price":1573.70', '"last_price":99999999999'),
        ('"last_price":1573.70', '"last_price":1e3'),
        ('"last_price":1573.70', '"last_price":NaN'),
        ('"last_price":1573.70', '"last_price":null'),
        ('"oi":0', '"oi":4294967296'),
        ('"mode":"full"', '"mode":"fuller"'),
        ('"connection":1', '"connection":0'),
        ('"connection":1', '"connection":257'),
        ('"sequence":2', '"sequence":9223372036854775808'),
        ("28.123456000+05:30", "28.123456000"),
        ('"instrument_token":408065', '"instrument_token":"408065"'),
        ('"tradingsymbol"', '"symbol"'),
        ('"depth":', '"depths":'),
    ],
)
def test_a_value_that_cannot_be_is_no_tick(there: str, wrong: str, lines: list[str], read: Read) -> None:
    line = lines[1].replace("29.123456000", "28.123456000")
    assert there in line
    rows, damage = read([lines[0], line.replace(there, wrong), lines[2]])
    assert len(rows) == 2
    assert damage == ["line 2 is no tick that can be read"]


def test_a_file_cut_off_anywhere_keeps_its_whole_lines(lines: list[str], tmp_path: Path) -> None:
    content = "".join(lines).encode()
    path = tmp_path / "ticks.jsonl"
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        whole = content[:end].count(b"\n")
        reader = JsonlReader(path)
        assert sum(map(len, reader)) == whole
        is_whole = not end or content[:end].endswith(b"\n")
        assert reader.damage == ([] if is_whole else [f"line {whole + 1} is the last and is cut off"])
        assert (repair(path) is None) == is_whole
        assert path.read_bytes() == content[: content.rfind(b"\n", 0, end) + 1]


def test_a_file_that_is_wrong_all_over_is_said_in_few_words(read: Read) -> None:
    rows, damage = read(["what\n"] * 1000)
    assert len(rows) == 0
    assert len(damage) < 30
    assert damage[-1] == "and 980 more"


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*ticks\.jsonl: No such file"):
        list(JsonlReader(tmp_path / "ticks.jsonl"))


@pytest.mark.parametrize("head", [b"", b"{}", b'[{"received_at":', b"PAR1", b"received_at,connection"])
def test_another_file_is_no_recording(head: bytes) -> None:
    assert not sniff(head)
    assert sniff(b'{"received_at":"2021')


OWN = ("received_at", "connection", "sequence", "exchange", "tradingsymbol", "snapshot")


def written(path: Path, rows: TickRows, names: NameOf = name_of) -> str:
    """The text of a file of these rows."""
    path.unlink(missing_ok=True)
    writer = JsonlWriter(empty_file(path), names)
    writer.write(rows)
    writer.close()
    return path.read_text()


def objects(path: Path, rows: TickRows, number: Callable[[str], Any] = float) -> list[dict[str, Any]]:
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
def test_an_object_is_the_dictionary_of_the_library(rows: TickRows, tmp_path: Path) -> None:
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
    assert written(tmp_path / "ticks.jsonl", TickRows.none()) == ""


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
