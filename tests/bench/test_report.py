"""What was found, as programs and as people get it."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from kitetui.bench import BenchSettings, Figure, Machine, Outcome, ResultTable
from kitetui.bench.report import as_json, drawn, machine_line

MACHINE = Machine("Processor 9000", 2, "Linux 6", "CPython 3.11.7", {"numpy": "2.4.6"})
OUTCOME = Outcome(
    [
        ResultTable(
            "decode",
            "ns a packet",
            ("kind", "ours", "rival"),
            [("full", 75.25, None), ("ltp", 12_345.6, None)],
        )
    ],
    [
        Figure("speed", 60.0, "times", 50),
        Figure("lag", 12.0, "ms", 10, at_most=True),
        Figure("memory", 100.0, "MB", 120, at_most=True, judged=False),
        Figure("latency", None, "ms", 10),
        Figure("size", 36.0, "bytes"),
    ],
    ["something was left out"],
)


def text_of(outcome: Outcome) -> str:
    console = Console(file=StringIO(), width=120)
    for each in drawn(outcome):
        console.print(each)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_programs_get_the_machine_the_targets_the_tables_and_the_remarks() -> None:
    found = json.loads(json.dumps(as_json(MACHINE, BenchSettings(), {"decode": OUTCOME})))
    assert found["machine"]["processor"] == "Processor 9000"
    assert found["settings"]["rounds"] == 3
    assert found["targets"][1] == {
        "benchmark": "decode",
        "name": "lag",
        "value": 12.0,
        "unit": "ms",
        "target": "at most 10 ms",
        "met": False,
    }
    assert [each["met"] for each in found["targets"]] == [True, False, None, None, None]
    assert found["targets"][4]["target"] is None
    assert found["tables"]["decode"][0] == {"kind": "full", "ours": 75.25, "rival": None}
    assert found["remarks"] == ["something was left out"]


def test_people_get_tables_and_a_miss_is_called_a_miss() -> None:
    lines = text_of(OUTCOME).splitlines()
    (lag,) = (line for line in lines if line.strip().startswith("lag"))
    assert lag.split() == ["lag", "12.0", "ms", "at", "most", "10", "ms", "MISSED"]
    (speed,) = (line for line in lines if line.strip().startswith("speed"))
    assert speed.split()[-1] == "met"
    (latency,) = (line for line in lines if line.strip().startswith("latency"))
    assert "not measured" in latency
    assert "12,346" in text_of(OUTCOME)
    assert lines[-1] == "something was left out"


def test_a_column_that_says_nothing_is_not_drawn() -> None:
    assert "rival" not in text_of(OUTCOME)


def test_a_machine_is_one_line() -> None:
    assert machine_line(MACHINE) == "Processor 9000, 2 cores, Linux 6, CPython 3.11.7, numpy 2.4.6"
