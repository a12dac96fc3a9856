"""What the tests of the doctor share: a login at the simulated exchange, a look at it, and a bare socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from kitetui.account import EndpointProfile, Secrets, Vault
from kitetui.account.login import log_in
from kitetui.doctor import Examination, Finding, State, Terminal
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import account_at, request_token, service_of

TERMINAL = Terminal(
    is_terminal=True,
    columns=120,
    lines=40,
    colours="truecolor",
    wants_none=False,
    is_dumb=False,
    multiplexer="",
    encoding="utf-8",
    locale="LANG=C.UTF-8",
)


async def logged_in(exchange: SimulatedExchange) -> Secrets:
    """Log in as a user does, and keep the login as that of the default account."""
    service = service_of(exchange)
    given = await log_in(service, account_at(exchange), await request_token(exchange))
    Vault().store("default", given.secrets)
    return given.secrets


@dataclass
class Report:
    """What was found, by the name of the check."""

    findings: dict[str, Finding]

    def __getitem__(self, name: str) -> Finding:
        return self.findings[name]

    def has(self, state: State) -> list[str]:
        """Return the names of the checks in this state."""
        return [name for name, finding in self.findings.items() if finding.state is state]


async def looked(service: EndpointProfile | SimulatedExchange, **settings: Any) -> Report:
    """Examine the default account at a service."""
    profile = service if isinstance(service, EndpointProfile) else service_of(service)
    examination = Examination(**{"terminal": TERMINAL, "profiles": lambda name: profile, **settings})
    return Report({each.check.name: each.finding for each in await examination.run()})


@asynccontextmanager
async def serving(
    close: str | None = None, says: bytes | None = None
) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that says this, and closes with these words; gives its address, and what is dialled."""
    dialled: list[str] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        dialled.append(connection.request.path)
        assert connection.request.headers["X-Kite-Version"] == "3"
        if says is not None:
            await connection.send(says)
        if close is None:
            await connection.wait_closed()
            dialled.append(f"closed {connection.close_code}")
        else:
            await connection.close(1008, close)

    async with serve(handler, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", dialled
