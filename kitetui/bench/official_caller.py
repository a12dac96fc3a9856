"""`python -m kitetui.bench.official_caller`: the same program on Kite's official Python client.

Its callback gets the list of dictionaries that the client makes of a message, and keeps the last of each
instrument. Several connections are several of its clients on one reactor, as its own examples have it.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from typing import Any

from kitetui.bench.lag import LOOK
from kitetui.bench.official import ticker
from kitetui.bench.tally import STAMPS, Tally
from kitetui.instruments.simulated import simulated_shares

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
