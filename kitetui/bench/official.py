"""Kite's official Python client, where it is installed: the rival of every figure here.

`python -m kitetui.bench.official` is a program on it, like the one on ours. Its callback gets the list of
dictionaries that the client makes of a message, and keeps the last of each instrument. Several connections
are several of its clients on one reactor, as its own examples have it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from kitetui.bench.tally import LOOK, STAMPS, Tally
from kitetui.instruments.builtin import simulated_shares

ABSENT: Final = (
    "Kite's official Python client is not installed, so nothing is compared with it: pip install kiteconnect"
)


def is_installed() -> bool:
    """Whether there is something to compare with."""
    return find_spec("kiteconnect") is not None


def ticker(root: str | None = None) -> Any:
    """Return one of its clients, which has not connected yet."""
    # The pair opens nothing: it is the word that its constructor asks for.
    return import_module("kiteconnect").KiteTicker("bench", "bench", root=root, reconnect=False)


def parser() -> Callable[[bytes], list[dict[str, Any]]] | None:
    """Return its function from a binary message to dictionaries, None where it is not installed."""
    if not is_installed():
        return None
    # It has no public name; its own socket calls it for every message.
    parse: Callable[[bytes], list[dict[str, Any]]] = ticker()._parse_binary
    return parse


Tick = dict[str, Any]


class Caller:
    """The callbacks of one client; what they find goes into a tally that all clients share."""

    def __init__(self, client: Any, tokens: list[int], tally: Tally) -> None:
        self._tokens = tokens
        self._tally = tally
        self._last: dict[int, Tick] = {}
        client.on_connect = self.on_connect
        client.on_ticks = self.on_ticks
        client.on_message = self.on_message

    def on_connect(self, client: Any, _: object) -> None:
        """Subscribe."""
        client.subscribe(self._tokens)
        client.set_mode(client.MODE_FULL, self._tokens)

    def on_ticks(self, _: Any, ticks: list[Tick]) -> None:
        """Keep the last of each instrument."""
        for tick in ticks:
            self._last[tick["instrument_token"]] = tick
        self._tally.ticks += len(ticks)
        if self._tally.measures:
            first = ticks[0]
            self._tally.arrived(*(first[name] for name in STAMPS))

    def on_message(self, _: Any, payload: bytes, is_binary: bool) -> None:
        """Take what the server says beside the ticks."""
        if not is_binary:
            self._tally.heard(payload)
            if self._tally.done:
                import_module("twisted.internet.reactor").stop()


def main() -> None:
    """Read the options, and call."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("--connections", type=int, default=1)
    options.add_argument("--symbols", type=int, default=3000)
    given = options.parse_args()
    tokens = [each.instrument_token for each in simulated_shares(given.symbols)]
    tally = Tally(given.connections)
    reactor: Any = import_module("twisted.internet.reactor")

    def look(due: float) -> None:
        now = time.perf_counter()
        tally.lag.looked(now - due)
        reactor.callLater(LOOK, look, now + LOOK)

    def begin() -> None:
        for number in range(given.connections):
            client = ticker(given.url)
            Caller(client, tokens[number :: given.connections], tally)
            client.connect()
        look(time.perf_counter())

    reactor.callWhenRunning(begin)
    reactor.run()
    tally.print()


if __name__ == "__main__":
    main()
