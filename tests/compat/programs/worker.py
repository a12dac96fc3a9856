"""Ticks through a queue to a worker, while the main thread looks after the connection."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import queue
import sys
import time

from kiteconnect import KiteTicker

ticks = queue.Queue()
kws = KiteTicker("key", "token", root=sys.argv[1])
kws.on_ticks = lambda ws, each: ticks.put(each)
kws.connect(threaded=True)
while not kws.is_connected():
    time.sleep(0.05)
print(kws.websocket_thread.is_alive(), kws.websocket_thread.daemon, kws.ws.state == kws.ws.STATE_OPEN)
kws.subscribe([408065, 738561])
for tick in ticks.get(timeout=10):
    print(tick["instrument_token"], tick["last_price"], tick["ohlc"])
kws.factory.stopTrying()
kws.close()
