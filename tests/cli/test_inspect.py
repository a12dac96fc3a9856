"""`kitetui inspect`, on recordings of every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitetui.cli.main import run
from kitetui.record import Format
from tests.record.helpers import SECOND, Clock, at, files_in, live, lost, ticks, wants
from tests.wire.packets import INFY

MORNING = at("2026-11-23T10:42:17")
STEM = "ticks-20261123-104217"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one recording in every format but the capture, of two connections and a gap."""
    files = files_in(
        tmp_path, Clock(MORNING), formats=[each for each in Format if each is not Format.CAPTURE]
    )
    files.write(
        [
            *(wants(MORNING, INFY), live(MORNING)),
            ticks(MORNING, snapshot=True),
            ticks(MORNING + SECOND, MORNING + SECOND, sequence=2),
            ticks(MORNING, connection=1),
            *(lost(MORNING + 2 * SECOND, MORNING + SECOND), live(MORNING + 3 * SECOND)),
            ticks(MORNING + 4 * SECOND, sequence=9),
        ]
    )
    files.close()
    return tmp_path


@pytest.mark.parametrize("kind", [each for each in Format if each is not Format.CAPTURE])
def test_what_a_recording_holds_is_told_whatever_its_format(
    folder: Path, kind: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect", str(folder / f"{STEM}{kind.suffix}"), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["format"] == kind
    assert found["rows"] == 5
    assert found["symbols"] == 1
    assert found["from"] == "2026-11-23T10:42:17.000000+05:30"
    assert found["seconds"] == 4.0
    assert found["connections"] == {"1": 4, "2": 1}
    assert found["snapshots"] == 1
    assert found["missing"] == 5
    assert [gap["reason"] for gap in found["gaps"]] == ["closed"]
    assert found["damage"] == []


def test_people_get_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(folder / f"{STEM}.csv")]) == 0
    told = capsys.readouterr().out
    assert "5 of 1 symbols" in told
    assert "2026-11-23T10:42:18.000000+05:30 3.000000 s ws1: closed" in told
    assert "none found" in told


def test_several_files_are_told_one_after_the_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(folder / f"{STEM}.csv"), str(folder / f"{STEM}.jsonl")]) == 0
    assert capsys.readouterr().out.count("rows          5 of") == 2


def test_a_recording_without_its_gap_log_says_that_nothing_is_known_of_gaps(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / f"{STEM}.gaps.csv").unlink()
    assert run(["inspect", str(folder / f"{STEM}.csv")]) == 0
    assert "gaps          unknown" in capsys.readouterr().out


def test_damage_is_told_and_the_exit_code_is_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / f"{STEM}.csv"
    path.write_bytes(path.read_bytes()[:-20])
    assert run(["inspect", str(path)]) == 1
    told = capsys.readouterr().out
    assert "rows          4 of 1 symbols" in told
    assert "damage        " in told
    assert "none found" not in told


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"name,price\nINFY,1573\n", bytes(range(256)) * 20])
def test_a_file_that_is_no_recording_is_one_sentence(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "else.bin"
    path.write_bytes(content)
    assert run(["inspect", str(path)]) == 2
    said = capsys.readouterr().err
    assert "is no recording of kitetui" in said
    assert len(said.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(tmp_path / "absent.csv")]) == 2
    assert "No such file or directory" in capsys.readouterr().err
