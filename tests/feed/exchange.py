"""How the tests of the feed run a manager on the simulated exchange, and see what the exchange believes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kitetui.feed import Endpoint, KiteManagerConfig, KiteTickerManager, Receiver, Ticks
from kitetui.simulator import SimulatedExchange
from kitetui.wire import Mode, layout
from tests.feed.server import PATIENCE

QUIET_TURNS: Final = 25
"""Turns of the loop after which nothing that was sent on the loopback can still be on its way."""


@dataclass(frozen=True, slots=True)
class Served:
    """One connection as the exchange has it.

    counted: how often each token counts against the limit, tokens unknown to the exchange too.
    modes: the modes of the tokens that are streamed.
    """

    counted: Mapping[int, int]
    modes: Mapping[int, Mode]


def served_by(exchange: SimulatedExchange) -> list[Served]:
    """What the exchange believes that each of its clients has asked for."""
    return [Served(counted=client.counted, modes=client.modes) for client in exchange.clients]


def tokens_of(exchange: SimulatedExchange) -> list[int]:
    """The tokens of everything that is traded there, in its order."""
    return [each.instrument_token for each in exchange.instruments]


def manager_of(exchange: SimulatedExchange, **settings: Any) -> KiteTickerManager:
    """A manager of this exchange, with quick retries unless told otherwise."""
    endpoint, credentials = Endpoint.parse(exchange.url_with_credentials)
    assert credentials is not None
    quick = {"reconnect_delay": 0.01, "endpoint": endpoint}
    return KiteTickerManager(
        credentials.api_key, credentials.access_token, KiteManagerConfig(**(quick | settings))
    )


async def until(reached: Callable[[], bool]) -> None:
    """Wait for something that is to become true; the loop's turns are all that there is to wait on."""
    async with asyncio.timeout(PATIENCE):
        while not reached():
            await quiet()


async def quiet() -> None:
    """Let everything arrive that either side has sent."""
    for _ in range(QUIET_TURNS):
        await asyncio.sleep(0)


async def tokens_ticked(reader: Receiver[Any], tokens: set[int]) -> None:
    """Read on until each of these tokens has ticked."""
    awaited = set(tokens)
    while awaited:
        message = await anext(reader)
        if isinstance(message, Ticks):
            awaited -= set(message.batch.words[:, layout.TOKEN].view("u4").tolist())
