"""Candles of a minute, whose names are times without a zone."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sys

from kiteconnect import KiteTicker

TOKENS = [408065, 738561]
candles = {}
kws = KiteTicker("key", "token", root=sys.argv[1])


def on_ticks(ws, ticks):
    for tick in ticks:
        if "exchange_timestamp" not in tick:
            continue
        minute = tick["exchange_timestamp"].replace(second=0)
        candle = candles.setdefault((tick["instrument_token"], minute), [tick["last_price"]] * 4)
        candle[1:] = (
            max(candle[1], tick["last_price"]),
            min(candle[2], tick["last_price"]),
            tick["last_price"],
        )
    if candles:
        for (token, minute), candle in candles.items():
            print(token, minute.strftime("%Y-%m-%d %H:%M"), minute, candle)
        ws.stop()


def on_connect(ws, response):
    ws.subscribe(TOKENS)
    ws.set_mode(ws.MODE_FULL, TOKENS)


kws.on_ticks = on_ticks
kws.on_connect = on_connect
kws.connect()
