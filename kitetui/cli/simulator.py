"""`kitetui sim`: the simulated exchange, for any client on this machine."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import typer

from kitetui.cli.signals import ended_by_signals
from kitetui.errors import UserError
from kitetui.simulator import SimulatedExchange


async def serve(
    *, port: int, rate: float, seed: int, symbols: int | None, api_key: str, access_token: str
) -> None:
    """Serve until a signal comes. Raises UserError when the port is taken."""
    exchange = SimulatedExchange(
        port=port, rate=rate, seed=seed, symbols=symbols, api_key=api_key, access_token=access_token
    )
    ended = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.enter_context(ended_by_signals(ended))
        try:
            await stack.enter_async_context(exchange)
        except OSError as error:
            raise UserError(
                f"cannot listen on port {port}: {error.strerror}; choose another with --port"
            ) from None
        # The pair is the simulator's own, made to be shown; it opens nothing else.
        typer.echo(exchange.url_with_credentials)
        typer.echo("a simulated exchange for clients on this machine; Ctrl-C ends it", err=True)
        await ended.wait()
