"""What is copied inside tmux is in its buffer, or it is said that it may not be."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitetui.tui.clipboard import said_of_copy


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server of its own, as a program in one of its windows finds it."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    socket = tmp_path / "socket"
    monkeypatch.delenv("TMUX", raising=False)
    subprocess.run(["tmux", "-S", str(socket), "new-session", "-d"], check=True, timeout=20)
    monkeypatch.setenv("TMUX", f"{socket},0,0")
    yield
    subprocess.run(["tmux", "-S", str(socket), "kill-server"], check=False, timeout=20)


async def test_without_tmux_the_terminal_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    assert await said_of_copy("NSE:INFY") == "copied"


@pytest.mark.usefixtures("tmux")
async def test_within_tmux_its_buffer_has_it() -> None:
    assert await said_of_copy("NSE:INFY,NSE:M&M") == "copied, and in tmux's buffer"
    socket = os.environ["TMUX"].split(",")[0]
    command = ["tmux", "-S", socket, "show-buffer"]
    shown = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert shown.stdout == "NSE:INFY,NSE:M&M"


@pytest.mark.parametrize("program", ["", "exit 1", "sleep 30"])
async def test_a_tmux_that_does_not_take_it_is_said(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "gone,0,0")
    if program:
        (tmp_path / "tmux").write_text(f"#!/bin/sh\nexec /bin/sh -c '{program}'\n")
        (tmp_path / "tmux").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if program else str(tmp_path))
    assert await said_of_copy("NSE:INFY") == "copied, if tmux hands it on (set -g set-clipboard on)"
