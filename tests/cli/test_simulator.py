"""`kitetui sim` says how to connect and to log in to it, and what is wrong with its ports."""

from __future__ import annotations

import asyncio

import pytest

from kitetui.account import SIMULATOR
from kitetui.cli.simulator import serve
from kitetui.config.reading import read_feed_config
from kitetui.errors import UserError
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import free_port

OPTIONS = {"rate": 0, "seed": 1, "symbols": None, "api_key": "simulated", "access_token": "simulated"}


async def said_of(port: int, rest_port: int | None, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What it says until it serves."""
    serving = asyncio.create_task(serve(port=port, rest_port=rest_port, **OPTIONS))
    said = ""
    async with asyncio.timeout(30):
        while "to log in" not in said:
            await asyncio.sleep(0.01)
            said += capfd.readouterr().err
    serving.cancel()
    await asyncio.wait([serving])
    return said.splitlines()


async def test_its_rest_is_at_the_next_port_and_can_be_configured_as_it_says(
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    said = await said_of(port, None, capfd)
    (service,) = read_feed_config("\n".join(said[3:]), "config.toml").endpoints
    assert service.name == SIMULATOR.name
    assert (service.rest, service.socket) == (f"http://127.0.0.1:{port + 1}", f"ws://127.0.0.1:{port}/")


async def test_free_ports_are_taken_for_both(capfd: pytest.CaptureFixture[str]) -> None:
    said = await said_of(0, None, capfd)
    assert "[endpoints.simulator]" in said


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    async with SimulatedExchange(rate=0, rest_port=0) as exchange:
        rest_port = int(exchange.rest.url.rpartition(":")[2])
        for ports in ((exchange.port, 0), (0, rest_port)):
            with pytest.raises(UserError, match="Address already in use; choose others"):
                await serve(port=ports[0], rest_port=ports[1], **OPTIONS)
