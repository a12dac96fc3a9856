"""Both halves of the official package on one line."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sys

from kiteconnect import KiteConnect, KiteTicker, exceptions

kite = KiteConnect("key", "token")
print(kite.api_key, issubclass(exceptions.TokenException, Exception), kite.login_url())
kws = KiteTicker(kite.api_key, kite.access_token, root=sys.argv[1])


class Strategy:
    """Callbacks as methods of an object."""

    def __init__(self, ticker):
        self.ticker = ticker
        ticker.on_ticks = self.on_ticks
        ticker.on_connect = self.on_connect
        ticker.on_close = self.on_close

    def on_connect(self, ws, response):
        print(bool(response.peer), ws is self.ticker)
        ws.subscribe([408065])

    def on_ticks(self, ws, ticks):
        print(ticks[0]["last_price"], sorted(ticks[0])[:3])
        ws.stop()

    def on_close(self, ws, code, reason):
        print("closed")


Strategy(kws)
kws.connect()
