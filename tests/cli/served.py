"""A simulated exchange for commands that run a loop of their own."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from kitetui.account import EndpointProfile
from kitetui.paths import config_file
from kitetui.simulator import SimulatedExchange
from tests.account.helpers import free_port


class Served:
    """A simulated exchange on a loop of its own, for commands that run theirs."""

    def __init__(self, **settings: Any) -> None:
        self.exchange = SimulatedExchange(
            rate=0, rest_port=0, redirect_url=f"http://127.0.0.1:{free_port()}/", **settings
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Served:
        self._thread.start()
        self._run(self.exchange.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self.exchange.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    @property
    def service(self) -> EndpointProfile:
        rest = self.exchange.rest
        return EndpointProfile("simulator", rest.url, rest.login_url, self.exchange.url)

    def configure(self, *names: str) -> None:
        """Have the configuration describe the exchange under these names."""
        config_file().parent.mkdir(exist_ok=True)
        config_file().write_text("".join(map(self._described, names)))

    def _described(self, name: str) -> str:
        service = self.service
        addresses = f'rest = "{service.rest}"\nlogin = "{service.login}"\nsocket = "{service.socket}"\n'
        return f"[endpoints.{name}]\n{addresses}"

    @property
    def redirect(self) -> tuple[str, str]:
        return "--redirect-url", self.exchange.rest.redirect_url
