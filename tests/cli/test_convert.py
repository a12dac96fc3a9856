"""`kitetui convert`: from every format to every other, and back, without losing a digit."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from kitetui.cli.main import run
from kitetui.record import Format
from tests.record.helpers import SECOND, Clock, at, files_in, live, lost, ticks, wants
from tests.wire.packets import INFY

MORNING = at("2026-11-23T10:42:17.123456")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A CSV recording of two connections, with kept ticks and a gap."""
    files = files_in(tmp_path, Clock(MORNING))
    files.write(
        [
            *(wants(MORNING, INFY), live(MORNING)),
            ticks(MORNING, MORNING),
            ticks(MORNING, connection=1, snapshot=True),
            *(lost(MORNING + 1, MORNING), live(MORNING + 2)),
            ticks(MORNING + SECOND, sequence=3, snapshot=True),
            ticks(MORNING + 2 * SECOND, sequence=4),
        ]
    )
    files.close()
    return tmp_path / "ticks-20261123-104217.csv"


@pytest.mark.parametrize("kind", [each for each in Format if each is not Format.CSV])
def test_there_and_back_is_the_same_to_the_byte(recording: Path, kind: Format, tmp_path: Path) -> None:
    between, back = tmp_path / f"between{kind.suffix}", tmp_path / "back.csv"
    assert run(["convert", str(recording), str(between)]) == 0
    assert run(["convert", str(between), str(back)]) == 0
    assert back.read_bytes() == recording.read_bytes()


def test_a_way_round_through_every_format_is_the_same_to_the_byte(recording: Path, tmp_path: Path) -> None:
    names = [f"{number}{kind.suffix}" for number, kind in enumerate(Format)]
    for source, target in pairwise([recording, *(tmp_path / name for name in names), tmp_path / "last.csv"]):
        assert run(["convert", str(source), str(target)]) == 0
    assert (tmp_path / "last.csv").read_bytes() == recording.read_bytes()


def test_the_gap_log_goes_with_it(recording: Path, tmp_path: Path) -> None:
    assert run(["convert", str(recording), str(tmp_path / "new.jsonl")]) == 0
    log = recording.with_suffix(".gaps.csv").read_text()
    assert "closed" in log
    assert (tmp_path / "new.gaps.csv").read_text() == log


def test_prices_of_parquet_can_be_integers(recording: Path, tmp_path: Path) -> None:
    rupees, integers = tmp_path / "rupees.parquet", tmp_path / "integers.parquet"
    assert run(["convert", str(recording), str(rupees)]) == 0
    assert run(["convert", str(recording), str(integers), "--integers"]) == 0
    sent = pd.read_parquet(integers)
    assert (sent["last_price"] / sent["divisor"]).equals(pd.read_parquet(rupees)["last_price"])


def test_columns_can_be_chosen(recording: Path, tmp_path: Path) -> None:
    target = tmp_path / "few.csv"
    assert run(["convert", str(recording), str(target), "--columns", "tradingsymbol,last_price"]) == 0
    assert target.read_text().splitlines()[:2] == ["tradingsymbol,last_price", "INFY,1573.70"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.csv", "new.jsonl"], "No such file or directory"),
        (["{recording}", "new.txt"], "does not say its format"),
        (["{recording}", "{recording}"], "is there already"),
        (["{recording}", "new.jsonl", "--columns", "last_price"], "--columns chooses those of a CSV"),
        (["{recording}", "new.jsonl", "--integers"], "--integers is for the prices of Parquet"),
        (["{recording}", "nowhere/new.csv"], "No such file or directory"),
        (["else.csv", "new.jsonl"], "is no recording of kitetui"),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(
    recording: Path,
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("else.csv").write_text("name,price\nINFY,1573\n")
    assert run(["convert", *(each.format(recording=recording) for each in arguments)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.strip().splitlines()) == 1
    assert not list(tmp_path.glob("new.*"))


def test_what_is_damaged_is_converted_as_far_as_it_can_be_read_and_said(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording.write_bytes(recording.read_bytes()[:-20])
    assert run(["convert", str(recording), str(tmp_path / "new.csv")]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("4 rows in")
    assert captured.err.splitlines() == [
        f"kitetui: {recording.name}: line 6 is the last and is cut off",
        f"kitetui: new.csv lacks what could not be read; {recording.name} is as it was",
    ]
    assert len((tmp_path / "new.csv").read_text().splitlines()) == 5
