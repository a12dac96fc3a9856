"""Callbacks as attributes, and `connect` as the last call of the program."""
# ruff: noqa: T201 - what it prints is what is compared

import json
import sys
from datetime import datetime

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])


def on_ticks(ws, ticks):
    print(json.dumps(ticks, default=datetime.timestamp))
    if ticks[0]["mode"] == ws.MODE_FULL:
        ws.close()


def on_connect(ws, response):
    ws.subscribe([738561, 256265, 408065])
    ws.set_mode(ws.MODE_FULL, [738561, 256265])


def on_close(ws, code, reason):
    print(
        "closed", ws.is_connected(), ws.subscribed_tokens == {738561: "full", 256265: "full", 408065: "quote"}
    )
    ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = on_connect
kws.on_close = on_close

kws.connect()
print("ended")
