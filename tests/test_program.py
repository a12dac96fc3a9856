"""A program of thirty lines does what the README promises: thousands of symbols, an outage, a clean end."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode
from tests.account.helpers import free_port

PROGRAM = Path(__file__).parent / "programs" / "movers.py"


async def line_of(process: asyncio.subprocess.Process, pattern: str) -> str:
    """Return the first line from now on that matches."""
    assert process.stdout is not None
    async with asyncio.timeout(40):
        while line := (await process.stdout.readline()).decode():
            if re.search(pattern, line):
                return line
    raise AssertionError(f"it ended without {pattern!r}")


def carried(exchange: SimulatedExchange) -> list[int]:
    """Return how many symbols the exchange streams as ltp, quote and full."""
    modes = [mode for client in exchange.clients for mode in client.modes.values()]
    return [modes.count(mode) for mode in Mode]


async def test_it_shows_movers_of_5000_symbols_before_and_after_a_restart_and_ends_with_ctrl_c() -> None:
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) <= 35
    port = free_port()
    async with SimulatedExchange(port=port, symbols=5000, rate=3000) as exchange:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", str(PROGRAM), exchange.url, stdout=-1, stderr=-1
        )
        before = await line_of(process, r"^5000 ")
        assert len(exchange.clients) == 3
    async with SimulatedExchange(port=port, symbols=5000, rate=3000, seed=2) as exchange:
        await line_of(process, r"^gap of \d+\.\d s")
        after = await line_of(process, r"^5000 ")
        assert before != after
        async with asyncio.timeout(40):
            while carried(exchange) != [1000, 2500, 1500]:
                await line_of(process, r"^5000 ")
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
