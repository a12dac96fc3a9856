"""A service that is ended by SIGTERM, and tidies up."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import os
import signal
import sys

from kiteconnect import KiteTicker

kws = KiteTicker("key", "token", root=sys.argv[1])
kws.on_ticks = lambda ws, ticks: os.kill(os.getpid(), signal.SIGTERM)
kws.on_connect = lambda ws, response: ws.subscribe([408065])
try:
    kws.connect()
    print("returned")
finally:
    print("tidied up")
