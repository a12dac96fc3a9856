"""A program that writes its requests to the socket."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import json
import sys

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])


def on_ticks(ws, ticks):
    print([(tick["instrument_token"], tick["mode"], tick["last_price"]) for tick in ticks])
    ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = lambda ws, response: ws.ws.sendMessage(
    json.dumps({"a": "subscribe", "v": [408065]}).encode()
)
kws.connect()
