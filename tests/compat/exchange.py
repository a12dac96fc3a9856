"""An exchange that sends the same to every client that asks the same, so that two clients can be compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kitetui.wire import HEARTBEAT, Mode, SetMode, Subscribe, parse_request
from tests.wire.packets import FIELDS, FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE, SEGMENTS, frame, packet

HEARTBEAT_EVERY = 0.1
"""Seconds; the official client sends what another thread asked for when it hears something."""

_SHARE = {Mode.LTP: LTP, Mode.QUOTE: QUOTE, Mode.FULL: FULL}
_INDEX = {Mode.LTP: LTP, Mode.QUOTE: INDEX_QUOTE, Mode.FULL: INDEX_FULL}


def made_up(token: int, mode: Mode, serial: int) -> bytes:
    """Return a packet in which every field has a value of its own."""
    length = (_INDEX if token & 0xFF == SEGMENTS["INDICES"] else _SHARE)[mode]
    values = {
        name: 1_000 + 10 * place + serial + (1_700_000_000 if "time" in name else token % 1_000)
        for place, name in enumerate(FIELDS[length])
    }
    return packet(length, **(values | {"instrument_token": token}))


@asynccontextmanager
async def exchange(*greetings: str, drops: int = 0) -> AsyncIterator[str]:
    """Serve an exchange, and give its address.

    A subscription is answered with a quote of each token, a mode with a packet in it, all in one message.
    greetings: texts to send to whoever connects. drops: break so many connections off after a mode.
    """
    left = count(-drops)

    async def handler(connection: ServerConnection) -> None:
        serial = 0
        beating = asyncio.create_task(_beat(connection))
        try:
            for text in greetings:
                await connection.send(text)
            async for message in connection:
                match parse_request(message):
                    case Subscribe(tokens):
                        mode = Mode.QUOTE
                    case SetMode(mode, tokens):
                        pass
                    case _:
                        continue
                serial += 1
                await connection.send(frame(*(made_up(token, mode, serial) for token in tokens)))
                if mode is not Mode.QUOTE and next(left) < 0:
                    connection.transport.abort()
        except ConnectionClosed:
            pass
        finally:
            beating.cancel()

    async with serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _beat(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY)
            await connection.send(HEARTBEAT)
