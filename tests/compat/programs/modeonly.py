"""A program that sets a mode and never subscribes."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sys

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])


def on_ticks(ws, ticks):
    full = [tick for tick in ticks if tick["mode"] == "full"]
    if full:
        print([(tick["instrument_token"], len(tick["depth"]["buy"])) for tick in full], ws.subscribed_tokens)
        ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = lambda ws, response: ws.set_mode(ws.MODE_FULL, [408065])
kws.connect()
