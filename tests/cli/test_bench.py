"""`kitetui bench` prints tables for people and JSON for programs."""

from __future__ import annotations

import json

import pytest
import typer

from kitetui.bench import record
from kitetui.cli.bench import bench
from kitetui.errors import UserError

app = typer.Typer()
app.command()(bench)


@pytest.fixture(autouse=True)
def _few_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_TICKS", 2000)


def run(*arguments: str) -> None:
    app(args=[*arguments], standalone_mode=False)


def test_programs_get_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    run("record", "--json", "--rounds", "1", "--seconds", "0.3", "--symbols", "30")
    found = json.loads(capsys.readouterr().out)
    assert found["settings"] == {"rounds": 1, "seconds": 0.3, "symbols": 30, "rate": None}
    assert found["machine"]["cores"]
    assert found["tables"].keys() == {"record"}
    assert [each["benchmark"] for each in found["targets"]] == ["record"]


def test_people_get_tables(capsys: pytest.CaptureFixture[str]) -> None:
    run("record", "--rounds", "1", "--seconds", "0.3", "--symbols", "30")
    told = capsys.readouterr()
    assert "rows a second" in told.out
    assert "csv.writer" in told.out
    assert "measuring record" in told.err


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan"])
def test_seconds_that_are_none_are_one_sentence(seconds: str) -> None:
    with pytest.raises(UserError, match="--seconds takes a number of seconds above 0"):
        run("record", "--seconds", seconds)


def test_a_benchmark_that_there_is_not_is_refused() -> None:
    with pytest.raises(typer.TyperException, match="is not one of"):
        run("nothing")
