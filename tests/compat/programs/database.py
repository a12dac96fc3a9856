"""Ticks into a database, with times as its adapter writes them."""
# ruff: noqa: T201, DTZ - what it prints is what is compared, and times are used as they are given

import sqlite3
import sys

from kiteconnect import KiteTicker

TOKENS = [408065, 256265]
kws = KiteTicker("key", "token", root=sys.argv[1])
database = sqlite3.connect(":memory:", check_same_thread=False)
database.execute("CREATE TABLE ticks (token, price, volume, traded_at, sent_at)")


def on_ticks(ws, ticks):
    for tick in ticks:
        traded_at, sent_at = tick.get("last_trade_time"), tick.get("exchange_timestamp")
        database.execute(
            "INSERT INTO ticks VALUES (?, ?, ?, ?, ?)",
            (
                tick["instrument_token"],
                tick["last_price"],
                tick.get("volume_traded", 0),
                traded_at and traded_at.isoformat(" "),
                sent_at and sent_at.isoformat(" "),
            ),
        )
    if database.execute("SELECT count(sent_at) FROM ticks").fetchone()[0] >= len(TOKENS):
        ws.stop()


def on_connect(ws, response):
    ws.subscribe(TOKENS)
    ws.set_mode(ws.MODE_FULL, TOKENS)


kws.on_ticks = on_ticks
kws.on_connect = on_connect
kws.connect()
for row in database.execute("SELECT * FROM ticks WHERE sent_at IS NOT NULL ORDER BY token"):
    print(row)
