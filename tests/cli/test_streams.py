"""Standard streams that are closed, or whose reader goes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

KITETUI = f"{sys.executable} -m kitetui"
RECORD = f"{KITETUI} --headless --csv --feed sim --duration 1 -s NSE:INFY"


def run(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell; its exit code is that of kitetui, also in a pipe."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True, timeout=60, check=False
    )


def test_data_for_a_standard_output_that_is_closed_is_not_lost_in_silence() -> None:
    ended = run(f"{RECORD} -o - >&-")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "kitetui: standard output is closed; name a file or a folder with -o\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_recording_to_a_file_needs_no_standard_stream(closed: str, tmp_path: Path) -> None:
    ended = run(f"{RECORD} -o {tmp_path}/ticks.csv {closed}")
    assert ended.returncode == 0
    assert (tmp_path / "ticks.csv").read_text(encoding="utf-8").count("\n") > 1


@pytest.mark.parametrize("command", ["instruments search nifty", "instruments search bank --json"])
def test_a_reader_that_goes_ends_a_list_quietly(command: str) -> None:
    ended = run(f"{KITETUI} {command} | head -2")
    assert ended.returncode in (0, 4)
    assert "Error" not in ended.stderr
    assert "bug" not in ended.stderr
