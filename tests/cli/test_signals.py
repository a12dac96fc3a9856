"""What ends a run, and what `nohup` and `&` have it ignore."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kitetui.cli.terminal import ended_by_signals
from tests.record.csv.helpers import infy, written
from tests.terminal import Terminal

PATIENCE = 60.0

IGNORING = ["sh", "-c", "trap '' HUP INT; exec \"$@\"", "sh", sys.executable, "-m", "kitetui"]
"""As `nohup` and `&` start a program."""


@pytest.fixture
def _ignored() -> Iterator[None]:
    """The signals are ignored, as they can be when the program begins."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def heard(number: signal.Signals) -> bool:
    """Whether a signal ends a run."""
    ended, said = asyncio.Event(), asyncio.Event()
    with ended_by_signals(ended, said.set):
        os.kill(os.getpid(), number)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await said.wait()
    assert ended.is_set() == said.is_set()
    return ended.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_a_run(number: signal.Signals) -> None:
    assert await heard(number)


@pytest.mark.usefixtures("_ignored")
async def test_what_was_ignored_at_the_start_stays_ignored() -> None:
    assert not await heard(signal.SIGHUP)
    assert not await heard(signal.SIGINT)
    assert await heard(signal.SIGTERM)


@pytest.mark.parametrize(
    ("command", "ready"),
    [
        ("sim --port 0", "Ctrl-C ends it"),
        ("serve --port 0 --feed sim", "Ctrl-C ends it"),
        ("replay ticks.csv --serve 0", "Ctrl-C ends it"),
        ("--headless --csv --feed sim -s INFY -o out.csv", "live"),
    ],
    ids=["sim", "serve", "replay", "recorder"],
)
async def test_a_program_in_the_background_outlives_its_terminal(
    command: str, ready: str, tmp_path: Path
) -> None:
    written(tmp_path / "ticks.csv", infy(10))
    process = await asyncio.create_subprocess_exec(
        *IGNORING,
        *command.split(),
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        while ready not in (line := (await process.stderr.readline()).decode()):
            assert line, "it has ended"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        await process.stderr.read()
        assert await process.wait() == 0


def test_a_monitor_that_ignores_the_end_of_its_terminal_finishes_its_recording(tmp_path: Path) -> None:
    with Terminal(
        [*IGNORING, "--feed", "sim"], columns=120, lines=40, env={"KITE_API_KEY": ""}, cwd=tmp_path
    ) as terminal:
        terminal.wait_for("LIVE 3/3")
        terminal.press("r")
        terminal.wait_for("⏺")
        os.kill(terminal.process.pid, signal.SIGHUP)
        os.kill(terminal.process.pid, signal.SIGINT)
        terminal.press("a")
        terminal.wait_for("Add a symbol")
        assert terminal.hang_up(patience=10.0) == 0
    (recording,) = tmp_path.glob("ticks-*[0-9].csv")
    assert recording.read_text().endswith("\n")
