from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kitetui.errors import UserError
from kitetui.record.jsonl import JsonlReader, JsonlWriter, repair, sniff
from kitetui.record.output import empty_file
from kitetui.record.rows import Rows
from kitetui.wire.layout import LAST_PRICE, LAST_TRADE_TIME
from tests.record.csv.helpers import assert_same, infy, joined, name_of

Read = Callable[[Sequence[str]], tuple[Rows, Sequence[str]]]
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

    def read(lines: Sequence[str]) -> tuple[Rows, Sequence[str]]:
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


def test_many_rows_come_in_parts_and_say_how_far_they_are(tmp_path: Path) -> None:
    path = tmp_path / "ticks.jsonl"
    writer = JsonlWriter(empty_file(path), name_of)
    writer.write(infy(12_000))
    writer.close()
    reader = JsonlReader(path)
    parts, positions = [], []
    for rows in reader:
        parts.append(rows)
        positions.append(reader.position)
    assert max(map(len, parts)) < 12_000
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] == 1.0
    assert_same(joined(parts), infy(12_000))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*ticks\.jsonl: No such file"):
        list(JsonlReader(tmp_path / "ticks.jsonl"))


@pytest.mark.parametrize("head", [b"", b"{}", b'[{"received_at":', b"PAR1", b"received_at,connection"])
def test_another_file_is_no_recording(head: bytes) -> None:
    assert not sniff(head)
    assert sniff(b'{"received_at":"2021')
