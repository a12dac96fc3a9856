"""`kitetui sim`: the simulated exchange, for any client on this machine."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from typing import Final

import typer

from kitetui.account import SIMULATOR
from kitetui.cli.terminal import ended_by_signals
from kitetui.errors import UserError
from kitetui.simulator import SimulatedExchange
from kitetui.simulator.rest import API_SECRET

_LAST_PORT: Final = 65_535


async def serve(
    *,
    port: int,
    rest_port: int | None,
    rate: float,
    seed: int,
    symbols: int | None,
    api_key: str,
    access_token: str,
) -> None:
    """Serve until a signal comes; without a port for REST that is the next one.

    Raises UserError when a port is taken.
    """
    if rest_port is None:
        rest_port = min(port + 1, _LAST_PORT) if port else 0
    exchange = SimulatedExchange(
        port=port,
        rest_port=rest_port,
        rate=rate,
        seed=seed,
        symbols=symbols,
        api_key=api_key,
        access_token=access_token,
    )
    ended = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.enter_context(ended_by_signals(ended))
        try:
            await stack.enter_async_context(exchange)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "no such port"
            raise UserError(
                f"cannot listen on port {port}, and {rest_port} for REST: {why}",
                "choose others with --port and --rest-port",
            ) from None
        # The pair and the secret are the simulator's own, made to be shown; they open nothing else.
        typer.echo(exchange.url_with_credentials)
        typer.echo("a simulated exchange for clients on this machine; Ctrl-C ends it", err=True)
        typer.echo(_how_to_log_in(exchange, api_key), err=True)
        await ended.wait()


def _how_to_log_in(exchange: SimulatedExchange, api_key: str) -> str:
    """What to type to log in to the exchange; other ports than usual have to be configured before."""
    rest, socket = exchange.rest.url, exchange.url
    login = (
        f"to log in: kitetui login --endpoint {SIMULATOR.name}, with the API key {api_key} "
        f"and the API secret {API_SECRET}; the token above ends then"
    )
    if (rest, socket) == (SIMULATOR.rest, SIMULATOR.socket):
        return login
    return (
        f"{login}\nfor that, add to the file that kitetui config prints:\n[endpoints.{SIMULATOR.name}]\n"
        f'rest = "{rest}"\nlogin = "{exchange.rest.login_url}"\nsocket = "{socket}"'
    )
