"""The connection is lost once, and comes back with everything that was subscribed."""
# ruff: noqa: T201 - what it prints is what is compared

import json
import sys
from datetime import datetime

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])
connected = 0


def on_connect(ws, response):
    global connected
    connected += 1
    print("connected", connected)
    if connected == 1:
        ws.subscribe([408065])
        ws.set_mode(ws.MODE_FULL, [408065])


def on_ticks(ws, ticks):
    print(connected, json.dumps(ticks, default=datetime.timestamp))
    if connected == 2 and ticks[0]["mode"] == "full":
        ws.stop()


def on_close(ws, code, reason):
    if connected == 1:
        print("closed", code)


def on_error(ws, code, reason):
    if connected == 1:
        print("error", code)


kws.on_connect = on_connect
kws.on_ticks = on_ticks
kws.on_close = on_close
kws.on_error = on_error
kws.connect()
