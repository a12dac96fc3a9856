"""What is copied, where the terminal alone does not hand it on: tmux drops it unless it is told to."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from typing import Final

_PATIENCE: Final = 1.0
"""Seconds that tmux has to take a text."""


async def said_of_copy(text: str) -> str:
    """Give a text, which the terminal was given, to tmux too where one runs; return what to say of it."""
    if not os.environ.get("TMUX"):
        return "copied"
    if await _into_tmux(text):
        return "copied, and in tmux's buffer"
    return "copied, if tmux hands it on (set -g set-clipboard on)"


async def _into_tmux(text: str) -> bool:
    """Put a text into tmux's newest buffer, and the system's clipboard where tmux can; whether it did."""
    try:
        tmux = await asyncio.create_subprocess_exec(
            *("tmux", "load-buffer", "-w", "-"), stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_PATIENCE):
            await tmux.communicate(text.encode())
    except TimeoutError:
        tmux.kill()
        await tmux.wait()
    return tmux.returncode == 0
