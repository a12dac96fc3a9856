"""How a program ends that blocks in `connect`: by Ctrl-C, or by a callback that ends it."""

from __future__ import annotations

import asyncio
import signal
import sys

from tests.compat.exchange import exchange

PROGRAM = """
import sys
from kitetui.compat import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])
kws.on_connect = lambda ws, response: print("connected", flush=True)
kws.on_close = lambda ws, code, reason: print("closed", flush=True)
kws.on_open = lambda ws: sys.exit(7) if sys.argv[2] == "exit" else None
kws.connect()
print("ended", flush=True)
"""


async def ran(how: str) -> tuple[list[str], int | None]:
    """Run the program to its end; return what it printed, and its exit code."""
    async with exchange() as root:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, root, how, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(30):
                first = await process.stdout.readline()
                if how == "interrupt":
                    process.send_signal(signal.SIGINT)
                rest = await process.stdout.read()
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
    return (first + rest).decode().split(), process.returncode


async def test_ctrl_c_ends_a_blocking_connect_as_close_would() -> None:
    assert await ran("interrupt") == (["connected", "closed", "ended"], 0)


async def test_a_callback_may_end_the_program() -> None:
    lines, code = await ran("exit")
    assert lines == ["connected"]
    assert code == 7
