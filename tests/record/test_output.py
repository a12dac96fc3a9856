from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from kitetui.errors import RecordingError, UserError
from kitetui.record.output import Output, continued_file, empty_file, is_being_written, new_file


def test_what_is_written_is_in_the_file_at_once(tmp_path: Path) -> None:
    output = empty_file(tmp_path / "ticks.csv")
    output.write(b"a row\n")
    assert (tmp_path / "ticks.csv").read_bytes() == b"a row\n"
    assert output.size == 6
    output.sync()
    output.close()


def test_a_file_that_holds_data_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("yesterday's\n")
    with pytest.raises(UserError, match="holds data; name another file"):
        empty_file(path)
    assert path.read_text() == "yesterday's\n"


def test_a_file_that_is_empty_is_used(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.touch()
    output = empty_file(path)
    output.write(b"a row\n")
    output.close()
    assert path.read_bytes() == b"a row\n"


def test_a_file_is_continued_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_bytes(b"first\n")
    output = continued_file(path)
    assert output.size == 6
    output.write(b"second\n")
    output.close()
    assert path.read_bytes() == b"first\nsecond\n"


def test_one_recorder_alone_has_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    output = empty_file(path)
    assert is_being_written(path)
    with pytest.raises(UserError, match="being written by another recorder"):
        continued_file(path)
    output.close()
    assert not is_being_written(path)
    continued_file(path).close()


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory; name another file") as error:
        empty_file(tmp_path / "absent" / "ticks.csv")
    assert error.value.exit_code == 2


def test_a_new_file_takes_the_next_name_that_is_free(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        path, file = new_file(tmp_path, "list", ".csv")
        names.append(path.name)
        file.close()
    assert names == ["list.csv", "list-2.csv", "list-3.csv"]


def test_a_closed_pipe_ends_the_recording() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as file:
        output = Output("standard output", file)
        with pytest.raises(RecordingError, match="closed by its reader") as error:
            output.write(b"a row\n")
    assert error.value.exit_code == 4


def test_a_file_that_is_removed_ends_the_recording(tmp_path: Path) -> None:
    output = empty_file(tmp_path / "ticks.csv")
    (tmp_path / "ticks.csv").unlink()
    with pytest.raises(RecordingError, match="was removed"):
        output.write(b"a row\n")
    output.close()


def test_a_full_disk_leaves_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    program = (
        "import signal, sys; from pathlib import Path\n"
        "from kitetui.errors import RecordingError\n"
        "from kitetui.record.output import empty_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "output = empty_file(Path(sys.argv[1]))\n"
        "try:\n"
        "    while True: output.write(b'0123456\\n' * 10)\n"
        "except RecordingError as error: print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    ).stdout
    assert "what was written before is whole" in said
    assert path.read_bytes() == b"0123456\n" * 120
