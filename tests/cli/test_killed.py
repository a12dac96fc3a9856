"""A recorder that is killed again and again: after each kill the hole has its row, in every format."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kitetui.record import Format, open_reader
from kitetui.record.gaplog import GAPS_SUFFIX
from kitetui.simulator import SimulatedExchange
from kitetui.wire.layout import TOKEN
from tests.record.helpers import holes_in

TOKENS = {408065: "NSE:INFY", 2953217: "NSE:TCS", 779521: "NSE:SBIN"}
FLUSH = 1.2
"""Seconds from what is received to its flush, and a little more."""


async def start(folder: Path, kind: Format, url: str) -> asyncio.subprocess.Process:
    """Start a recorder, and wait until what it received first is flushed."""
    before = len(logs_in(folder))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kitetui", "--headless", f"--{kind}", "--ws-url", url),
        *("-s", ",".join(TOKENS.values()), "-o", f"{folder}/"),
        stderr=asyncio.subprocess.DEVNULL,
    )
    for _ in range(3_000):
        if len(logs := logs_in(folder)) > before and is_flushed(logs[-1]):
            return process
        await asyncio.sleep(0.02)
    raise AssertionError("the recorder has flushed nothing in a minute")


def logs_in(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{GAPS_SUFFIX}"))


def is_flushed(log: Path) -> bool:
    """Whether the ledger beside a log says twice what was heard."""
    ledger = log.with_name(log.name.replace(GAPS_SUFFIX, ".ledger"))
    return ledger.exists() and ledger.read_bytes().count(b'"heard":{"') >= 2


async def check(folder: Path, kind: Format, kills: int) -> None:
    chance = random.Random(kills)
    killed_at: list[int] = []
    async with SimulatedExchange(rate=300, symbols=18, heartbeat=1.0) as exchange:
        for _ in range(kills):
            process = await start(folder, kind, exchange.url_with_credentials)
            await asyncio.sleep(chance.uniform(0.0, 1.3))
            process.kill()
            killed_at.append(time.time_ns())
            await process.wait()
            await asyncio.sleep(chance.uniform(0.0, 1.0))
        process = await start(folder, kind, exchange.url_with_credentials)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    received = rows_in(folder, kind)
    holes = holes_in(folder)
    for token, name in TOKENS.items():
        for at in killed_at:
            last, first = (
                received[token][received[token] <= at].max(),
                received[token][received[token] > at].min(),
            )
            assert any(
                last - FLUSH * 1e9 <= hole.start <= at and first - 1e8 <= hole.end <= first + 1.1e8
                for hole in holes
                if not hole.which or name in hole.which
            ), f"the hole of {name} after the kill at {at} has no row"


def rows_in(folder: Path, kind: Format) -> dict[int, np.ndarray]:
    """When the ticks of each symbol were received, in all files."""
    parts = [
        rows
        for path in folder.glob(f"ticks-*{kind.suffix}")
        if not path.name.endswith(GAPS_SUFFIX)
        for rows in open_reader(path)
    ]
    tokens = np.concatenate([rows.words[:, TOKEN].view(np.uint32) for rows in parts])
    times = np.concatenate([rows.received_at for rows in parts])
    return {token: times[tokens == token] for token in TOKENS}


async def test_after_a_kill_the_hole_of_every_symbol_has_its_row(tmp_path: Path) -> None:
    await check(tmp_path, Format.PARQUET, kills=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", Format)
async def test_after_each_of_twenty_kills_the_hole_of_every_symbol_has_its_row(
    tmp_path: Path, kind: Format
) -> None:
    await check(tmp_path, kind, kills=20)
