"""The options of a recording: which go together, and where it goes."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from kitetui.cli.recording import RecordingOptions
from kitetui.errors import UserError
from kitetui.record import COLUMNS, Durability, File, Folder, Format, Rotation, StandardOutput
from kitetui.times import IST

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=IST)


def test_a_name_that_ends_in_a_slash_is_a_folder_with_a_file_a_day() -> None:
    place = RecordingOptions(formats=["csv", "capture"], output="ticks/").destination()
    assert place == Folder(
        Path("ticks"), [Format.CSV, Format.CAPTURE], COLUMNS, Rotation(86_400, None), is_series=True
    )


def test_a_folder_that_is_there_is_a_folder(tmp_path: Path) -> None:
    place = RecordingOptions(formats=["csv"], output=str(tmp_path), rotate="1h,500MB").destination()
    assert isinstance(place, Folder)
    assert place.rotation == Rotation(3600, 500_000_000)


def test_any_other_name_is_a_file() -> None:
    options = RecordingOptions(formats=["jsonl"], output="day.jsonl", append=True)
    assert options.destination() == File(Path("day.jsonl"), Format.JSONL, COLUMNS, goes_on=True)


def test_a_dash_is_standard_output() -> None:
    options = RecordingOptions(formats=["csv"], output="-", columns="last_price,instrument_token")
    assert options.destination() == StandardOutput(Format.CSV, ("last_price", "instrument_token"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (RecordingOptions(formats=["csv"], output="ticks/", append=True), "--append continues one file"),
        (RecordingOptions(formats=["csv"], output="-", append=True), "--append continues a file"),
        (RecordingOptions(formats=["csv"], output="a.csv", rotate="1d"), "--rotate needs a folder"),
        (RecordingOptions(formats=["csv"], output="ticks/", rotate="1w"), "--rotate takes a period"),
        (RecordingOptions(formats=["csv", "jsonl"], output="a.csv"), "name a folder: -o ticks/"),
        (RecordingOptions(formats=["csv", "jsonl"], output="-"), "standard output takes one format"),
        (RecordingOptions(formats=["csv"], output="a.csv", columns="ltp"), "ltp"),
        (RecordingOptions(formats=["jsonl"], output="a.jsonl", columns="last_price"), "--columns chooses"),
        (
            RecordingOptions(formats=["csv"], output="A.PARQUET"),
            "let its name end in .csv, or ask",
        ),
        (
            RecordingOptions(formats=["csv"], output="a.csv", integers=True),
            "--integers is for the prices of Parquet",
        ),
    ],
)
def test_what_does_not_go_together_is_one_sentence_with_the_way_out(
    options: RecordingOptions, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        options.destination()


def test_the_end_is_a_time_of_today_in_india() -> None:
    assert RecordingOptions(formats=["csv"], until="15:30").seconds_left(NOON) == 3.5 * 3600
    assert RecordingOptions(formats=["csv"]).seconds_left(NOON) is None


@pytest.mark.parametrize(
    ("until", "said"), [("12:00", "is over today"), ("soon", "such|15:30"), ("25:00", "15:30")]
)
def test_an_end_that_is_no_time_to_come_is_refused(until: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        RecordingOptions(formats=["csv"], until=until).seconds_left(NOON)


def test_rows_are_in_the_files_within_a_second_unless_told_otherwise() -> None:
    assert RecordingOptions(formats=["csv"]).durability == Durability(1.0, False)
    assert RecordingOptions(formats=["csv"], flush=0.2, fsync=True).durability == Durability(0.2, True)


def test_a_pipe_is_written_to_as_standard_output(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=r"is a pipe; write to it as standard output: -o - > .*pipe"):
        RecordingOptions(formats=["csv"], output=str(tmp_path / "pipe")).destination()
