"""One mode after the other, each asked for when the one before has ticked."""
# ruff: noqa: T201 - what it prints is what is compared

import json
import sys
from datetime import datetime

from kiteconnect import KiteTicker

TOKENS = [408065, 256265, KiteTicker.EXCHANGE_MAP["cds"] + 256, KiteTicker.EXCHANGE_MAP["bcd"] + 512]
modes = [KiteTicker.MODE_LTP, KiteTicker.MODE_FULL, KiteTicker.MODE_QUOTE]

kws = KiteTicker("key", "token", False, sys.argv[1], True, 10, 5, 7)


def on_ticks(ws, ticks):
    print(json.dumps(ticks, default=datetime.timestamp))
    if modes:
        ws.set_mode(modes.pop(0), TOKENS)
    else:
        ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = lambda ws, response: ws.subscribe(TOKENS)
kws.connect()
print("ended")
