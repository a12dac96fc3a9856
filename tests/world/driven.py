"""An event loop whose time is driven: where a real one would wait, it moves its clock on instead."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Final

from tests.world.network import Network

_LONGEST: Final = 100_000.0
"""Seconds after which a world is taken for one that never ends."""


class _Hourglass(selectors.SelectSelector):
    """Waits for nothing: the time that it should have waited has passed when it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits for something that never happens")
        if self.now > _LONGEST:
            raise RuntimeError("this world never ends")
        self.now += max(timeout, 0.0)
        return []


class DrivenLoop(asyncio.SelectorEventLoop):
    """A loop on a network of its own; what is for a thread is done at once and takes `disk_delay` seconds."""

    def __init__(self, network: Network) -> None:
        self._hourglass = _Hourglass()
        super().__init__(self._hourglass)
        self.disk_delay = 0.0
        self._network = network
        network.loop = self

    def time(self) -> float:
        """Return the seconds since the world began."""
        return self._hourglass.now

    def skip(self, seconds: float) -> None:
        """Let time pass in which nobody gets a turn, as when the machine is held up."""
        self._hourglass.now += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Do it now; whoever waits for it is told when the disk is done."""
        done = self.create_future()
        try:
            result = func(*args)
        except BaseException as error:
            done.set_exception(error)
            return done
        if self.disk_delay:
            self.call_later(self.disk_delay, lambda: done.cancelled() or done.set_result(result))
        else:
            done.set_result(result)
        return done

    async def create_connection(self, factory: Any, *args: Any, **kwargs: Any) -> Any:
        """Connect on the network of this world."""
        return await self._network.connect(factory)

    async def create_server(self, factory: Any, host: Any = None, port: Any = None, **kwargs: Any) -> Any:
        """Listen on the network of this world."""
        return self._network.listen(factory, host, port)
