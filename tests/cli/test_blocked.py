"""A recorder whose output nobody reads ends when it is told to, and says what it could not write."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kitetui.cli import saying
from kitetui.cli.saying import Saying
from tests.kite_server import server_that_sends
from tests.wire.packets import INFY_FULL, frame

PATIENCE = 60.0


@contextmanager
def pipe_nobody_reads(*, is_blocking: bool) -> Iterator[tuple[int, int]]:
    """Both ends of a pipe."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, is_blocking)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def wait_until_full(writer: int) -> None:
    """Wait until a pipe has no room."""
    room = select.poll()
    room.register(writer, select.POLLOUT)
    deadline = time.monotonic() + PATIENCE
    while room.poll(0):
        assert time.monotonic() < deadline, "it has room"
        time.sleep(0.05)


def all_in(reader: int) -> bytes:
    """What is in a pipe."""
    found = b""
    try:
        while data := os.read(reader, 1 << 20):
            found += data
    except BlockingIOError:
        pass
    return found


@pytest.mark.parametrize("is_blocking", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_a_recording_whose_output_nobody_reads(
    number: signal.Signals, *, is_blocking: bool
) -> None:
    command = [sys.executable, "-m", "kitetui", "--headless", "--csv", "-s", "INFY", "-o", "-"]
    with pipe_nobody_reads(is_blocking=is_blocking) as (reader, writer):
        async with server_that_sends(*[frame(*[INFY_FULL] * 100)] * 50) as url:
            process = await asyncio.create_subprocess_exec(
                *command, "--ws-url", url, stdout=writer, stderr=asyncio.subprocess.PIPE
            )
            await asyncio.to_thread(wait_until_full, writer)
            process.send_signal(number)
            async with asyncio.timeout(PATIENCE):
                _, errors = await process.communicate()
        said = errors.decode()
        lines = all_in(reader)
    assert process.returncode == 4, said
    rows, unwritten = re.search(
        r"([\d,]+) rows in standard output, .*?([\d,]+) ticks not written", said
    ).groups()  # type: ignore[union-attr]
    assert lines.endswith(b"\n")
    assert lines.count(b"\n") - 1 == int(rows.replace(",", ""))
    assert int(rows.replace(",", "")) + int(unwritten.replace(",", "")) == 5_000
    assert "kitetui: standard output did not take all that was received" in said


async def test_a_signal_ends_a_recording_that_can_say_nothing_either() -> None:
    command = [sys.executable, "-m", "kitetui", "--headless", "--csv", "-s", "INFY", "-o", "-"]
    with pipe_nobody_reads(is_blocking=True) as (_, writer):
        async with server_that_sends(*[frame(*[INFY_FULL] * 100)] * 50) as url:
            process = await asyncio.create_subprocess_exec(
                *command, "--ws-url", url, stdout=writer, stderr=writer
            )
            await asyncio.to_thread(wait_until_full, writer)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 4


async def test_a_signal_ends_a_recording_that_is_stuck_in_a_write() -> None:
    command = [sys.executable, "-m", "kitetui", "--headless", "--csv", "-s", "INFY", "-o", "-"]
    master, terminal = os.openpty()  # one that nobody reads says that it has room for what it has not
    async with server_that_sends(*[frame(*[INFY_FULL] * 100)] * 50) as url:
        process = await asyncio.create_subprocess_exec(
            *command, "--ws-url", url, stdout=terminal, stderr=asyncio.subprocess.PIPE
        )
        await asyncio.to_thread(wait_until_full, terminal)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            _, errors = await process.communicate()
    os.close(master)
    os.close(terminal)
    assert process.returncode == 4
    assert "ticks not written" in errors.decode()


def test_what_standard_error_has_no_room_for_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saying, "PATIENCE", 0.01)
    with pipe_nobody_reads(is_blocking=True) as (reader, writer), os.fdopen(os.dup(writer), "w") as errors:
        monkeypatch.setattr(sys, "stderr", errors)
        said = Saying()
        for _ in range(100_000 // 50):
            said.write(f"{'x' * 49}\n")
        found = all_in(reader)
        assert 50 < len(found) < 100_000
        assert set(found.splitlines()) == {b"x" * 49}
        said.write("it is read again\n")
        assert all_in(reader) == b"it is read again\n"


def test_a_closed_standard_error_is_no_reason_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    errors = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stderr", errors)
    os.close(reader)
    assert Saying().write("a word") == 6
    with pytest.raises(BrokenPipeError):  # what was to be written is still in its buffer
        errors.close()
