"""A program that sets the address itself, with a token that it renewed."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sys
from urllib.parse import parse_qs, urlsplit

from kiteconnect import KiteTicker

kws = KiteTicker("key", "old")
print(parse_qs(urlsplit(kws.socket_url).query))
kws.socket_url = sys.argv[1] + "/?api_key=key&access_token=new"
print(parse_qs(urlsplit(kws.socket_url).query), kws.ws, kws.debug)


def on_ticks(ws, ticks):
    print([(tick["instrument_token"], tick["last_price"]) for tick in ticks])
    ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = lambda ws, response: ws.subscribe([408065])
kws.connect()
