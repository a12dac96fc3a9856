"""Order updates without a subscription, every message as it came, and what the server refuses."""
# ruff: noqa: T201 - what it prints is what is compared

import json
import sys

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])
seen = []


def on_message(ws, payload, is_binary):
    # A heartbeat comes when it comes.
    if not is_binary:
        print("message", type(payload).__name__, payload)


def on_order_update(ws, data):
    print("order", json.dumps(data))


def on_error(ws, code, reason):
    if code == 0:  # what the server says, and not the end of the connection
        print("error", code, reason)
        ws.stop()


kws.on_message = on_message
kws.on_order_update = on_order_update
kws.on_error = on_error
kws.connect()
