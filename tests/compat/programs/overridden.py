"""A subclass that looks into messages before its callbacks see them."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sys

from kiteconnect import KiteTicker

TOKENS = [408065]


class Recorder(KiteTicker):
    """Counts what comes, and keeps the ticks of one instrument alone."""

    messages = 0

    def _on_message(self, ws, payload, is_binary):
        if is_binary and len(payload) > 4:
            self.messages += 1
            packets = self._split_packets(payload)
            token = self._unpack_int(packets[0], 0, 4)
            print("message", self.messages, len(packets), token)
        super()._on_message(ws, payload, is_binary)

    def _parse_binary(self, payload):
        return [tick for tick in super()._parse_binary(payload) if tick["instrument_token"] in TOKENS]

    def _on_connect(self, ws, response):
        print("connected", self.ws is None)
        super()._on_connect(ws, response)
        print("has a socket", self.ws is ws)

    def _on_close(self, ws, code, reason):
        print("closing")
        super()._on_close(ws, code, reason)


kws = Recorder("key", "token", root=sys.argv[1])


def on_ticks(ws, ticks):
    print([(tick["instrument_token"], tick["mode"], tick["last_price"]) for tick in ticks])
    ws.stop()


kws.on_ticks = on_ticks
kws.on_connect = lambda ws, response: ws.subscribe([*TOKENS, 738561])
kws.connect()
