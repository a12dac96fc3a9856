"""`kitetui replay`: what it plays, to whom, and what it says of what it cannot play."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kitetui.cli.main import run
from kitetui.instruments import Universe
from kitetui.record import Format
from tests.cli.test_headless import Recording, record
from tests.record.helpers import Clock, at, files_in, ticks
from tests.record.known_market import KnownMarket
from tests.record.test_nothing_lost import recorded
from tests.terminal import Terminal

MORNING = at("2026-11-23T10:42:17")
SECOND = 1_000_000_000
PATIENCE = 60.0


@asynccontextmanager
async def replaying(*arguments: str) -> AsyncIterator[tuple[str, Recording]]:
    """Serve a recording in a process of its own; give the URL, and what the process says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kitetui", "replay", *arguments, "--serve", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            url = (await process.stdout.readline()).decode().strip()
            assert url, (await process.communicate())[1].decode()
        yield url, Recording(process)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_recorder_that_is_played_to_as_any_client_records_the_same_prices(tmp_path: Path) -> None:
    folder, target = tmp_path / "ticks", tmp_path / "again.csv"
    async with KnownMarket(connections=1, messages=100, ticks=20) as market:
        await recorded(market, folder, [Format.CSV, Format.CAPTURE], symbols=40)
    (capture,) = folder.glob("*.kcap")
    (original,) = (each for each in folder.glob("*.csv") if ".gaps" not in each.name)
    assert run(["convert", str(capture), str(tmp_path / "converted.csv")]) == 0
    assert (tmp_path / "converted.csv").read_bytes() == original.read_bytes()
    whole = original.read_bytes()
    names = ",".join(each.key for each in list(Universe.load())[:40])
    async with replaying(str(capture), "--speed", "max") as (url, replay):
        recorder = await record(
            "-m", "full", "-s", names, "--ws-url", url, "--connections", "1", "-o", str(target)
        )
        await replay.hear("at its end")
        for _ in range(round(PATIENCE / 0.05)):  # what was sent may still be on its way
            if await asyncio.to_thread(lambda: target.read_bytes().count(b"\n")) >= whole.count(b"\n"):
                break
            await asyncio.sleep(0.05)
        code, _, errors = await recorder.end(signal.SIGTERM)
        assert code == 0, errors
    assert what_ticked(target.read_bytes()) == what_ticked(whole)


def what_ticked(recording: bytes) -> list[list[bytes]]:
    """The rows of a CSV recording, but for when and where they came, and what that tells of them."""
    head, *rows = (line.split(b",") for line in recording.splitlines())
    own = [head.index(name) for name in (b"received_at", b"connection", b"sequence", b"snapshot")]
    return sorted([cell for place, cell in enumerate(row) if place not in own] for row in rows)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of four seconds."""
    files = files_in(tmp_path, Clock(MORNING))
    for number in range(5):
        files.write([ticks(MORNING + number * SECOND, sequence=1 + number)])
    files.close()
    return tmp_path / "ticks-20261123-104217.csv"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.csv", "--serve", "0"], "No such file or directory"),
        (["{recording}"], "the monitor needs a terminal"),
        (["{recording}", "--serve", "0", "--speed", "fast"], "--speed takes a number above 0 or max"),
        (["{recording}", "--serve", "0", "--speed", "-1"], "--speed takes"),
        (["{recording}", "--serve", "0", "--from", "noon"], "--from takes a time of day"),
        (["{recording}", "--serve", "0", "--from", "11:00"], "from 10:42:17 to 10:42:21"),
        (["{recording}", "--serve", "70000"], "65535"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    recording: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", *(each.format(recording=recording) for each in arguments)]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_recording_without_a_tick_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files_in(tmp_path, Clock(MORNING)).close()
    assert run(["replay", str(tmp_path / "ticks-20261123-104217.csv"), "--serve", "0"]) == 2
    assert "holds no tick that could be played" in capsys.readouterr().err


def test_the_monitor_opens_on_a_recording_and_says_so(recording: Path) -> None:
    command = [sys.executable, "-m", "kitetui", "replay", str(recording)]
    with Terminal(command, columns=120, lines=40, env=dict(os.environ)) as terminal:
        terminal.wait_for("REPLAY")
        terminal.wait_for("INFY")
        terminal.wait_for("10:42:")
        terminal.press("q")
        assert terminal.wait_exit() == 0


async def test_a_night_without_a_message_is_passed_over_and_said(tmp_path: Path) -> None:
    files = files_in(tmp_path, Clock(MORNING))
    files.write([ticks(MORNING), ticks(MORNING + 17 * 3600 * SECOND, sequence=2)])
    files.close()
    async with replaying(str(tmp_path / "ticks-20261123-104217.csv")) as (url, replay):
        run_of = await record("-s", "INFY", "--ws-url", url, "-o", str(tmp_path / "again.csv"))
        await replay.hear("nothing was recorded from 10:42:17 to 03:42:17")
        await replay.hear("at its end")
        code, _, errors = await run_of.end(signal.SIGTERM)
    assert code == 0, errors
    assert len((tmp_path / "again.csv").read_text().splitlines()) == 3
