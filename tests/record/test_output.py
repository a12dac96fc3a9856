from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from kitetui.errors import RecordingError, UserError
from kitetui.record import Output, dated_file, named_file, new_file
from kitetui.times import IST

NOW = datetime(2026, 11, 22, 10, 42, 17, tzinfo=IST)


def test_a_dated_file_is_named_by_date_and_time(tmp_path: Path) -> None:
    with dated_file(tmp_path, NOW) as output:
        output.write(b"a row\n")
    assert output.name == str(tmp_path / "ticks-20261122-104217.csv")
    assert Path(output.name).read_bytes() == b"a row\n"


def test_a_dated_file_never_replaces_another(tmp_path: Path) -> None:
    with dated_file(tmp_path, NOW) as first, dated_file(tmp_path, NOW) as second:
        first.write(b"first")
        second.write(b"second")
    assert Path(first.name).read_bytes() == b"first"
    assert Path(second.name).name == "ticks-20261122-104217-2.csv"


def test_a_named_file_that_holds_data_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("yesterday's\n")
    with pytest.raises(UserError, match="holds data; name another file"), named_file(path):
        pass
    assert path.read_text() == "yesterday's\n"


def test_a_named_file_that_is_empty_is_used(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.touch()
    with named_file(path) as output:
        output.write(b"a row\n")
    assert path.read_bytes() == b"a row\n"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory; name another file") as error:
        named_file(tmp_path / "absent" / "ticks.csv").__enter__()
    assert error.value.exit_code == 2


def test_a_closed_pipe_ends_the_recording() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as file:
        output = Output("standard output", file)
        with pytest.raises(RecordingError, match="closed by its reader") as error:
            output.write(b"a row\n")
    assert error.value.exit_code == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_ends_the_recording() -> None:
    with named_file(Path("/dev/full")) as output, pytest.raises(RecordingError, match="No space left"):
        output.write(b"a row\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no file that is open")
def test_a_removed_file_ends_the_recording(tmp_path: Path) -> None:
    with dated_file(tmp_path, NOW) as output:
        output.write(b"a row\n")
        Path(output.name).unlink()
        with pytest.raises(RecordingError, match=r"ticks-20261122-104217\.csv was removed"):
            output.write(b"another\n")


def test_a_folder_that_cannot_be_written_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    for way_out in ("name a file elsewhere with -o", "go home"):
        with pytest.raises(UserError, match=f"No such file or directory; {way_out}$"):
            dated_file(tmp_path / "absent", NOW, way_out=way_out).__enter__()
    with pytest.raises(UserError, match="elsewhere with -o"):
        dated_file(tmp_path / "absent", NOW).__enter__()


def test_new_files_are_numbered_from_the_second_on(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        path, file = new_file(tmp_path, "table", ".svg")
        file.close()
        names.append(path.name)
    assert names == ["table.svg", "table-2.svg", "table-3.svg"]
