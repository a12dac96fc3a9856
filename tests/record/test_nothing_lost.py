"""Every tick that was sent while connected is in the recording, in every format, and the log has outages."""

from __future__ import annotations

import asyncio
import csv
import signal
import sys
from pathlib import Path

import pytest

from kitetui.instruments import Universe
from kitetui.record import Format, open_reader
from tests.record.known_market import PATIENCE, KnownMarket, check

FORMATS = list(Format)


async def recorded(market: KnownMarket, folder: Path, formats: list[Format], symbols: int) -> str:
    """Run the recorder on a market to its end; return what it said."""
    names = [each.key for each in list(Universe.load())[:symbols]]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kitetui", "--headless", "-m", "full", "--ws-url", market.url),
        *("-s", ",".join(names), "-o", f"{folder}/", *(f"--{each}" for each in formats)),
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await market.is_done.wait()
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said.decode()
    return said.decode()


def recording_in(folder: Path, kind: Format) -> Path:
    """The one recording of a format that a folder has."""
    (path,) = (each for each in folder.glob(f"*{kind.suffix}") if ".gaps" not in each.name)
    return path


def gaps_in(folder: Path) -> list[dict[str, str]]:
    (log,) = folder.glob("*.gaps.csv")
    with log.open(newline="") as file:
        return list(csv.DictReader(file))


async def check_all(folder: Path, *, messages: int, ticks: int, symbols: int) -> None:
    outages = [(1, messages // 3), (2, messages // 2)]
    async with KnownMarket(connections=3, messages=messages, ticks=ticks, outages=outages) as market:
        said = await recorded(market, folder, FORMATS, symbols)
        assert "ticks lost" not in said
        for kind in FORMATS:
            reader = open_reader(recording_in(folder, kind))
            assert check(iter(reader), market) == market.ticks, kind
            assert not reader.damage
        gaps = gaps_in(folder)
        # Symbols that a slow machine has back later than others have a row of their own.
        assert len({(gap["connection"], gap["from"]) for gap in gaps}) == 2
        assert len({gap["connection"] for gap in gaps}) == 2
        assert all(float(gap["seconds"]) > 0 and gap["reason"] for gap in gaps)


async def test_a_short_day_with_two_outages_is_whole_in_every_format(tmp_path: Path) -> None:
    await check_all(tmp_path / "ticks", messages=300, ticks=20, symbols=120)


@pytest.mark.slow
async def test_a_million_ticks_with_two_outages_are_whole_in_every_format(tmp_path: Path) -> None:
    await check_all(tmp_path / "ticks", messages=6_700, ticks=50, symbols=300)
