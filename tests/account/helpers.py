"""What the tests of accounts share: the simulated exchange as a service, a browser, a keyring."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable

import httpx
from keyring.backend import KeyringBackend

from kitetui.account import EndpointProfile, Secrets
from kitetui.simulator import SimulatedExchange

SECRETS = Secrets(
    api_key="k3y-of-the-app",
    api_secret="s3cret-of-the-app",
    access_token="t0ken-of-the-day",
    user_id="AB1234",
    issued_at=1_795_000_000.0,
)


def service_of(exchange: SimulatedExchange) -> EndpointProfile:
    """The exchange as it is named in a configuration."""
    return EndpointProfile("simulator", exchange.rest.url, exchange.rest.login_url, exchange.url)


def account_at(exchange: SimulatedExchange) -> Secrets:
    """An account of the exchange before its login, whose redirect comes to a port that is free."""
    exchange.rest.redirect_url = f"http://127.0.0.1:{free_port()}/"
    return Secrets(
        api_key="simulated",
        api_secret="simulated-secret",
        endpoint="simulator",
        redirect_url=exchange.rest.redirect_url,
    )


def free_port() -> int:
    """A port of the loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def request_token(exchange: SimulatedExchange) -> str:
    """Log in on the exchange's page, and return the request token that the browser is sent away with."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(exchange.rest.login_url, params={"v": "3", "api_key": "simulated"})
    return httpx.URL(answer.headers["location"]).params["request_token"]


class Browser:
    """A real HTTP client in the place of a browser; call it with an address, from any thread.

    pages: what it was shown in the end.
    """

    def __init__(self, edit: Callable[[str], str] = lambda address: address) -> None:
        self.pages: list[httpx.Response] = []
        self._edit = edit

    def __call__(self, address: str, shown: str = "") -> None:
        with httpx.Client(trust_env=False) as client:
            answer = client.get(address)
            while answer.has_redirect_location:
                answer = client.get(self._edit(answer.headers["location"]))
            self.pages.append(answer)

    async def open(self, address: str, shown: str = "") -> None:
        """Call it without holding up the loop."""
        await asyncio.to_thread(self, address)


class MemoryKeyring(KeyringBackend):
    """A keyring that works, until it is locked, or full."""

    priority = 5
    name = "Memory Keyring"

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = self.full = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        if self.full:
            raise RuntimeError("full")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.entries[service, username]

    def _check(self) -> None:
        if self.locked:
            raise RuntimeError("locked")


class SilentKeyring(MemoryKeyring):
    """One that does not answer until `answers` is set; `asked` is how often it was to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()
        self.asked = 0

    def _check(self) -> None:
        self.asked += 1
        self.answers.wait()


def an_hour_ahead() -> float:
    """A clock that is an hour off."""
    return time.time() + 3600
