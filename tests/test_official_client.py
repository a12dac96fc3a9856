"""Kite's official Python client on the simulated exchange, and its ticks beside ours."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from kitetui import Exchange, Mode, decode_frame
from kitetui.simulator import SimulatedExchange

PROGRAM = Path(__file__).with_name("official_client.py")
INFY, NIFTY = 408065, 256265
API_KEY, ACCESS_TOKEN = "anofficialkey", "anofficialtoken"


def first_of(exchange: SimulatedExchange, segment: Exchange) -> int:
    """The first instrument of a segment."""
    tokens = (each.instrument_token for each in exchange.instruments)
    return next(token for token in tokens if Exchange.of(token) is segment)


def our_ticks(payload: bytes) -> list[dict[str, Any]]:
    """What we make of these bytes, with times as JSON has them: seconds since the epoch."""
    batch = decode_frame(payload)
    assert batch.errors == []
    ticks: list[dict[str, Any]] = json.loads(json.dumps(batch.to_dicts(), default=datetime.timestamp))
    return ticks


async def run_official_client(exchange: SimulatedExchange, *tokens: int) -> list[dict[str, Any]]:
    """Run it to its end; return for each message the bytes and the ticks that it made of them."""
    arguments = (exchange.url, API_KEY, ACCESS_TOKEN, *map(str, tokens))
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            output, errors = await client.communicate()
    except TimeoutError:
        client.kill()
        await client.wait()
        raise
    assert client.returncode == 0, errors.decode()
    return [json.loads(line) for line in output.splitlines()]


async def test_its_ticks_in_every_mode_are_those_that_we_decode_from_the_same_bytes() -> None:
    async with SimulatedExchange(rate=4000, api_key=API_KEY, access_token=ACCESS_TOKEN) as exchange:
        tokens = (INFY, NIFTY, first_of(exchange, Exchange.CDS), first_of(exchange, Exchange.BCD))
        messages = await run_official_client(exchange, *tokens)
    for message in messages:
        assert message.keys() == {"payload", "ticks"}
        assert our_ticks(bytes.fromhex(message["payload"])) == message["ticks"]
    seen = {(tick["instrument_token"], tick["mode"]) for message in messages for tick in message["ticks"]}
    assert seen == {(token, mode) for token in tokens for mode in Mode}
