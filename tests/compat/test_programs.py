"""One program text for each way in which the official client is used, run with it and with ours.

Only the import differs. Both are served by the same exchange, and what they print is compared, but for the
one key of a tick that only ours has.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from kitetui.wire import encode_error, encode_order
from tests.compat.exchange import exchange

PROGRAMS = Path(__file__).with_name("programs")
ZONES = ("Asia/Kolkata", "UTC")
PACKAGES = ("kiteconnect", "kitetui.compat")
ORDER = {"order_id": "151220000000000", "status": "COMPLETE", "average_price": 1573.15, "tag": None}
REFUSAL = "Can't subscribe to more than 3000 instruments."


async def printed(name: str, package: str, root: str, zone: str | None = None) -> list[str]:
    """Run a program with this package's class, and return the lines that it printed."""
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    official = "\nfrom kiteconnect import "
    assert text.count(official) == 1
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        text.replace(official, f"\nfrom {package} import "),
        root,
        env=os.environ | ({"TZ": zone} if zone else {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            output, errors = await program.communicate()
    except TimeoutError:
        program.kill()
        await program.wait()
        raise
    assert program.returncode == 0, errors.decode()
    return output.decode().splitlines()


def official_part(lines: list[str]) -> list[str]:
    """These lines of our client without the mark that each of its ticks must have."""
    found = [re.subn(r', "snapshot": (?:true|false)(?=})', "", line) for line in lines]
    assert [count for _, count in found] == [line.count('"instrument_token"') for line in lines]
    return [line for line, _ in found]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", ["blocking", "threaded", "modes"])
async def test_a_program_sees_the_same_with_both(name: str, zone: str) -> None:
    async with exchange() as root:
        official, ours = [await printed(name, package, root, zone) for package in PACKAGES]
    assert len(official) >= 3
    assert official_part(ours) == official


SORTS = """
    address database limits minutes modeonly overridden rawsocket terminated together worker
""".split()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", SORTS)
async def test_a_program_of_each_sort_prints_the_same_with_both(name: str, zone: str) -> None:
    async with exchange() as root:
        official, ours = [await printed(name, package, root, zone) for package in PACKAGES]
    assert official
    assert ours == official


async def test_order_updates_and_refusals_come_without_a_subscription() -> None:
    async with exchange("{", encode_order(ORDER), encode_error(REFUSAL)) as root:
        official, ours = [await printed("orders", package, root) for package in PACKAGES]
    assert [line.split()[0] for line in official] == "message message order message error".split()
    assert ours == official


async def test_a_lost_connection_comes_back_with_what_was_subscribed() -> None:
    async with exchange(drops=1) as root:
        # One after the other would find the exchange well.
        official = await printed("reconnect", PACKAGES[0], root)
    async with exchange(drops=1) as root:
        ours = await printed("reconnect", PACKAGES[1], root)
    assert [line for line in ours if "{" not in line] == [
        "connected 1",
        "error 1006",
        "closed 1006",
        "connected 2",
    ]
    assert official_part(ours) == official
