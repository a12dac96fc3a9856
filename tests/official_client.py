"""Kite's official Python client as a program, for the test beside this file.

Arguments: the root, the API key, the access token, and the tokens. It subscribes, then asks for each mode in
turn, going on when every token has ticked in it, and ends after the last. For each message it prints one line
of JSON: the bytes as they came, in hex, and the ticks that the client made of them; or the text of a text
message. A program of its own, because the client's reactor can be started only once in a process.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from kiteconnect import KiteTicker

MODES = (KiteTicker.MODE_QUOTE, KiteTicker.MODE_LTP, KiteTicker.MODE_FULL)
"""The first is the one that comes without being asked for."""


class Printer:
    """What the client is told to do when something happens."""

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = tokens
        self._modes = iter(MODES)
        self._mode = next(self._modes)
        self._missing = set(tokens)
        self._payload = b""

    def on_connect(self, client: KiteTicker, _: object) -> None:
        client.subscribe(self._tokens)

    def on_message(self, _: KiteTicker, payload: bytes, is_binary: bool) -> None:
        self._payload = payload
        if not is_binary:
            print(json.dumps({"text": payload.decode()}), flush=True)  # noqa: T201 - its output

    def on_ticks(self, client: KiteTicker, ticks: list[dict[str, Any]]) -> None:
        line = {"payload": self._payload.hex(), "ticks": ticks}
        print(json.dumps(line, default=datetime.timestamp), flush=True)  # noqa: T201 - its output
        self._missing -= {tick["instrument_token"] for tick in ticks if tick["mode"] == self._mode}
        if not self._missing:
            self._go_on(client)

    def on_close(self, client: KiteTicker, *_: object) -> None:
        client.stop()

    def _go_on(self, client: KiteTicker) -> None:
        mode = next(self._modes, None)
        if mode is None:
            client.close()
            return
        self._mode, self._missing = mode, set(self._tokens)
        client.set_mode(mode, self._tokens)


def main(root: str, api_key: str, access_token: str, *tokens: str) -> None:
    client = KiteTicker(api_key, access_token, root=root, reconnect=False)
    printer = Printer([int(token) for token in tokens])
    client.on_connect, client.on_close = printer.on_connect, printer.on_close
    client.on_message, client.on_ticks = printer.on_message, printer.on_ticks
    client.connect()


if __name__ == "__main__":
    main(*sys.argv[1:])
