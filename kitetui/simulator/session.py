"""What one client has asked for, and which rows it is still to be sent."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np

from kitetui.simulator.market import Market, Rows
from kitetui.wire import Mode, Request, SetMode, Subscribe, Unsubscribe
from kitetui.wire.layout import FULL, INDEX_FULL, INDEX_QUOTE, LTP, QUOTE

LIMIT: Final = 3000
LIMIT_ERROR: Final = f"Can't subscribe to more than {LIMIT} instruments."
"""Kite's words for it."""

_MODE_NUMBERS: Final = {Mode.LTP: 1, Mode.QUOTE: 2, Mode.FULL: 3}
_LENGTHS: Final = np.array([[0, LTP, QUOTE, FULL], [0, LTP, INDEX_QUOTE, INDEX_FULL]], dtype=np.uint8)
"""The packet's length by kind of instrument (tradable, index) and number of the mode."""


class Session:
    """One client's subscriptions.

    Updates are snapshots: a row that changes again before it was sent is sent once, as it is then. So what
    waits for a slow client is bounded by what it subscribed to.
    """

    def __init__(self, market: Market) -> None:
        self.due = asyncio.Event()
        self._market = market
        self._times: Counter[int] = Counter()
        self._modes = np.zeros(len(market), dtype=np.uint8)
        self._pending = np.zeros(len(market), dtype=np.bool_)

    def take(self, request: Request) -> str | None:
        """Follow a request; return the error text that answers it, if one does."""
        match request:
            case Subscribe(tokens):
                return self._subscribe(tokens)
            case Unsubscribe(tokens):
                self._unsubscribe(tokens)
            case SetMode(mode, tokens):
                self._set_mode(mode, tokens)
        return None

    def changed(self, rows: Rows) -> None:
        """Take notice that these rows of the market have changed."""
        mine = rows[self._modes[rows] > 0]
        if len(mine):
            self._send_later(mine)

    def take_due(self) -> tuple[Rows, list[int]]:
        """Return the rows to send now, with the packet length of each, and expect them to be sent."""
        self.due.clear()
        rows = np.flatnonzero(self._pending)
        self._pending[rows] = False
        kinds = self._market.traits.is_index[rows].astype(np.intp)
        return rows, _LENGTHS[kinds, self._modes[rows]].tolist()

    def _subscribe(self, tokens: Iterable[int]) -> str | None:
        """Subscribe as many as fit; a token that is sent twice counts twice, and streams once."""
        for token in tokens:
            if self._times.total() >= LIMIT:
                return LIMIT_ERROR
            self._times[token] += 1
            row = self._market.row_of.get(token)
            if row is not None:
                if not self._modes[row]:
                    self._modes[row] = _MODE_NUMBERS[Mode.QUOTE]
                self._send_later(row)
        return None

    def _unsubscribe(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            del self._times[token]
            row = self._market.row_of.get(token)
            if row is not None:
                self._modes[row] = 0
                self._pending[row] = False

    def _set_mode(self, mode: Mode, tokens: Iterable[int]) -> None:
        for token in tokens:
            row = self._market.row_of.get(token)
            if row is not None and self._modes[row]:
                self._modes[row] = _MODE_NUMBERS[mode]
                self._send_later(row)

    def _send_later(self, rows: Rows | int) -> None:
        self._pending[rows] = True
        self.due.set()
