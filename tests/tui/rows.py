"""Rows, statistics and instruments made by hand, for tests of what is drawn."""

from __future__ import annotations

from kitetui.feed import ConnectionState, ConnectionStats, ManagerStats
from kitetui.instruments import Instrument, Kind
from kitetui.tui.figures import Figures
from kitetui.tui.rows import Freshness, Row, RowState
from kitetui.wire import Mode, Tick, layout

NOW = 1_795_324_337.0
"""22 November 2026, 10:42:17 in India."""

RELIANCE = 128083204 & ~0xFF | 1
INDEX = 256265
CURRENCY = 1_000 << 8 | 3

QUOTED = {
    layout.LAST_PRICE: 141235,
    layout.LAST_QUANTITY: 25,
    layout.AVERAGE_PRICE: 140912,
    layout.VOLUME: 1_24_08_771,
    layout.BUY_QUANTITY: 38_20_000,
    layout.SELL_QUANTITY: 31_90_000,
    layout.OPEN: 140100,
    layout.HIGH: 141800,
    layout.LOW: 139850,
    layout.CLOSE: 140060,
    layout.LAST_TRADE_TIME: int(NOW),
    layout.EXCHANGE_TIME: int(NOW),
}
BOOK = [
    (4210, 141230, 120),
    (3044, 141225, 88),
    (1208, 141220, 41),
    (6655, 141215, 97),
    (11024, 141210, 163),
    (2115, 141240, 61),
    (5820, 141245, 104),
    (9411, 141250, 188),
    (1090, 141255, 22),
    (3377, 141260, 75),
]


def tick(token=RELIANCE, length=layout.FULL, book=BOOK, **changes):
    """A tick with RELIANCE's figures, some of them changed by the layout's names in lower case."""
    words = [0] * layout.WORDS
    words[layout.TOKEN] = token
    for word, value in QUOTED.items():
        words[word] = value
    for entry, (quantity, price, orders) in enumerate(book):
        first = layout.DEPTH + layout.DEPTH_ENTRY_WORDS * entry
        words[first : first + 3] = [quantity, price, orders]
    for name, value in changes.items():
        words[getattr(layout, name.upper())] = value
    return Tick(words, length)


def instrument(symbol="RELIANCE", token=RELIANCE, kind=Kind.EQUITY, exchange="NSE"):
    """An instrument of which the screen needs no more than its names."""
    return Instrument(token, exchange, symbol, "", kind, None, None, 5, 1, 0, True)


def row(of=None, state=RowState.LIVE, age="0s", mode=Mode.FULL, flash=None, which=None):
    """A row; `of` is its tick, None for one that has not come."""
    figures = None if of is None else Figures(of, mode)
    return Row(which or instrument(), figures, Freshness(state, age), flash)


def stats(connection=0, state=ConnectionState.LIVE, **changes):
    """One connection's statistics, all well and ticking unless told otherwise."""
    is_live = state is ConnectionState.LIVE
    values = {
        "uptime": 60.0 if is_live else None,
        "quiet_for": 0.4 if is_live else None,
        "has_ticked": is_live,
        "failed_for": 11.4 if state in (ConnectionState.RETRYING, ConnectionState.DOWN) else None,
        "reason": "",
        "symbols": 7,
        "connected_at": int((NOW - 60) * 1e9),
        "last_frame_at": int(NOW * 1e9),
        "last_tick_at": int(NOW * 1e9),
        "tick_age": 0.0,
        "silence": 0.1,
        "attempt": 0,
        "retry_in": None,
        "round_trip": 0.038,
        **dict.fromkeys(
            ("frames", "bytes", "heartbeats", "ticks", "rejected", "texts", "reconnects", "gaps"), 0
        ),
    }
    return ConnectionStats(connection=connection, state=state, **(values | changes))


def all_stats(*connections):
    """The statistics of a manager with these connections."""
    return ManagerStats(tuple(connections))
