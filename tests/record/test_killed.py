"""A recorder that is killed at any moment: its files read back, and hold all up to the last flush."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kitetui.record import Format, open_reader
from kitetui.record.formats import repair_folder
from tests.record.helpers import rows_of

PROGRAM = """
import sys, time
from pathlib import Path
import numpy as np
from kitetui.feed import RawFrame, Ticks
from kitetui.record import COLUMNS, Files, Folder, Format
from kitetui.wire import decode_frame
from tests.wire.packets import INFY_FULL, INFY_QUOTE, frame

formats = [Format(name) for name in sys.argv[2].split(",")]
files = Files(Folder(Path(sys.argv[1]), formats, COLUMNS, is_series=True), {408065: ("NSE", "INFY")}.get)
data = frame(*[INFY_FULL, INFY_QUOTE] * 20)
batch = decode_frame(data)
sequence = 1
while True:
    for _ in range(5):
        now = time.time_ns()
        files.write([
            RawFrame(0, data, now, sequence),
            Ticks(0, batch, np.full(40, now), sequence, np.zeros(40, dtype=np.bool_), 0.0),
        ])
        sequence += 40
    files.flush(now, sync=False)
    print(sequence - 1, flush=True)
"""


def killed(folder: Path, formats: list[Format], after: float) -> int:
    """Record, and kill the recorder so many seconds after its first flush; return what was flushed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), ",".join(formats)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, process.stderr.read() if process.stderr else ""
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
    rest, _ = process.communicate()
    lines = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    return int(lines[-1])


def moments(count: int, seed: int) -> Iterator[float]:
    """When to kill, in seconds; the same seed gives the same ones."""
    chance = random.Random(seed)
    for _ in range(count):
        yield chance.uniform(0.0, 0.3)


def check_killed(folder: Path, after: float) -> None:
    formats = list(Format)
    flushed = killed(folder, formats, after)
    said = list(repair_folder(folder))
    for kind in formats:
        (path,) = (each for each in folder.glob(f"*{kind.suffix}") if ".gaps" not in each.name)
        reader = open_reader(path)
        sequence = np.concatenate([rows.sequence for rows in reader])
        assert not reader.damage, (kind, reader.damage, said)
        np.testing.assert_array_equal(sequence, np.arange(1, len(sequence) + 1))
        assert len(sequence) >= flushed, kind
    (log,) = folder.glob("*.gaps.csv")
    assert rows_of(log) == []
    assert list(repair_folder(folder)) == []


@pytest.mark.parametrize("after", moments(4, seed=3))
def test_a_kill_costs_no_more_than_what_was_not_flushed(tmp_path: Path, after: float) -> None:
    check_killed(tmp_path / "ticks", after)


@pytest.mark.slow
@pytest.mark.parametrize("after", moments(50, seed=7))
def test_fifty_kills_cost_no_more_than_what_was_not_flushed(tmp_path: Path, after: float) -> None:
    check_killed(tmp_path / "ticks", after)
