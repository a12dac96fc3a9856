"""`connect(threaded=True)`, and subscriptions from the main thread."""
# ruff: noqa: T201 - what it prints is what is compared

import json
import queue
import sys
import time
from datetime import datetime

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])
received = queue.Queue()
closed = queue.Queue()

kws.on_ticks = lambda ws, ticks: received.put(ticks)
kws.on_close = lambda ws, code, reason: closed.put("closed")


def show():
    print(json.dumps(received.get(timeout=20), default=datetime.timestamp))


kws.connect(threaded=True)
while not kws.is_connected():
    time.sleep(0.05)

print(kws.subscribe([408065]))
show()
print(kws.set_mode(kws.MODE_LTP, [408065]))
show()
kws.subscribe([256265, 738561])
show()
print(kws.unsubscribe([408065]))
kws.set_mode(kws.MODE_FULL, [738561])
show()
print(sorted(kws.subscribed_tokens.items()))
kws.close()
print(closed.get(timeout=20), kws.is_connected())
